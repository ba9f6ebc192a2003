"""Who sinks while leaning bends forward: nobody gets lower by leaning back, or aside."""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter

from hinge_imu.motion.lowpass import sampled
from hinge_imu.samples import Bools, Floats

MEMORY_S = 0.8
"""Time constant within which a height is known from acceleration; what an accelerometer is off by has no part in it."""

SUNK_M = 0.04
"""Reaching up and aside moves the pelvis by less than 3 cm within that memory, squats by more than 10."""


class Sinking:
    """Tells from the pelvis's vertical acceleration alone when it is lower than it was a moment ago.

    Height is that acceleration integrated twice, forgetting: s / (s + 1 / memory)^3 is 1 / s^2 for what is quicker.
    """

    def __init__(self, rate_hz: float) -> None:
        a = 1 / MEMORY_S
        self._height = sampled((1.0, 0.0), tuple(np.poly([-a, -a, -a]).tolist()), rate_hz)
        self._state = np.zeros(3)

    def push(self, acceleration: Floats) -> Bools:
        """Take the upward acceleration (N,) in m/s^2; return where it has sunk (N,)."""
        height, self._state = lfilter(*self._height, acceleration, zi=self._state)
        sunk: Bools = height < -SUNK_M
        return sunk
