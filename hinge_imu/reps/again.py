"""The reps that were said, measured again on other inclinations of the same session."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import numpy as np

from hinge_imu.events import RepEvent
from hinge_imu.reps.counter import AFTER_S, MARGIN_S
from hinge_imu.reps.exercises import profile
from hinge_imu.reps.lead import Lead
from hinge_imu.reps.metrics import Rep, Span, Trace, measure
from hinge_imu.samples import Header, SagittalAngles


def again(reps: list[RepEvent], angles: SagittalAngles, header: Header) -> dict[str, RepEvent]:
    """Return the same reps by their ids, with their measures from ``angles``; revisions go up by one."""
    if not reps:
        return {}
    trace = Trace.smoothed(Lead(header.rate_hz).push(angles), header.rate_hz)
    limits = profile(header.exercise)
    measured = [measure(trace, span, limits) for span in _spans(reps, trace)]
    pauses = [_pause(*pair) for pair in pairwise(zip(reps, measured, strict=True))]
    renewed = {}
    for rep, new, pause in zip(reps, measured, [*pauses, None], strict=False):
        fields = {} if new is None else new.fields(pause)
        renewed[rep.id] = msgspec.structs.replace(rep, revision=rep.revision + 1, **fields)
    return renewed


def _spans(reps: list[RepEvent], trace: Trace) -> list[Span]:
    """Return where in the trace each rep is."""
    bottoms = [int(np.searchsorted(trace.t, rep.bottom_s)) for rep in reps]
    before, after = [0, *bottoms[:-1]], [*bottoms[1:], len(trace.t)]
    spans = []
    for rep, first, bottom, last in zip(reps, before, bottoms, after, strict=True):
        begin, end = np.searchsorted(trace.t, [rep.start_s - MARGIN_S, rep.end_s + AFTER_S])
        spans.append((max(first, int(begin)), bottom, min(last, int(end))))
    return spans


def _pause(one: tuple[RepEvent, Rep | None], following: tuple[RepEvent, Rep | None]) -> float | None:
    """Return the rest at the top between two reps of one set."""
    (rep, measured), (next_rep, next_measured) = one, following
    if rep.set != next_rep.set or measured is None or next_measured is None:
        return rep.top_pause_s
    if not next_measured.eccentric_seen:
        return None
    return max(0.0, next_measured.eccentric.start - measured.concentric.end)
