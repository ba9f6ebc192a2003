"""Hinge, toe touch or cat-cow? What somebody does who is calibrated, told apart by trunk and spine alone.

A movement begins as the thorax leans past 20 degrees and is over when it is upright again. It is

- a *cat-cow*, where the thorax stays inclined by 60 to 120 for 4 s and the spine goes, in that time, past 5 of arching
  and 10 of rounding in turn, at least three of them one after the other: only a round on all fours has both;
- a *toe touch*, where the thorax leans past 60 and, at the same moment, the spine flexes past 20: who hinges with so
  round a back has not hinged;
- a *hinge*, where the thorax leans past 35 and the spine stays within 20 of how it stood, and the pelvis past 15;
- *shallow*, where the thorax stays under 35; *broken*, where one of the boards was not there all the time; and else
  *unsure*.

All in degrees against the stance. What is reached must last 0.1 s, as in all that is said of a rep. A hinge's 35 is the
least that counts as a rep; the other numbers are chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np
from scipy.ndimage import minimum_filter1d

from hinge_imu.config import Segment
from hinge_imu.motion.angles import inclination, segment_axes
from hinge_imu.motion.block import UPRIGHT
from hinge_imu.motion.remembered import FAR
from hinge_imu.samples import NS, SEGMENTS, Bools, Floats, Poses, Times, Worn, stretches

DEEP, DEEP_PELVIS, STRAIGHT, LOW, PRONE = 35.0, 15.0, 20.0, 60.0, 120.0
ARCHED, ROUNDED, ROUND_S, LASTING_S = -5.0, 10.0, 4.0, 0.1

Kind = Literal["hinge", "toe_touch", "cat_cow", "shallow", "broken", "unsure"]


class Movement(NamedTuple):
    """One movement as the boards saw it: t_ns (N,), up (N,2,3) in sensor axes, valid (N,2)."""

    t_ns: Times
    up: Floats
    valid: Bools


class Measured(NamedTuple):
    """What a movement was, when (s), how far it went, and which way.

    ``thorax_deg`` and ``pelvis_deg`` are the largest inclinations, ``flexion_deg`` and ``extension_deg`` the largest
    and the smallest spine flexion (of a cat-cow, on all fours); ``ways_deg`` (2,) is by how much pelvis and thorax
    went aside of where forward was taken to be. All nan of a broken one.
    """

    kind: Kind
    start_s: float
    end_s: float
    thorax_deg: float
    pelvis_deg: float
    flexion_deg: float
    extension_deg: float
    ways_deg: Floats


class Movements:
    """Cuts a stream of poses into movements."""

    def __init__(self) -> None:
        self._open: list[Movement] | None = None

    @property
    def moving(self) -> bool:
        """Whether a movement has begun and is not over."""
        return self._open is not None

    def push(self, poses: Poses, lean: Floats) -> list[Movement]:
        """Take poses and the thorax's inclination (N,) in rad, return the movements that are over."""
        over, start = [], 0
        while start < len(lean):
            moving = self._open is not None
            edges = np.flatnonzero(lean[start:] < UPRIGHT if moving else lean[start:] > FAR)
            stop = start + int(edges[0]) if len(edges) else len(lean)
            if self._open is not None:
                self._open.append(Movement(poses.t_ns[start:stop], poses.up[start:stop], poses.valid[start:stop]))
            if len(edges):
                over += [_joined(self._open)] if self._open is not None else []
                self._open = None if moving else []
            start = stop
        return over


def _joined(parts: list[Movement]) -> Movement:
    return Movement(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def measure(movement: Movement, worn: Mapping[Segment, Worn], rate_hz: float) -> Measured:
    """Return what a movement was, seen by boards that sit like this; broken as well where that is not known of both."""
    start_s, end_s = float(movement.t_ns[0]) * NS, float(movement.t_ns[-1]) * NS
    if len(worn) < len(SEGMENTS) or not movement.valid.all():
        return Measured("broken", start_s, end_s, np.nan, np.nan, np.nan, np.nan, np.full(len(SEGMENTS), np.nan))
    seen = [_seen(movement.up[:, sensor], worn[segment]) for sensor, segment in enumerate(SEGMENTS)]
    (pelvis, _), (thorax, _) = seen
    lasting = max(1, round(LASTING_S * rate_hz))
    fours = on_all_fours(thorax, thorax - pelvis, round(ROUND_S * rate_hz))
    kind = "cat_cow" if fours is not None else _standing(pelvis, thorax, lasting)
    spine = (thorax - pelvis)[slice(None) if fours is None else fours]
    return Measured(
        kind,
        start_s,
        end_s,
        thorax_deg=most(thorax, lasting),
        pelvis_deg=most(pelvis, lasting),
        flexion_deg=most(spine, lasting),
        extension_deg=-most(-spine, lasting),
        ways_deg=np.array([way for _, way in seen]),
    )


def _seen(up: Floats, worn: Worn) -> tuple[Floats, float]:
    """Return a segment's inclination (N,), and by how much its movement went aside of forward, both in deg."""
    forward, along, right = segment_axes(np.array(worn.up), np.array(worn.falls)) @ up.T
    # A square has no sign: back and forth along one line is the same way.
    way = np.angle(np.sum((forward + 1j * right) ** 2)) / 2
    return np.degrees(inclination(forward, along)), float(np.degrees(way))


def on_all_fours(thorax: Floats, spine: Floats, least: int) -> slice | None:
    """Return where the longest round on all fours was, None where there was none."""
    low = stretches((thorax > LOW) & (thorax < PRONE))
    start, stop = max(low, key=lambda each: each[1] - each[0], default=(0, 0))
    bent = (spine[start:stop] > ROUNDED).astype(int) - (spine[start:stop] < ARCHED)
    turns = np.count_nonzero(np.diff(bent[bent != 0]))
    return slice(start, stop) if stop - start >= least and turns >= 2 else None


def _standing(pelvis: Floats, thorax: Floats, lasting: int) -> Kind:
    spine, far = thorax - pelvis, most(thorax, lasting)
    if most(np.where(thorax > LOW, spine, -np.inf), lasting) > STRAIGHT:
        return "toe_touch"
    if far < DEEP:
        return "shallow"
    straight = max(most(spine, lasting), most(-spine, lasting)) < STRAIGHT
    return "hinge" if straight and most(pelvis, lasting) > DEEP_PELVIS else "unsure"


def most(values: Floats, lasting: int) -> float:
    """Return the largest value (N,) that lasted for so many samples; a shorter spike is skin or strap."""
    return float(minimum_filter1d(values, min(lasting, len(values))).max())
