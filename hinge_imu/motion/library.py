"""The filters of the `ahrs` library by name, for whoever wants to compare."""

from __future__ import annotations

from typing import Any, Literal, Protocol

import numpy as np
from scipy.spatial.transform import Rotation

from hinge_imu.motion import quaternion
from hinge_imu.motion.orientation import Tracked
from hinge_imu.motion.rest import Stillness
from hinge_imu.samples import Floats

Library = Literal["madgwick", "mahony", "ekf", "aqua", "complementary"]

AQUA_S = 3.0
"""Time constant of AQUA's gain, as long as that of our own low-pass; the library's own is ten times as quick."""

Z = np.array([0.0, 0.0, 1.0])


class Follower(Protocol):
    """What follows the orientation of a sensor that begins with its z axis up."""

    def begin(self) -> None:
        """Take z for up."""

    def follow(self, gyr: Floats, acc: Floats) -> Floats:
        """Take (N,3) rad/s and (N,3) m/s^2, return unit up (N,3)."""


class LibraryFilter:
    """A filter of the library, sample by sample, behind the interface of our own.

    It works in axes in which the first force points along z: so it begins level, and far from the pole where
    Complementary's Euler angles fail.
    """

    def __init__(self, name: Library, rate_hz: float) -> None:
        self._follower: Follower = EulerAngles(rate_hz) if name == "complementary" else Quaternions(name, rate_hz)
        self._stillness = Stillness(rate_hz)
        self.settled_after = 0
        self._level: Floats | None = None

    def restart(self) -> None:
        """Take what comes next as not joined to what came before."""
        self._stillness.restart()
        self._level = None
        self.settled_after = self._stillness.second

    def track(self, gyr: Floats, acc: Floats) -> Tracked:
        """Take (N,3) rad/s and (N,3) m/s^2, return what is known at each; of the bias nothing is."""
        if not len(gyr):
            return Tracked(np.empty((0, 3)), np.empty(0, bool), np.empty((0, 3)))
        if self._level is None:
            x, y, z, w = Rotation.align_vectors(Z[None], acc[:1])[0].as_quat()
            self._level = np.array([[w], [x], [y], [z]])
            self._follower.begin()
        up = self._follower.follow(*(quaternion.rotate(self._level, values.T).T for values in (gyr, acc)))
        up = quaternion.rotate(quaternion.conjugate(self._level), up.T).T
        return Tracked(up, self._stillness.push(gyr, acc).standing >= self._stillness.second, gyr)


class Quaternions:
    """The filters that take a quaternion on from sample to sample.

    Madgwick (DOI 10.1109/ICORR.2011.5975346), Mahony (DOI 10.1109/TAC.2008.923738), extended Kalman filter (DOI
    10.1109/TBME.2006.875664), AQUA (DOI 10.3390/s150819302). The library's gains, but for Mahony's, whose integral gain
    of 0.3 is far too large for slow movement, and AQUA's.
    """

    def __init__(self, name: Library, rate_hz: float) -> None:
        self._filter = _library_filter(name, rate_hz)
        self._update = "update" if name == "ekf" else "updateIMU"
        # AQUA's quaternion leads from the room to the sensor, that of the others back.
        self._sign = -1.0 if name == "aqua" else 1.0
        self.begin()

    def begin(self) -> None:
        """Take z for up."""
        self._quaternion = np.array([1.0, 0.0, 0.0, 0.0])

    def follow(self, gyr: Floats, acc: Floats) -> Floats:
        """Take (N,3) rad/s and (N,3) m/s^2, return unit up (N,3): the last row of each rotation's matrix."""
        update, q = getattr(self._filter, self._update), self._quaternion
        path = np.empty((len(gyr), 4))
        for i in range(len(gyr)):
            path[i] = q = update(q, gyr=gyr[i], acc=acc[i])
        self._quaternion = q
        w, x, y, z = (path * [self._sign, 1.0, 1.0, 1.0]).T
        return np.stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], axis=1)


class EulerAngles:
    """The library's Complementary filter, which takes the rates about the sensor's axes for those of roll and pitch.

    That holds for small angles, and far from level for turns about one axis alone.
    """

    def __init__(self, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self.begin()

    def begin(self) -> None:
        """Take z for up."""
        self._angles = np.zeros(3)

    def follow(self, gyr: Floats, acc: Floats) -> Floats:
        """Take (N,3) rad/s and (N,3) m/s^2, return unit up (N,3)."""
        from ahrs.filters import Complementary

        # It has no call for a single sample, and leaves the first of each call as it is told.
        gyr, acc = np.concatenate([gyr[:1], gyr]), np.concatenate([acc[:1], acc])
        angles = Complementary(gyr=gyr, acc=acc, frequency=self._rate_hz, w0=self._angles).W
        self._angles = angles[-1]
        roll, pitch = angles[1:, 0], angles[1:, 1]
        return np.stack([-np.sin(pitch), np.sin(roll) * np.cos(pitch), np.cos(roll) * np.cos(pitch)], axis=1)


def _library_filter(name: Library, rate_hz: float) -> Any:
    from ahrs import filters

    if name == "madgwick":
        return filters.Madgwick(frequency=rate_hz)
    if name == "mahony":
        return filters.Mahony(frequency=rate_hz, k_P=0.3, k_I=0.01)
    if name == "ekf":  # "NED" is what has z up where it is given the force; it needs some magnetic field, and uses none
        return filters.EKF(frequency=rate_hz, frame="NED", magnetic_ref=0.0)
    return filters.AQUA(frequency=rate_hz, alpha=1 / (AQUA_S * rate_hz))
