"""Faults of the back: it rounds, it arches, it gives way at the bottom, it goes first."""

from __future__ import annotations

import numpy as np

from hinge_imu.events import Fault
from hinge_imu.reps.case import Case
from hinge_imu.reps.faults.evidence import crossed, fault, worst
from hinge_imu.reps.phases import slope
from hinge_imu.samples import Floats, stretches

INCLINED_DEG = 25.0
"""The thorax leans by more than this where an arched back is a fault; standing, one may."""

LATE = 0.3
"""The end of the descent, in which a pelvis tucks, is this last share of its time."""

LEFT_BEHIND = 0.2
"""A pelvis that turns at less than this share of the thorax's rate has stopped."""


def spine_rounding(case: Case) -> Fault | None:
    """Return flexion beyond the lift's limit, or in a pull from the floor beyond what the set-up allows."""
    limits = case.profile.limits
    found = [crossed("spine_rounding", case.whole.t, case.whole.spine, limits.spine_rounding_deg)]
    if case.set_up_deg is not None:
        # Who sets up arched and comes up straight has not rounded.
        rounder = case.during.spine - max(case.set_up_deg, 0.0)
        found.append(crossed("spine_rounding", case.during.t, rounder, limits.rounding_from_set_up_deg))
    return worst(found)


def spine_arching(case: Case) -> Fault | None:
    """Return extension beyond the limit while the thorax is inclined."""
    inclined = np.where(case.whole.thorax > INCLINED_DEG, case.whole.spine, 0.0)
    return crossed("spine_arching", case.whole.t, inclined, case.profile.limits.spine_arching_deg)


def butt_wink(case: Case) -> Fault | None:
    """Return a pelvis that falls back, or stops, near the bottom, while the thorax goes on down.

    The value is how far it fell back, or how far the thorax went without it, whichever was more.
    """
    down, limit = case.descent, case.profile.limits.butt_wink_deg
    if down is None or len(down.t) < 3 or not np.isfinite(down.spine).all():
        return None
    late = int(np.searchsorted(down.t, down.t[-1] - LATE * (down.t[-1] - down.t[0])))
    t, thorax = down.t[late:], down.thorax[late:]
    fallen = (np.maximum.accumulate(down.pelvis) - down.pelvis)[late:]
    found = []
    if np.ptp(thorax) >= limit and fallen.max() >= limit:
        found.append(_wink(t, fallen, limit))
    stopped = slope(down.pelvis, down.t)[late:] < LEFT_BEHIND * slope(down.thorax, down.t)[late:]
    for start, stop in stretches(stopped):
        alone = thorax[start:stop] - thorax[start]
        if alone.max() >= limit:
            found.append(_wink(t[start:stop], alone, limit))
    return worst(found)


def spine_first(case: Case) -> Fault | None:
    """Return a thorax that sets off before the pelvis by more than the limit."""
    if case.descent is None:
        return None
    limit = case.profile.limits.spine_first_s
    pelvis, thorax = case.rep.bend.onsets_s
    if pelvis is None or thorax is None or not pelvis - thorax > limit:
        return None
    return fault("spine_first", pelvis - thorax, limit, "s", thorax, beyond=pelvis - thorax - limit)


def _wink(t: Floats, by: Floats, limit: float) -> Fault:
    """Return the tuck of a pelvis that pelvis and thorax part by so much (N,) deg."""
    most = float(by.max())
    return fault("butt_wink", most, limit, "deg", float(t[int(np.argmax(by >= limit))]), beyond=most - limit)
