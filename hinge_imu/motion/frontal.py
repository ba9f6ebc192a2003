"""What leaves the sagittal plane: how far a segment tilts to the side, and how far it turns.

Tilt is seen by gravity and stays true. Turn is not, without a magnetometer: it is what the gyroscope adds up, good for
the seconds of one repetition.
"""

from __future__ import annotations

import numpy as np

from hinge_imu.samples import SEGMENTS, Floats

LEVEL = np.cos(np.radians(80.0)) ** 2
"""A left-right axis that stands steeper than this has no heading."""


class Frontal:
    """Adds up each segment's turn, block after block."""

    def __init__(self, rate_hz: float) -> None:
        self._period = 1 / rate_hz
        self._turned = np.zeros((len(SEGMENTS), 1))

    def push(self, right: Floats, turning: Floats, about_up: Floats) -> tuple[Floats, Floats]:
        """Return tilt and turn of both segments (2,N) rad.

        ``right`` (2,N) is how far up points along the segment's axis to the right, nan where that axis is not known or
        the board not seen, ``turning`` and ``about_up`` (2,N) rad/s what of the segment's rate is about that axis and
        about up.
        """
        # A left-right axis r turns at w x r; of that, what is about the vertical u: (u.w - (u.r)(r.w)) / (1 - (u.r)^2).
        about = (about_up - right * turning) / np.maximum(1 - right * right, LEVEL)
        known = np.isfinite(right)
        steps = np.where(known, about * self._period, 0.0)
        turn = np.cumsum(np.concatenate([self._turned, steps], axis=1), axis=1)
        self._turned = turn[:, -1:]
        return -np.arcsin(np.clip(right, -1.0, 1.0)), np.where(known, turn[:, 1:], np.nan)
