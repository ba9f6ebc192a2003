"""Faults of the lockout: not all the way up, or beyond it."""

from __future__ import annotations

import numpy as np

from hinge_imu.events import Fault
from hinge_imu.reps.case import Case
from hinge_imu.reps.faults.evidence import fault
from hinge_imu.reps.phases import median
from hinge_imu.samples import Floats

LEAST_TOP_S = 0.15
"""Who goes on sooner than this has only swung through."""


def incomplete_lockout(case: Case) -> Fault | None:
    """Return a pelvis or a thorax that still leans forward at the top."""
    top, limit = case.top, case.profile.limits.incomplete_lockout_deg
    if top is None:
        return None
    leans = float(np.fmax(_middle(top.pelvis), _middle(top.thorax)))
    if not leans > limit:
        return None
    return fault("incomplete_lockout", leans, limit, "deg", case.rep.end_s, beyond=leans - limit)


def overextended_lockout(case: Case) -> Fault | None:
    """Return a thorax that leans back over an arched spine, or a whole trunk that leans back.

    The value is the thorax's, against the limit of the two that it has passed by more.
    """
    top, limits = case.top, case.profile.limits
    if top is None or len(top.t) < 2 or top.t[-1] - top.t[0] < LEAST_TOP_S - case.rep.bend.period_s:
        return None
    pelvis, thorax, spine = map(_middle, (top.pelvis, top.thorax, top.spine))
    arched = min(limits.overextended_thorax_deg - thorax, limits.overextended_spine_deg - spine)
    leaning = min(limits.leaning_back_deg - thorax, limits.leaning_back_deg - pelvis)
    beyond, limit = max((arched, limits.overextended_thorax_deg), (leaning, limits.leaning_back_deg))
    # One board alone shows neither an arched spine nor a whole trunk.
    if not (beyond > 0 and np.isfinite(spine)):
        return None
    return fault("overextended_lockout", thorax, limit, "deg", case.rep.end_s, beyond=beyond)


def _middle(angle: Floats) -> float:
    """Return the median of what was seen; nan where nothing was."""
    seen = angle[np.isfinite(angle)]
    return median(seen) if len(seen) else np.nan
