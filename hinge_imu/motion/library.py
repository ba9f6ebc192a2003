"""The filters of the `ahrs` library by name, for whoever wants to compare."""

from __future__ import annotations

from typing import Literal

import numpy as np

from hinge_imu.motion.rest import Stillness
from hinge_imu.samples import Bools, Floats


class LibraryFilter:
    """Madgwick's or Mahony's filter, sample by sample, behind the interface of our own.

    Gains: Madgwick's default (DOI 10.1109/ICORR.2011.5975346); Mahony's default integral gain of 0.3 is far too large
    for slow movement, so 0.01 (DOI 10.1109/TAC.2008.923738).
    """

    def __init__(self, name: Literal["madgwick", "mahony"], rate_hz: float) -> None:
        from ahrs.filters import Madgwick, Mahony

        self._filter = (
            Madgwick(frequency=rate_hz) if name == "madgwick" else Mahony(frequency=rate_hz, k_P=0.3, k_I=0.01)
        )
        self._stillness = Stillness(rate_hz)
        self.settled_after = 0
        self._quaternion: Floats | None = None

    def restart(self) -> None:
        """Take what comes next as not joined to what came before."""
        self._stillness.restart()
        self._quaternion = None
        self.settled_after = self._stillness.second

    def track(self, gyr: Floats, acc: Floats) -> tuple[Floats, Bools]:
        """Take (N,3) rad/s and (N,3) m/s^2, return unit up (N,3) and whether the sensor is still (N,)."""
        if not len(gyr):
            return np.empty((0, 3)), np.empty(0, bool)
        from ahrs.common.orientation import acc2q

        q = acc2q(acc[0]) if self._quaternion is None else self._quaternion
        path = np.empty((len(gyr), 4))
        for i in range(len(gyr)):
            path[i] = q = self._filter.updateIMU(q, gyr=gyr[i], acc=acc[i])
        self._quaternion = q
        w, x, y, z = path.T  # sensor to earth, z up: the last row of its rotation matrix is up in sensor axes
        up = np.stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], axis=1)
        return up, self._stillness.push(gyr, acc).standing >= self._stillness.second
