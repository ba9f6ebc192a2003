"""What leaves the sagittal plane: how far a segment tilts to the side, and how far it turns.

Tilt is seen by gravity and stays true. Turn is not, without a magnetometer: it is what the gyroscope adds up, good for
the seconds of one repetition.
"""

from __future__ import annotations

import numpy as np

from hinge_imu.motion.mount import dot
from hinge_imu.samples import SEGMENTS, Floats

LEVEL = np.cos(np.radians(80.0)) ** 2
"""A left-right axis that stands steeper than this has no heading."""


class Frontal:
    """Adds up each segment's turn, block after block."""

    def __init__(self, rate_hz: float) -> None:
        self._period = 1 / rate_hz
        self._turned = [np.zeros(1) for _ in SEGMENTS]

    def push(self, sensor: int, up: Floats, rate: Floats, axes: Floats | None) -> tuple[Floats, Floats]:
        """Return tilt and turn (N,) rad from up (N,3) and rate (N,3) rad/s in sensor axes.

        ``axes`` (3,3) are the segment's, rows forward, up, right; while there are none, both are nan.
        """
        if axes is None:
            return np.full(len(up), np.nan), np.full(len(up), np.nan)
        sine = dot(up, axes[2])
        # A left-right axis r turns at w x r; of that, what is about the vertical u: (u.w - (u.r)(r.w)) / (1 - (u.r)^2).
        about = dot(up, rate) - sine * dot(rate, axes[2])
        turning = about / np.maximum(1 - sine * sine, LEVEL)
        turn = np.cumsum(np.concatenate([self._turned[sensor], turning * self._period]))
        self._turned[sensor] = turn[-1:]
        return -np.arcsin(np.clip(sine, -1.0, 1.0)), turn[1:]
