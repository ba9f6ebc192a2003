"""The sign of every angle in this project is decided here, and nowhere else."""

from __future__ import annotations

import numpy as np

from hinge_imu.motion.vectors import cross, length
from hinge_imu.samples import Floats


def inclination(forward: Floats, along: Floats) -> Floats:
    """Return the sagittal inclination (...) in rad, leaning forward positive, valid past 90 degrees.

    ``forward`` and ``along`` (...) are how far up, away from gravity, points along two of the segment's axes: x
    forward, y along the upright segment, z right. A right-handed turn about z tips the segment backwards, so leaning
    forward is the negative one (ISB axes, Wu et al. 2002, DOI 10.1016/S0021-9290(01)00222-6).
    """
    angle: Floats = np.arctan2(-forward, along)
    return angle


def segment_axes(neutral: Floats, falls: Floats) -> Floats:
    """Return the rotation (3,3) from sensor to segment axes, rows x, y, z.

    ``neutral`` (3,) is up in sensor axes while standing, ``falls`` (3,) the direction across it in which up moves
    when the segment leans forward: backwards, seen from the segment.
    """
    forward = -(falls - (falls @ neutral) * neutral)
    forward = forward / length(forward)
    return np.stack([forward, neutral, cross(forward, neutral)])
