"""Faults of form: half a rep, out of square, a squat."""

from __future__ import annotations

from math import cos, radians

import numpy as np

from hinge_imu.events import Fault
from hinge_imu.reps.case import Case
from hinge_imu.reps.faults.evidence import crossed, fault, worst

LEG_M = 0.55
"""Thighs that lean as far as the trunk lower the hips by their length, times one less the cosine of that; thighs that
lean further are a squat's. Chosen: a thigh of 0.43 m (0.245 of 1.75 m, Drillis & Contini 1966), and the shank that
leans with it."""

LEAST_SUNK_M = 0.15
"""What is less is not told from what an accelerometer is off by."""


def partial_rep(case: Case) -> Fault | None:
    """Return a range of motion far below what is usual in the set, in per cent of it, where it stopped short."""
    usual, limit = case.usual_deg, case.profile.limits.partial_rep_share
    if usual is None or case.rep.range_deg >= limit * usual:
        return None
    share = case.rep.range_deg / usual
    at_s = case.rep.end_s if case.rep.bent else case.rep.bend.eccentric.end
    return fault("partial_rep", 100 * share, 100 * limit, "%", at_s, beyond=100 * (limit - share))


def not_square(case: Case) -> Fault | None:
    """Return a pelvis that tips to a side, or has turned since the last lockout."""
    limit, whole = case.profile.limits.not_square_deg, case.whole
    tilted = crossed("not_square", whole.t, np.abs(whole.tilt), limit)
    turned = crossed("not_square", whole.t, np.abs(whole.turn - case.faced_deg), limit)
    return worst([tilted, turned])


def squat_pattern(case: Case) -> Fault | None:
    """Return hips that come up by more than a hinge of this lean lets them sink, in cm; said only when it is sure."""
    bend = case.rep.bend
    limit = max(LEAST_SUNK_M, LEG_M * (1 - cos(radians(bend.ascent_deg))))
    if not bend.rose_m > limit:
        return None
    beyond = 100 * (bend.rose_m - limit)
    return fault("squat_pattern", 100 * bend.rose_m, 100 * limit, "cm", bend.concentric.start, beyond=beyond)
