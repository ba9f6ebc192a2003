"""What a drill is judged by: its reps, step by step, and every angle between its first sample and its last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import NamedTuple

import msgspec
import numpy as np

from hinge_imu.events import AnyEvent, RepEvent, SensorEvent
from hinge_imu.protocols.protocol import Protocol
from hinge_imu.reps.effort import LEAST_RATE_HZ, SHOCK_HZ, G
from hinge_imu.reps.phases import both_ways, smooth
from hinge_imu.reps.posture import at_deg, neutral_depth_deg, range_of_motion_deg
from hinge_imu.samples import Angles, Floats, Frames, Header, bridged, stretches

HOLE_S = 0.5
"""In a drill nobody rounds and straightens again within so short a hole of the recording: a straight line bridges it.
Chosen; in a rep of any lift, faster ones among them, a hole leaves unsaid what it hides."""

LOOKED_AT_CLOSELY = frozenset({"wall", "single_leg"})
"""What needs more of a recording than angles: taps are felt in the acceleration, square is told by other hinges."""


class Stretch(NamedTuple):
    """A stretch of a session: t (N,) s, and (N,) deg of pelvis, thorax and spine, of the pelvis's tilt and turn.

    ``blow`` (N,) g is what shook the pelvis above 15 Hz, nan where nobody has looked for it.
    """

    t: Floats
    pelvis: Floats
    thorax: Floats
    spine: Floats
    tilt: Floats
    turn: Floats
    blow: Floats

    def between(self, start_s: float, end_s: float) -> Stretch:
        """Return the part from ``start_s`` to ``end_s``, both included."""
        part = slice(int(self.t.searchsorted(start_s)), int(self.t.searchsorted(end_s, side="right")))
        return Stretch(*(each[part] for each in self))


@dataclass(frozen=True)
class Seen:
    """One recording, or session: its header, the reps that stand, all angles, and when (s) a strap has slipped."""

    header: Header
    reps: tuple[RepEvent, ...]
    all: Stretch
    slips_s: tuple[float, ...] = ()
    frames: tuple[Frames, ...] = ()

    @classmethod
    def of(
        cls, header: Header, events: Iterable[AnyEvent], angles: Sequence[Angles], frames: Sequence[Frames] = ()
    ) -> Seen:
        """Return what a session has shown: events in the order in which they were said, angles and frames in blocks."""
        events = list(events)
        final = {event.id: event for event in events if isinstance(event, RepEvent)}
        reps = sorted((rep for rep in final.values() if rep.status != "retracted"), key=lambda rep: rep.start_s)
        slips = (event.at_s for event in events if isinstance(event, SensorEvent) and event.what == "slipped")
        seen = _stretch(angles, frames, header.rate_hz)
        reps = [_filled(rep, seen.between(rep.start_s, rep.end_s), header.rate_hz) for rep in reps]
        return cls(header, tuple(reps), seen, tuple(slips), tuple(frames))

    @property
    def stood(self) -> bool:
        """Whether both sensors have seen the wearer stand, so that there is a spine."""
        return bool(np.isfinite(self.all.spine).any())

    @property
    def slipped(self) -> bool:
        """Whether a strap slipped while reps were done: before and after, that is of no account."""
        return any(self.reps[0].start_s < at < self.reps[-1].end_s for at in self.slips_s) if self.reps else False

    def lasting(self, seconds: float) -> int:
        """Return how many samples a time is."""
        return max(1, round(seconds * self.header.rate_hz))

    def during(self, rep: RepEvent) -> Stretch:
        """Return a rep from its onset to its lockout."""
        return self.all.between(rep.start_s, rep.end_s)


class Part(NamedTuple):
    """The reps of one step, and the recording that they are in."""

    seen: Seen
    reps: tuple[RepEvent, ...]


Parts = Mapping[str, Part]
"""What was done for each step, by the step's name."""


