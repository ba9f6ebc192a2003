"""The reps that were said, measured again on other angles of the same session."""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter

import msgspec
import numpy as np

from hinge_imu.events import RepEvent
from hinge_imu.reps.case import Case
from hinge_imu.reps.counter import AFTER_S, MARGIN_S
from hinge_imu.reps.judge import Verdict
from hinge_imu.reps.metrics import Bent, Span, measure
from hinge_imu.reps.rep import in_order
from hinge_imu.reps.sets import USUAL
from hinge_imu.reps.tempo import Prescription
from hinge_imu.reps.told import fields, measures
from hinge_imu.reps.track import Trace, Track
from hinge_imu.samples import Angles, Header, Poses


def again(said: list[RepEvent], angles: Angles, poses: Poses, header: Header) -> dict[str, RepEvent]:
    """Return the same reps by their ids, with their measures from ``angles``; revisions go up by one.

    ``said`` are the last words on each, those that were retracted included: the last lowering of a lift from the floor
    is in one of them.
    """
    if not said:
        return {}
    said = sorted(said, key=attrgetter("bottom_s"))
    trace = Trace.smoothed(Track(header.rate_hz).push(angles, poses), header.rate_hz)
    bends = {rep.id: measure(trace, span) for rep, span in zip(said, _spans(said, trace), strict=True)}
    renewed: dict[str, RepEvent] = {}
    for _, group in groupby(said, key=attrgetter("set")):
        renewed |= _renewed(list(group), bends, header)
    return renewed


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


def _spans(reps: list[RepEvent], trace: Trace) -> list[Span]:
    """Return where in the trace each bend is."""
    bottoms = [int(np.searchsorted(trace.t, rep.bottom_s)) for rep in reps]
    before, after = [0, *bottoms[:-1]], [*bottoms[1:], len(trace.t)]
    spans = []
    for rep, first, bottom, last in zip(reps, before, bottoms, after, strict=True):
        begin, end = np.searchsorted(trace.t, [rep.start_s - MARGIN_S, rep.end_s + AFTER_S])
        spans.append((max(first, int(begin)), bottom, min(last, int(end))))
    return spans
