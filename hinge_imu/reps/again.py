"""The reps that were said, measured again on other angles of the same session."""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter

import msgspec
import numpy as np

from hinge_imu.events import RepEvent
from hinge_imu.profiles import Profile, built_in
from hinge_imu.reps.counter import AFTER_S, MARGIN_S
from hinge_imu.reps.faults import partial_rep
from hinge_imu.reps.metrics import Bent, Span, measure
from hinge_imu.reps.rep import fields, in_order, measures
from hinge_imu.reps.sets import USUAL
from hinge_imu.reps.tempo import Prescription
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
    bends = dict(
        zip(
            (rep.id for rep in said),
            (
                measure(trace, span, from_floor=_profile(header, rep.exercise).starts_bent)
                for rep, span in zip(said, _spans(said, trace), strict=True)
            ),
            strict=True,
        )
    )
    renewed: dict[str, RepEvent] = {}
    for _, group in groupby(said, key=attrgetter("set")):
        renewed |= _renewed(list(group), bends, header)
    return renewed


def _renewed(said: list[RepEvent], bends: dict[str, Bent | None], header: Header) -> dict[str, RepEvent]:
    """Return the reps of one set, measured again; one that cannot be measured stays as it was."""
    reps = [rep for rep in said if rep.status != "retracted"]
    measured = [(rep, bend) for rep in reps if (bend := bends[rep.id]) is not None]
    if not measured:
        return {rep.id: msgspec.structs.replace(rep, revision=rep.revision + 1) for rep in reps}
    profile = _profile(header, reps[0].exercise)
    lowering = bends[said[-1].id] if profile.starts == "floor" and said[-1].status == "retracted" else None
    ordered = in_order([bend for _, bend in measured], lowering, profile)
    usual = float(np.median([bend.descent_deg for _, bend in measured])) if len(measured) >= USUAL else None
    prescription = Prescription.parse(header.tempo) if header.tempo is not None else None
    renewed = {rep.id: msgspec.structs.replace(rep, revision=rep.revision + 1) for rep in reps}
    for (rep, _), new in zip(measured, ordered, strict=True):
        told = fields(new, profile, prescription) | measures(new)
        partial = partial_rep(new.bend, usual) if profile.starts != "hike" else None
        told["faults"] = (*told["faults"], *([partial] if partial else []))
        renewed[rep.id] = msgspec.structs.replace(renewed[rep.id], **told)
    return renewed


def _profile(header: Header, exercise: str) -> Profile:
    own = header.profile
    return own if own is not None and own.name == exercise else built_in()[exercise]


def _spans(reps: list[RepEvent], trace: Trace) -> list[Span]:
    """Return where in the trace each bend is."""
    bottoms = [int(np.searchsorted(trace.t, rep.bottom_s)) for rep in reps]
    before, after = [0, *bottoms[:-1]], [*bottoms[1:], len(trace.t)]
    spans = []
    for rep, first, bottom, last in zip(reps, before, bottoms, after, strict=True):
        begin, end = np.searchsorted(trace.t, [rep.start_s - MARGIN_S, rep.end_s + AFTER_S])
        spans.append((max(first, int(begin)), bottom, min(last, int(end))))
    return spans
