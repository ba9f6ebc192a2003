"""Angles for the eye: degrees, as fine as can be seen, over a set and over the course of a rep."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hinge_imu.events import RepEvent
from hinge_imu.samples import NS, Floats, SagittalAngles
from hinge_imu.words import Phase

COURSE = np.linspace(0.0, 1.0, 51)
"""The shares of a rep at which reps are laid over each other."""

HOLE_S = 0.11
"""Between two samples further apart nothing is drawn: two of the slowest recordings, of 20 Hz, may be."""


Timed = tuple[Phase, float, float]
"""A phase, with its beginning and end in s."""


class Trace(NamedTuple):
    """Angles in degrees at even steps: from ``start_s`` on, every ``step_s``; nan where not known."""

    start_s: float
    step_s: float
    pelvis: Floats
    thorax: Floats
    spine: Floats

    def at(self, name: str, t_s: float) -> float:
        """Return one of the angles at a time, nan where that is not shown."""
        values = getattr(self, name)
        place = round((t_s - self.start_s) / self.step_s)
        return float(values[place]) if 0 <= place < len(values) else float("nan")


class Shape(NamedTuple):
    """Angles in degrees over the course of a rep, at `COURSE`, and at its bottom; nan where not known."""

    pelvis: Floats
    thorax: Floats
    spine: Floats
    bottom: tuple[float, float]


def trace_of(angles: SagittalAngles, start_s: float, stop_s: float, step_s: float) -> Trace:
    """Return the angles (rad) of a stretch, in degrees and at even steps."""
    start_s = max(start_s, 0.0)
    times = np.arange(start_s, stop_s, step_s)
    return Trace(start_s, step_s, *_at(angles, times))


def shape_of(rep: RepEvent, angles: SagittalAngles) -> Shape:
    """Return the angles (rad) over a rep, from its start to its end, in degrees."""
    pelvis, thorax, spine = _at(angles, rep.start_s + COURSE * (rep.end_s - rep.start_s))
    lowest = _at(angles, np.array([rep.bottom_s]))
    return Shape(pelvis, thorax, spine, (float(lowest[0, 0]), float(lowest[1, 0])))


def _at(angles: SagittalAngles, times_s: Floats) -> Floats:
    """Return pelvis, thorax and spine (3,N) in degrees at rising times (N,), between the samples about them."""
    about = np.rint(np.array([times_s[0] - HOLE_S, times_s[-1] + HOLE_S]) / NS).astype(np.int64)
    part = slice(*np.searchsorted(angles.t_ns, about).tolist())
    t_s = angles.t_ns[part] * NS
    if len(t_s) < 2:
        return np.full((3, len(times_s)), np.nan)
    after = np.searchsorted(t_s, times_s).clip(1, len(t_s) - 1)
    known = t_s[after] - t_s[after - 1] <= HOLE_S
    values = [np.interp(times_s, t_s, each[part], np.nan, np.nan) for each in angles[1:]]
    degrees: Floats = np.degrees(np.where(known, np.stack(values), np.nan)).round(1)
    return degrees


def phases_of(rep: RepEvent) -> list[Timed]:
    """Return the phases of a rep with their beginnings and ends in s, as far as they were measured."""
    up: list[Timed] = [] if rep.concentric_s is None else [("concentric", rep.end_s - rep.concentric_s, rep.end_s)]
    down_s = rep.end_s + (rep.top_pause_s or 0.0) if from_the_floor(rep) else rep.start_s
    down: list[Timed] = [] if rep.eccentric_s is None else [("eccentric", down_s, down_s + rep.eccentric_s)]
    return sorted([*up, *down], key=lambda phase: phase[1])


def from_the_floor(rep: RepEvent) -> bool:
    """Return whether a rep starts bent: then it is lowered, if at all, after the lockout."""
    return rep.bottom_s <= rep.start_s


def over_s(rep: RepEvent) -> float:
    """Return when a rep is over, in s; one from the floor when it has been lowered."""
    return max(rep.end_s, *(stop for _, _, stop in phases_of(rep)), rep.end_s)
