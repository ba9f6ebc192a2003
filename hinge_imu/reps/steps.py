"""Walking: steps that follow each other while the trunk is upright.

Each step lifts the pelvis once, 1.4 to 2.5 times a second (Menz, Lord & Fitzpatrick 2003, DOI
10.1016/S0966-6362(02)00159-5); a lift or a swing does so more slowly, and bent.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.signal import butter, lfilter

from hinge_imu.samples import Floats

BAND_HZ = 0.8, 3.5
"""Steps are looked for within; a second-order band-pass is late by about 0.15 s there."""

STRONG = 0.6
"""The upward acceleration of a step, m/s^2: slow walking makes 1, standing and breathing less than 0.2."""

UPRIGHT_DEG = 25.0
"""Nobody walks more stooped than that."""

APART_S = 0.3, 0.95
"""Steps follow each other within."""

EVEN = 0.6
"""The shorter of two steps takes at least this share of the longer one's time; what bobs unevenly is no walk."""

ENOUGH = 4
"""So many make a walk."""


class Walk(NamedTuple):
    """Sample numbers: of the first step, and where it was certain that this is a walk, or that it goes on."""

    start: int
    known: int


class Steps:
    """Takes the pelvis's vertical acceleration; samples are numbered from the first that was pushed."""

    def __init__(self, rate_hz: float) -> None:
        self._near, self._far = (round(s * rate_hz) for s in APART_S)
        top = min(BAND_HZ[1], 0.45 * rate_hz)
        self._filter = butter(1, (BAND_HZ[0], top), "bandpass", fs=rate_hz)
        self._state = np.zeros(2)
        self._tail = np.zeros((2, 2))  # filtered acceleration and lean of the last two samples
        self._number = 0
        self._last = -self._far - 1
        self._first = self._steps = self._pace = 0

    def push(self, heave: Floats, lead: Floats) -> list[Walk]:
        """Take upward acceleration (N,) m/s^2 and inclination (N,) deg; return the walks at each of their steps."""
        if not len(heave):
            return []
        bobbing, self._state = lfilter(*self._filter, np.where(np.isfinite(heave), heave, 0.0), zi=self._state)
        rows = np.concatenate([self._tail, [bobbing, lead]], axis=1)
        self._tail = rows[:, -2:]
        middle = rows[0, 1:-1]
        peaks = (middle > STRONG) & (middle >= rows[0, :-2]) & (middle > rows[0, 2:])
        peaks &= np.abs(rows[1, 1:-1]) < UPRIGHT_DEG
        first = self._number - 1
        self._number += len(heave)
        return [walk for peak in np.flatnonzero(peaks) if (walk := self._step(first + int(peak))) is not None]

    def _step(self, number: int) -> Walk | None:
        since = number - self._last
        if since < self._near:
            return None
        self._last = number
        even = EVEN * max(since, self._pace) < min(since, self._pace)
        if since > self._far or (self._steps > 1 and not even):
            self._first, self._steps = number, 0
        self._steps, self._pace = self._steps + 1, since
        return Walk(self._first, number + 1) if self._steps >= ENOUGH else None
