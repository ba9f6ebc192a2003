"""The slow low-pass that leaves gravity of the specific force, and takes away the lifter's movement."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.signal import bilinear, lfilter, lfilter_zi

from hinge_imu.samples import Floats

DRIFT_S = 20.0
"""Time constant over which gravity's drift is averaged; between 15 and 30 s it hardly matters."""


class GravityLowpass:
    """A mean that grows for a second or two, then a low-pass that lags behind neither rest nor a steady drift.

    A second-order Butterworth low-pass L(s) of time constant tau, as in VQF, follows gravity that drifts at a steady
    rate (an unknown gyroscope bias makes it do so) late by sqrt(2) / w, w = sqrt(2) / tau. The drift is slow to change,
    so its rate is taken from a much longer average, and what the lag costs is put back:
    L(s) (1 + lag s / (1 + slow s)).
    """

    def __init__(self, rate_hz: float, tau_s: float) -> None:
        w = np.sqrt(2) / tau_s
        lag = np.sqrt(2) / w
        self._low = sampled((w * w,), (1.0, np.sqrt(2) * w, w * w), rate_hz)
        self._lead = sampled((DRIFT_S + lag, 1.0), (DRIFT_S, 1.0), rate_hz)
        self.restart(max(2, round(rate_hz)))

    def restart(self, growing: int, mean: Floats | None = None, seen: int = 0) -> None:
        """Begin anew with a mean that grows over so many samples, from the mean (3,) of those already seen."""
        self._missing, self._seen = max(0, growing - seen), seen
        self._sum = np.zeros((3, 1)) if mean is None else mean[:, None] * seen
        self._states: tuple[Floats, Floats] | None = None

    def push(self, force: Floats) -> Floats:
        """Take and return (3,N)."""
        head = min(self._missing, force.shape[1])
        if not head:
            return self._filter(force)
        sums = np.cumsum(np.concatenate([self._sum, force[:, :head]], axis=1), axis=1)
        means: Floats = sums[:, 1:] / (self._seen + np.arange(1, head + 1))
        self._sum = sums[:, -1:]
        self._seen += head
        self._missing -= head
        if head == force.shape[1]:
            return means
        return np.concatenate([means, self._filter(force[:, head:])], axis=1)

    def _filter(self, force: Floats) -> Floats:
        if self._states is None:
            # Those of filters that have read the mean for ever.
            mean = self._sum / self._seen
            self._states = lfilter_zi(*self._low) * mean, lfilter_zi(*self._lead) * mean
        low, low_state = lfilter(*self._low, force, zi=self._states[0])
        out: Floats
        out, lead_state = lfilter(*self._lead, low, zi=self._states[1])
        self._states = low_state, lead_state
        return out


@lru_cache(maxsize=100)
def sampled(numerator: tuple[float, ...], denominator: tuple[float, ...], rate_hz: float) -> tuple[Floats, Floats]:
    """Return b and a of a filter of s at a rate, by the bilinear transform; worked out once, for every session asks."""
    b, a = bilinear(numerator, denominator, fs=rate_hz)
    return b, a
