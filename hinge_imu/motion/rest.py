"""Whether a sensor is at rest, and what its gyroscope reads then."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.signal import lfilter

from hinge_imu.motion.vectors import cross, length
from hinge_imu.samples import Floats, Times, runs, stretches

STILL_S = 1.0
"""Swaying no more than a person who stands, for this long, is standing still."""

REST_S = 1.5
"""Calmer than a person can stand, for this long, is rest (VQF, DOI 10.1016/j.inffus.2022.10.014, section 2.5)."""

MEAN_S, SPREAD_S = 0.7, 0.25
"""Time constants: of the mean that samples are compared with, and of the mean square of what they differ by."""

SWAY = np.radians(10.0), 1.0
"""Root mean square (all axes together) of who stands still, rad/s and m/s^2: people sway by 1 to 9 deg/s, and the first
steps of a walk are beyond 14."""

CALM = np.radians(2.0), 0.5
"""The same at rest (VQF, as above)."""

BIAS_JUMP = np.radians(3.0)
"""A rest that speaks of a bias further away than this was a slow, even movement."""

BIAS_MEMORY_S = 5.0
"""So many seconds of earlier rest weigh as much as the same time of new rest."""


LIMITS = np.square([SWAY, CALM]).T[:, :, None]
"""The mean squares: of rates and of forces, of who stands and at rest."""


class Quiet(NamedTuple):
    """For how many samples, each included, a sensor has swayed no more than a person who stands, and been calm (N,)."""

    standing: Times
    calm: Times


class Stillness:
    """Counts for how many samples a sensor has been quiet."""

    def __init__(self, rate_hz: float) -> None:
        self.second = max(2, round(STILL_S * rate_hz))
        self._to_mean, self._to_spread = _smoother(MEAN_S, rate_hz), _smoother(SPREAD_S, rate_hz)
        self.restart()

    def restart(self) -> None:
        """Forget the past, as after a gap."""
        self._mean: Floats | None = None
        self._spread = np.zeros((2, 1))
        self._run = np.zeros((2, 1), int)

    def push(self, gyr: Floats, acc: Floats) -> Quiet:
        """Take (N,3) rad/s and (N,3) m/s^2."""
        values = np.concatenate([gyr.T, acc.T])
        if self._mean is None:
            self._mean = values[:, :1] * -self._to_mean[1][1]
        mean, self._mean = lfilter(*self._to_mean, values, zi=self._mean)
        values -= mean
        values *= values
        sums = values[::3] + values[1::3] + values[2::3]
        spread, self._spread = lfilter(*self._to_spread, sums, zi=self._spread)
        quiet = (spread[0] < LIMITS[0]) & (spread[1] < LIMITS[1])
        count = runs(quiet, self._run)
        self._run = count[:, -1:]
        return Quiet(*count)


class GyroBias:
    """The mean of the gyroscope over the first stance and every rest since; earlier ones count, but fade."""

    def __init__(self, rate_hz: float) -> None:
        self._memory = BIAS_MEMORY_S * rate_hz
        self._enough = round(REST_S * rate_hz)
        self.bias = np.zeros(3)
        self.weight = 0.0
        self._sum = np.zeros((3, 1))
        self._sum_before = np.zeros(3)
        self._resting: tuple[Floats, int] | None = None

    def begin(self, gyr: Floats) -> None:
        """Take the mean of the first still stance (3,N) rad/s for a start."""
        self.bias, self.weight = np.cumsum(gyr, axis=1)[:, -1] / gyr.shape[1], float(gyr.shape[1])

    def push(self, gyr: Floats, calm_for: Times) -> Floats:
        """Take (3,N) rad/s with the counts of calm samples; return the bias that is known at each (3,N)."""
        n = gyr.shape[1]
        still = calm_for >= (self._enough if self.weight else np.inf)
        sums = np.cumsum(np.concatenate([self._sum, gyr], axis=1), axis=1)
        self._sum = sums[:, -1:]
        known = np.empty_like(gyr)
        last = 0
        if not still[0]:
            self._settle()
        for start, stop in stretches(still) if still.any() else ():
            known[:, last:start] = self.bias[:, None]
            begin = start - int(calm_for[start]) + 1
            before = sums[:, begin] if begin >= 0 else self._sum_before
            rest = calm_for[start:stop]
            total = sums[:, start + 1 : stop + 1] - before[:, None]
            blend = ((self.bias * self.weight)[:, None] + total) / (self.weight + rest)
            off = length(total / rest - self.bias[:, None])
            known[:, start:stop] = np.where(off < BIAS_JUMP, blend, self.bias[:, None])
            last = stop
            self._resting = known[:, stop - 1], int(rest[-1])
            if stop < len(still):
                self._settle()
        known[:, last:] = self.bias[:, None]
        if calm_for[-1] <= n:
            self._sum_before = sums[:, n - int(calm_for[-1])]
        return known

    def _settle(self) -> None:
        """Keep what the rest that is over has taught."""
        if self._resting is not None and np.any(self._resting[0] != self.bias):
            self.bias = self._resting[0].copy()
            self.weight = min(self.weight + self._resting[1], self._memory)
        self._resting = None


def turn_rate(acc: Floats, rate_hz: float) -> Floats:
    """Return the mean rate (3,) rad/s at which a swaying sensor turned while it felt acc (3,N), as gravity shows it.

    From the mean force of the first third to that of the last, small turns taken for their sines; turns about the
    vertical do not show.
    """
    first, *_, last = (np.cumsum(third, axis=1)[:, -1] for third in np.array_split(acc, 3, axis=1))
    sines = cross(last, first) / (length(first) * length(last))
    seconds = acc.shape[1] * (2 / 3) / rate_hz
    rate: Floats = sines / seconds
    return rate


def _smoother(seconds: float, rate_hz: float) -> tuple[Floats, Floats]:
    """Return b and a of the running mean with this time constant."""
    gain = 1 - np.exp(-1 / (seconds * rate_hz))
    return np.array([gain]), np.array([1.0, gain - 1.0])
