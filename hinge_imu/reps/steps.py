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
"""Nobody walks more stooped than that, nor bends further between two steps."""

APART_S = 0.3, 0.95
"""Steps follow each other within."""

EVEN = 0.6
"""The shorter of two steps takes at least this share of the longer one's time; what bobs unevenly is no walk."""

FEW, ENOUGH = 3, 4
"""So many may be steps; so many make a walk."""


class Walk(NamedTuple):
    """Sample numbers: of the first step, and where it was known that this is a walk, or goes on; and how sure it is."""

    start: int
    known: int
    sure: bool = True


class Steps:
    """Takes the pelvis's vertical acceleration; samples are numbered from the first that was pushed."""

    def __init__(self, rate_hz: float) -> None:
        self._near, self._far = (round(s * rate_hz) for s in APART_S)
        top = min(BAND_HZ[1], 0.45 * rate_hz)
        self._filter = butter(1, (BAND_HZ[0], top), "bandpass", fs=rate_hz)
        self._state = np.zeros(2)
        self._tail = np.zeros((2, 2))  # filtered acceleration and lean of the last two samples
        self._number = 0
        self._last = self._bent = -self._far - 1  # the last step, and when the trunk was bent last
        self._first = self._steps = self._pace = 0

    def push(self, heave: Floats, lead: Floats) -> list[Walk]:
        """Take upward acceleration (N,) m/s^2 and inclination (N,) deg; return the walks at each of their steps."""
        if not len(heave):
            return []
        bobbing, self._state = lfilter(*self._filter, np.where(np.isfinite(heave), heave, 0.0), zi=self._state)
        rows = np.concatenate([self._tail, [bobbing, lead]], axis=1)
        self._tail = rows[:, -2:]
        middle = rows[0, 1:-1]
        upright = np.abs(rows[1, 1:-1]) < UPRIGHT_DEG
        numbers = self._number - 1 + np.arange(len(heave))
        bent = np.maximum.accumulate(np.where(upright, self._bent, numbers))
        peaks = (middle > STRONG) & (middle >= rows[0, :-2]) & (middle > rows[0, 2:]) & upright
        self._number, self._bent = self._number + len(heave), int(bent[-1])
        steps = (self._step(int(numbers[peak]), int(bent[peak])) for peak in np.flatnonzero(peaks))
        return [walk for walk in steps if walk is not None]

    def _step(self, number: int, bent: int) -> Walk | None:
        since = number - self._last
        if since < self._near:
            return None
        upright, self._last = bent < self._last, number
        even = EVEN * max(since, self._pace) < min(since, self._pace)
        if since > self._far or not upright or (self._steps > 1 and not even):
            self._first, self._steps = number, 0
        self._steps, self._pace = self._steps + 1, since
        return Walk(self._first, number + 1, self._steps >= ENOUGH) if self._steps >= FEW else None
