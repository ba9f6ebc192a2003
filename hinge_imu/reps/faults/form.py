"""Faults of form: half a rep, out of square, a squat."""

from __future__ import annotations

import numpy as np

from hinge_imu.events import Fault
from hinge_imu.reps.case import Case
from hinge_imu.reps.faults.evidence import crossed, fault, worst

SQUATTING, FLOOR_SQUATTING = (0.0038, 65.0), (0.006, 53.0)
"""Hips that sink by more than so much (m) for each degree of lean, under a thorax that leans by no more than the other
(deg), sink between the knees. A hinge sinks by 0.003 m at most; from the floor, low hips belong to the lift. Chosen."""

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
    """Return hips that sank by more than a hinge of this lean lets them, in cm; said only when it is sure."""
    bend = case.rep.bend
    sinks_m, flat_deg = FLOOR_SQUATTING if case.profile.may_squat else SQUATTING
    limit = max(LEAST_SUNK_M, sinks_m * bend.descent_deg)
    if bend.descent_deg > flat_deg or not bend.sunk_m > limit:
        return None
    beyond = 100 * (bend.sunk_m - limit)
    return fault("squat_pattern", 100 * bend.sunk_m, 100 * limit, "cm", bend.concentric.start, beyond=beyond)
