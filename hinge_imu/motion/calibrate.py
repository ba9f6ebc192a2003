"""From what the chip counted to what happened: scales, bias, cross-axis errors; bad samples are lost ones."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hinge_imu.config import Calibration
from hinge_imu.motion.clock import Timed
from hinge_imu.motion.vectors import dot
from hinge_imu.samples import BAD, SEGMENTS, Floats, Header, Times

ANY = np.uint8(BAD)


LARGEST = 1e5
"""In m/s^2 or rad/s: where samples come in SI, what is larger is none. No sensor for a body measures a thousandth."""


class Measured(NamedTuple):
    """Samples in SI: t_ns (N,), sensor (N,) index into `SEGMENTS`, acc (N,3) m/s^2, gyr (N,3) rad/s, sensor axes."""

    t_ns: Times
    sensor: Times
    acc: Floats
    gyr: Floats

    def part(self, which: Times) -> Measured:
        """Return the samples with these numbers."""
        return Measured(self.t_ns[which], self.sensor[which], self.acc[which], self.gyr[which])


class Calibrate:
    """Applies the header's scales and each sensor's calibration."""

    def __init__(self, header: Header) -> None:
        stored = {sensor.segment: sensor.calibration for sensor in header.config.sensors}
        fits = [stored.get(segment, Calibration()) for segment in SEGMENTS]
        self._scales = header.acc_scale, header.gyr_scale
        self._acc_bias = np.array([fit.acc_bias for fit in fits]).T
        self._gyr_bias = np.array([fit.gyr_bias for fit in fits]).T
        self._matrices = np.array([fit.acc_matrix for fit in fits]).T  # axis, row, sensor
        self._si = header.unit == "SI"
        self._plain = all(fit == Calibration() for fit in fits)

    def push(self, timed: Timed) -> Measured:
        """Take timed raw samples, return them in SI and corrected, without the bad and the sleeping ones."""
        t_ns, sensor = timed.t_ns, timed.raw["sensor"].astype(np.int64)
        measured = np.concatenate([timed.raw["acc"].T, timed.raw["gyr"].T])
        # Six zeros are no measurement: a chip that has lost its supply reads so when it is asleep.
        keep = measured.any(axis=0) & (timed.raw["flags"] & ANY == 0)
        if self._si:
            keep &= (np.abs(measured) < LARGEST).all(axis=0)
        if not keep.all():
            t_ns, sensor, measured = t_ns[keep], sensor[keep], measured[:, keep]
        acc, gyr = measured[:3] * self._scales[0], measured[3:] * self._scales[1]
        if not self._plain:
            acc -= self._acc_bias[:, sensor]
            acc = dot(self._matrices[:, :, sensor], acc)
            gyr -= self._gyr_bias[:, sensor]
        return Measured(t_ns, sensor, acc.T, gyr.T)
