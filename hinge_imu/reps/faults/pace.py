"""Faults of pace: the weight is dropped, or bounced, or the prescription is not kept."""

from __future__ import annotations

from hinge_imu.events import Fault
from hinge_imu.reps.case import Case
from hinge_imu.reps.effort import AROUND_S, impact_g
from hinge_imu.reps.faults.evidence import fault, lasting, worst
from hinge_imu.reps.phases import slope
from hinge_imu.reps.tempo import compare

BOUNCE_PAUSE_S, BOUNCE_LOWERING_S = 0.2, 1.0
"""Who bounces turns round within the first, after a way down that took less than the second."""


def uncontrolled_lowering(case: Case) -> Fault | None:
    """Return a way down that was over too soon, or too fast in between."""
    bend, limits = case.lowering, case.profile.limits
    if bend is None:
        return None
    found = []
    took_s = bend.eccentric.duration
    if took_s < limits.least_lowering_s:
        early_s = limits.least_lowering_s - took_s
        found.append(
            fault("uncontrolled_lowering", took_s, limits.least_lowering_s, "s", bend.eccentric.end, beyond=early_s)
        )
    part = bend.trace.between(*bend.eccentric)
    rate = slope(part.thorax, part.t) if len(part.t) > 1 else part.thorax
    passed = lasting(part.t, rate > limits.lowering_rate_deg_s)
    if passed:
        start, fastest = passed[0][0], max(float(rate[a:b].max()) for a, b in passed)
        beyond = fastest - limits.lowering_rate_deg_s
        at_s = float(part.t[start])
        found.append(fault("uncontrolled_lowering", fastest, limits.lowering_rate_deg_s, "deg/s", at_s, beyond=beyond))
    return worst(found)


def bounce(case: Case) -> Fault | None:
    """Return a blow at a reversal that came and went quickly."""
    bend, limit = case.lowering, case.profile.limits.bounce_g
    down_s, pause_s, _, _ = case.rep.digits
    if bend is None or down_s is None or pause_s is None:
        return None
    if down_s >= BOUNCE_LOWERING_S or pause_s >= BOUNCE_PAUSE_S:
        return None
    turn = bend.trace.between(bend.eccentric.end - AROUND_S, bend.concentric.start + AROUND_S)
    if not len(turn.t):
        return None
    at_s = float(turn.t[turn.deepest()])
    blow = impact_g(bend.around.t, bend.around.acc, at_s, 1 / bend.period_s)
    if blow is None or not blow > limit:
        return None
    return fault("bounce", blow, limit, "g", at_s, beyond=blow - limit)


def off_tempo(case: Case) -> Fault | None:
    """Return the digit that is furthest off a prescription, for what it may be; the limit is what was asked."""
    if case.prescription is None:
        return None
    found = []
    for verdict, ends_s in zip(compare(case.prescription, case.rep.digits), case.ends_s, strict=True):
        if verdict.kept is False and verdict.asked_s is not None and verdict.measured_s is not None:
            off = abs(verdict.measured_s - verdict.asked_s)
            beyond = off - (verdict.tolerance_s or 0.0)
            told = fault("off_tempo", verdict.measured_s, verdict.asked_s, "s", ends_s, beyond=beyond)
            found.append((off / (verdict.tolerance_s or 1.0), told))
    return max(found, key=lambda each: each[0])[1] if found else None
