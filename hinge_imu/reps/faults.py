"""What went wrong in a rep, each with its evidence."""

from __future__ import annotations

import numpy as np

from hinge_imu.events import Fault
from hinge_imu.reps.exercises import Profile
from hinge_imu.samples import Floats, stretches

LASTING_S = 0.1
"""A limit must be crossed for this long; a shorter spike is skin or strap."""


def spine_rounding(t: Floats, spine: Floats, profile: Profile) -> Fault | None:
    """Return the rounding of a rep, where spine flexion (N,) deg stayed beyond the limit for 0.1 s; else None."""
    limit = profile.spine_rounding_deg
    sample_s = float(np.median(np.diff(t))) if len(t) > 1 else 0.0
    # A stretch of n samples lasts n periods; the tolerance is for times that were rounded.
    lasting = [(a, b) for a, b in stretches(spine > limit) if (b - a) * sample_s >= LASTING_S - 1e-6]
    if not lasting:
        return None
    first = lasting[0][0]
    value = max(float(np.max(spine[a:b])) for a, b in lasting)
    return Fault(name="spine_rounding", value=value, limit=limit, unit="deg", at_s=float(t[first]))