def parts(protocol: Protocol, seen: Seen) -> Parts | None:
    """Return whose reps are whose step's; None where they do not tell.

    As many sets as steps are one each, in their order; else as many reps as were asked for are cut where the steps did.
    The hinges that show where forward is may be left out.
    """
    if len(protocol.counted) == 1:
        return {protocol.counted[0].name: Part(seen, seen.reps)}
    sets = [tuple(group) for _, group in groupby(seen.reps, key=lambda rep: rep.set)]
    for steps in (protocol.counted, protocol.judged):
        edges = np.cumsum([0, *(step.count for step in steps)])
        if len(sets) != len(steps) and len(seen.reps) == edges[-1]:
            sets = [seen.reps[first:last] for first, last in pairwise(edges)]
        if len(sets) == len(steps):
            done = zip(steps, sets, strict=True)
            return {step.name: Part(seen, reps) for step, reps in done if step in protocol.judged}
    return None


def first_lasting(mask: np.ndarray[tuple[int], np.dtype[np.bool_]], lasting: int) -> int | None:
    """Return where a mask (N,) first stays True for so many samples, None where it does not."""
    return next((start for start, stop in stretches(mask) if stop - start >= lasting), None)


def _stretch(blocks: Sequence[Angles], frames: Sequence[Frames], rate_hz: float) -> Stretch:
    if not blocks:
        return Stretch(*np.empty((7, 0)))
    sagittal, frontal = zip(*blocks, strict=True)
    t = np.concatenate([each.t_s for each in sagittal])
    pelvis, thorax = (
        _smoothed(np.degrees(np.concatenate([getattr(each, name) for each in sagittal])), rate_hz)
        for name in ("pelvis", "thorax")
    )
    tilt, turn = (
        np.degrees(np.concatenate([getattr(each, name)[:, 0] for each in frontal])) for name in ("tilt", "turn")
    )
    return Stretch(t, pelvis, thorax, thorax - pelvis, tilt, turn, _blows(frames, len(t), rate_hz))


def _blows(frames: Sequence[Frames], n: int, rate_hz: float) -> Floats:
    """Return what shook the pelvis (N,), g: the norm of its acceleration above 15 Hz, as `impact_g` of a rep has it."""
    if not frames or rate_hz < LEAST_RATE_HZ:
        return np.full(n, np.nan)
    acc, valid = (np.concatenate([getattr(each, name)[:, 0] for each in frames]) for name in ("acc", "valid"))
    shaken = both_ways(np.nan_to_num(acc).T, SHOCK_HZ, "highpass", rate_hz, round(rate_hz))
    return np.where(valid, np.linalg.norm(shaken, axis=0) / G, np.nan)


def _smoothed(angle: Floats, rate_hz: float) -> Floats:
    """Return an angle (N,) as reps are read off it; short holes are bridged, long ones stay."""
    seen = np.isfinite(bridged_shortly(angle, round(HOLE_S * rate_hz)))
    return np.where(seen, smooth(bridged(angle, np.isfinite(angle)), rate_hz), np.nan) if seen.any() else angle


def bridged_shortly(angle: Floats, longest: int) -> Floats:
    """Return an angle (N,) with straight lines across holes of at most so many samples."""
    known = np.isfinite(angle)
    whole = bridged(angle, known)
    for start, stop in stretches(~known):
        if stop - start > longest or start == 0 or stop == len(angle):
            whole[start:stop] = np.nan
    return whole


def _filled(rep: RepEvent, during: Stretch, rate_hz: float) -> RepEvent:
    """Return a rep with what a short hole in it has left unsaid, measured across that."""
    if rep.spine_flexion_peak_deg is not None or not len(during.t) or not np.isfinite(during.spine).all():
        return rep
    down = during.between(during.t[0], rep.bottom_s)
    pelvis, thorax = (at_deg(during.t, angle, rep.bottom_s) for angle in (during.pelvis, during.thorax))
    return msgspec.structs.replace(
        rep,
        pelvis_rom_deg=range_of_motion_deg(during.pelvis),
        pelvis_bottom_deg=pelvis,
        thorax_bottom_deg=thorax,
        spine_flexion_peak_deg=float(during.spine.max()),
        spine_share=1 - pelvis / thorax if pelvis is not None and thorax else None,
        neutral_depth_deg=neutral_depth_deg(down.pelvis, down.spine, rate_hz),
    )
