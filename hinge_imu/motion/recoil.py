"""Hips go back when the trunk goes forward: that is how a sensor on the pelvis learns where back is.

The weight has to stay over the feet, so in every bend, be it a hinge or a squat, the hips accelerate backwards while
the trunk's lean accelerates, and forward while it slows down. The pelvis itself may tilt either way, or hardly at all.
"""

from __future__ import annotations

import numpy as np
from scipy.signal import bilinear, lfilter

from hinge_imu.samples import Floats

CUT_OFF_HZ = 3.0
"""Both accelerations are low-passed here: bending is slower, footfalls and noise are faster."""


class Recoil:
    """The lever between the trunk's lean and the hips: a vector in m, pointing to where the hips go.

    It is the regression of the hips' horizontal acceleration (m/s^2) on the lean's angular acceleration (rad/s^2) since
    the last `restart`.
    """

    def __init__(self, rate_hz: float) -> None:
        w = 2 * np.pi * CUT_OFF_HZ
        butterworth = [1.0, np.sqrt(2) * w, w * w]
        self._low_pass = bilinear([w * w], butterworth, fs=rate_hz)
        # The same, and differentiated twice.
        self._bend = bilinear([w * w, 0.0, 0.0], butterworth, fs=rate_hz)
        self._states = np.zeros((2, 3)), np.zeros(2)
        self.restart()

    def restart(self) -> None:
        """Forget earlier bends; the filters run on."""
        self._sums = np.zeros((1, 4))

    def push(self, acceleration: Floats, lean: Floats) -> Floats:
        """Take the hips' acceleration (N,3) and the trunk's lean (N,) rad; return the lever known at each (N,3) m."""
        moved, first = lfilter(*self._low_pass, acceleration, axis=0, zi=self._states[0])
        bent, second = lfilter(*self._bend, lean, zi=self._states[1])
        self._states = first, second
        products = np.concatenate([moved * bent[:, None], (bent * bent)[:, None]], axis=1)
        sums = np.cumsum(np.concatenate([self._sums, products]), axis=0)[1:]
        self._sums = sums[-1:]
        lever: Floats = sums[:, :3] / np.maximum(sums[:, 3:], 1e-9)
        return lever
