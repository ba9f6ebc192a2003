"""The reps that were said, measured again on other angles of the same session."""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter

import msgspec
import numpy as np

from hinge_imu.events import RepEvent
from hinge_imu.reps.case import Case
from hinge_imu.reps.counter import AFTER_S, MARGIN_S, SETTLE_S
from hinge_imu.reps.metrics import Bent, Span, measure
from hinge_imu.reps.rep import in_order
from hinge_imu.reps.sets import USUAL
from hinge_imu.reps.tempo import Prescription
from hinge_imu.reps.told import fields, measures
from hinge_imu.reps.track import ROWS, T, Trace, Track
from hinge_imu.reps.verdicts import Verdict
from hinge_imu.samples import Angles, Floats, Header, Poses

BLOCK = 12_000
"""Samples at a time: a minute at 200 Hz."""


def again(said: list[RepEvent], rows: Floats, header: Header) -> dict[str, RepEvent]:
    """Return the same reps by their ids, with their measures from ``rows`` (11,N); revisions go up by one.

    ``said`` are the last words on each, those that were retracted included: the last lowering of a lift from the floor
    is in one of them.
    """
    if not said:
        return {}
    said = sorted(said, key=attrgetter("bottom_s"))
    spans = dict(zip((rep.id for rep in said), _spans(said, rows[T]), strict=True))
    renewed: dict[str, RepEvent] = {}
    for _, group in groupby(said, key=attrgetter("set")):
        reps = list(group)
        renewed |= _renewed(reps, _bends(rows, {rep.id: spans[rep.id] for rep in reps}, header.rate_hz), header)
    return renewed


def rows_of(angles: Angles, poses: Poses, rate_hz: float) -> Floats:
    """Return all the rows (11,N) of a session; what is worked out between is no longer than a block."""
    track, rows, end = Track(rate_hz), np.empty((ROWS, len(poses.t_ns))), 0
    for start in range(0, len(poses.t_ns), BLOCK):
        which = slice(start, start + BLOCK)
        found = track.push(angles.part(which), poses.part(which))
        rows[:, end : end + found.shape[1]] = found
        end += found.shape[1]
    return rows[:, :end]


def _renewed(said: list[RepEvent], bends: dict[str, Bent | None], header: Header) -> dict[str, RepEvent]:
    """Return the reps of one set, measured again; one that cannot be measured stays as it was."""
    renewed = {rep.id: msgspec.structs.replace(rep, revision=rep.revision + 1) for rep in said}
    profile = header.lift(next((rep.exercise for rep in said if rep.status != "retracted"), said[0].exercise))
    measured = [(rep, bend.pulled if profile.starts_bent else bend) for rep in said if (bend := bends[rep.id])]
    verdicts: list[Verdict] = ["unloaded" if rep.status == "retracted" else "rep" for rep, _ in measured]
    ordered = in_order([bend for _, bend in measured], verdicts, profile)
    usual = float(np.median([rep.range_deg for rep in ordered])) if len(ordered) >= USUAL else None
    prescription = Prescription.parse(header.tempo) if header.tempo is not None else None
    kept = [rep for rep, _ in measured if rep.status != "retracted"]
    for rep, new in zip(kept, ordered, strict=True):
        case = Case(new, profile, prescription, usual)
        told = fields(case) | measures(case, header.wearer.spine_flexion_deg if header.wearer else None)
        renewed[rep.id] = msgspec.structs.replace(renewed[rep.id], **told)
    return renewed


def _bends(rows: Floats, spans: dict[str, Span], rate_hz: float) -> dict[str, Bent | None]:
    """Measure the bends of one set; what lies between the sets, most of a session, is not even smoothed."""
    settle = round(SETTLE_S * rate_hz)
    first = max(min(begin for begin, _, _ in spans.values()) - settle, 0)
    trace = Trace.smoothed(rows[:, first : max(end for *_, end in spans.values()) + settle], rate_hz)
    return {
        name: measure(trace, (begin - first, bottom - first, end - first))
        for name, (begin, bottom, end) in spans.items()
    }


def _spans(reps: list[RepEvent], t_s: Floats) -> list[Span]:
    """Return where among samples at ``t_s`` (N,) each bend is."""
    bottoms = [int(np.searchsorted(t_s, rep.bottom_s)) for rep in reps]
    before, after = [0, *bottoms[:-1]], [*bottoms[1:], len(t_s)]
    spans = []
    for rep, first, bottom, last in zip(reps, before, bottoms, after, strict=True):
        begin, end = np.searchsorted(t_s, [rep.start_s - MARGIN_S, rep.end_s + AFTER_S])
        spans.append((max(first, int(begin)), bottom, min(last, int(end))))
    return spans
