"""By how much the gyroscope's bias has strayed since the last rest, as the drift of gravity shows it.

In the frame that the gyroscope keeps, a bias b makes gravity g drift at (R b) x g, where R turns from the sensor to
that frame. Over some seconds of movement that shows b, but for what lies along g; once b is known, so is the drift.
VQF estimates a bias in motion from the same, sample by sample (Laidig & Seel 2023, DOI 10.1016/j.inffus.2022.10.014);
from window to window it costs next to nothing.
"""

from __future__ import annotations

import numpy as np

from hinge_imu.motion import quaternion
from hinge_imu.motion.vectors import cross, dot
from hinge_imu.samples import Floats

WINDOW_S, STRIDE_S = 5.0, 0.1
"""Over so long the drift is watched; 3 to 8 s hardly differ. So often the turn is looked at meanwhile."""

WANDER, WANDER_S = np.radians(0.4), 60.0
"""How far the bias strays from that of the last rest, rad/s, and within what time: an MPU-6050's is given as +-20
deg/s from -40 to 85 degrees C (PS-MPU-6000A rev 3.4, section 6.1), so this is what 2.5 K do to it."""

BEGUN = np.radians(0.05)
"""How well a rest shows the bias, rad/s."""

SWAYED = np.radians(0.15)
"""How well a second of standing does, in which people sway by a tenth or two of a degree. Chosen."""

UNREST, SWAY = 0.18, 0.05
"""What movement adds to the gravity that is seen at one end of a window, and sway to that of a stance, m/s^2.
Chosen; the latter is sway that gains 5 cm/s in a second."""


class Drift:
    """Gravity's drift, block after block; no block may reach beyond the end of a window.

    The bias is followed by a Kalman filter (Kalman 1960, DOI 10.1115/1.3662552) whose state decays towards what the
    last rest showed.
    """

    def __init__(self, rate_hz: float) -> None:
        self._stride = max(1, round(STRIDE_S * rate_hz))
        self._step = self._stride / rate_hz
        self._window = self._stride * round(WINDOW_S / self._step)
        self._stays = np.exp(-WINDOW_S / WANDER_S)
        self.rest()
        self.restart()

    def rest(self) -> None:
        """Take note that the gyroscope's bias has been seen anew."""
        self._bias, self._covariance = np.zeros(3), BEGUN**2 * np.eye(3)

    def stand(self, gravity: Floats) -> None:
        """Begin anew with gravity (3,) m/s^2 and the bias as a second of standing has shown them."""
        self.restart()
        self._bias, self._covariance = np.zeros(3), SWAYED**2 * np.eye(3)
        self._gravity = self._left = gravity
        self._unrest = SWAY

    def restart(self) -> None:
        """Begin a window, before which nothing is known of gravity."""
        self._number, self._unrest = 0, UNREST
        self._turned = np.zeros((3, 3, 1))  # the sum of the turns since the window began
        self._gravity = self._left = np.zeros(3)
        self._drift = np.zeros((3, 1))

    @property
    def room(self) -> int:
        """How many samples the window still has room for."""
        return self._window - self._number

    def push(self, turned: Floats) -> Floats:
        """Take turns (4,N) from the sensor to the gyroscope's frame, return gravity's drift there (3,N) m/s^2."""
        n, number = turned.shape[1], self._number
        self._number += n
        turns = turned[:, -number % self._stride :: self._stride]
        if not turns.shape[1]:
            return self._drift.repeat(n, axis=1)
        matrices = quaternion.matrices(turns)
        self._turned = np.cumsum(np.concatenate([self._turned, matrices], axis=2), axis=2)[:, :, -1:]
        moved = self._caused(dot(matrices.swapaxes(0, 1), self._bias))
        drifts = np.cumsum(np.concatenate([self._drift, moved], axis=1), axis=1)
        self._drift = drifts[:, -1:]
        which = np.arange(number, number + n) // self._stride - (number - 1) // self._stride
        return drifts.take(which, axis=1)

    def learn(self, left: Floats) -> None:
        """Take at a window's end what of gravity (3,) m/s^2 the drift did not explain."""
        if self._left.any():
            seen = self._caused(self._turned[:, :, 0])
            bias, spread = self._stays * self._bias, 1 - self._stays**2
            covariance = self._stays**2 * self._covariance + spread * WANDER**2 * np.eye(3)
            gain = (
                covariance
                @ seen.T
                @ np.linalg.inv(seen @ covariance @ seen.T + (self._unrest**2 + UNREST**2) * np.eye(3))
            )
            self._bias = bias + gain @ (left - self._left)
            self._covariance = covariance - gain @ seen @ covariance
        self._unrest = UNREST
        self._left, self._gravity = left, left + self._drift[:, 0]
        self._number, self._turned = 0, np.zeros((3, 3, 1))

    def _caused(self, bias: Floats) -> Floats:
        """Return by how much (3,N) m/s^2 a bias (3,N) rad/s, as the frame has it, moves gravity in a stride."""
        return cross(bias, self._step * self._gravity[:, None])
