"""What went wrong in a rep, each with its evidence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hinge_imu.events import Fault
from hinge_imu.profiles import Profile
from hinge_imu.reps.metrics import Bent
from hinge_imu.reps.tempo import Prescription, compare
from hinge_imu.samples import Floats, stretches

LASTING_S = 0.1
"""A limit must be crossed for this long; a shorter spike is skin or strap."""

PARTIAL = 0.7
"""Share of the set's median range of motion below which a rep is a partial one."""


def spine_rounding(t: Floats, spine: Floats, profile: Profile) -> Fault | None:
    """Return the rounding of a rep, where spine flexion (N,) deg stayed beyond the limit for 0.1 s; else None."""
    limit = profile.limits.spine_rounding_deg
    if not (spine > limit).any():
        return None
    sample_s = float(np.median(np.diff(t))) if len(t) > 1 else 0.0
    # A stretch of n samples lasts n periods; the tolerance is for times that were rounded.
    lasting = [(a, b) for a, b in stretches(spine > limit) if (b - a) * sample_s >= LASTING_S - 1e-6]
    if not lasting:
        return None
    first = lasting[0][0]
    value = max(float(np.max(spine[a:b])) for a, b in lasting)
    return Fault(name="spine_rounding", value=value, limit=limit, unit="deg", at_s=float(t[first]), confidence=1.0)


def partial_rep(bend: Bent, usual_deg: float | None) -> Fault | None:
    """Return a range of motion of less than 70 % of what the set does, in its middle; None while that is not known."""
    if usual_deg is None or bend.descent_deg >= PARTIAL * usual_deg:
        return None
    share = 100 * bend.descent_deg / usual_deg
    return Fault(name="partial_rep", value=share, limit=100 * PARTIAL, unit="%", at_s=bend.bottom_s, confidence=1.0)


def off_tempo(digits: Sequence[float | None], prescription: Prescription | None, at_s: float) -> Fault | None:
    """Return the digit that is furthest off a prescription, where one is off."""
    if prescription is None:
        return None
    off = [each for each in compare(prescription, digits) if each.kept is False]
    if not off:
        return None
    worst = max(off, key=lambda each: abs(each.measured_s - each.asked_s) / each.tolerance_s)  # type: ignore[operator]
    return Fault(name="off_tempo", value=worst.measured_s, limit=worst.asked_s, unit="s", at_s=at_s, confidence=1.0)  # type: ignore[arg-type]
