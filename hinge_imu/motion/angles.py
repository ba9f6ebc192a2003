"""The sign of every angle in this project is decided here, and nowhere else."""

from __future__ import annotations

import numpy as np

from hinge_imu.samples import Floats


def inclination(up: Floats) -> Floats:
    """Return the sagittal inclination (N,) in rad, leaning forward positive, valid past 90 degrees.

    ``up`` (N,3) points away from gravity in segment axes: x forward, y along the upright segment, z right. A
    right-handed turn about z tips the segment backwards, so leaning forward is the negative one (ISB axes, Wu et al.
    2002, DOI 10.1016/S0021-9290(01)00222-6).
    """
    angle: Floats = np.arctan2(-up[:, 0], up[:, 1])
    return angle


def segment_axes(neutral: Floats, falls: Floats) -> Floats:
    """Return the rotation (3,3) from sensor to segment axes, rows x, y, z.

    ``neutral`` (3,) is up in sensor axes while standing, ``falls`` (3,) the direction across it in which up moves
    when the segment leans forward: backwards, seen from the segment.
    """
    forward = -(falls - (falls @ neutral) * neutral)
    forward = forward / np.linalg.norm(forward)
    return np.stack([forward, neutral, np.cross(forward, neutral)])
