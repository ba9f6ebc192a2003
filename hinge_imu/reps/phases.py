"""Where a phase begins and ends, by one definition for every lift.

A phase runs while the magnitude of the thorax's inclination rate is above 10 % of that phase's peak rate, and above
3 deg/s at least. One that hesitates stays one phase: it runs from the first to the last stretch above that limit which
carries at least a tenth of the phase's travel.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.signal import butter, sosfiltfilt

from hinge_imu.samples import Floats, stretches

CUT_OFF_HZ = 6.0
"""Low-pass of the inclinations before anything is read off them: trunk movement in lifting lies below 6 Hz."""

OF_PEAK, LEAST_RATE = 0.1, 3.0
"""The rate at which a phase begins and ends: this share of its peak, and at least so many deg/s."""

LEAST_TRAVEL = 0.1
"""A stretch of movement belongs to the phase when it carries this share of the phase's travel."""


class Phase(NamedTuple):
    """From ``start`` to ``end`` in s."""

    start: float
    end: float

    @property
    def duration(self) -> float:
        """How long it took in s."""
        return self.end - self.start


def smooth(angles: Floats, rate_hz: float) -> Floats:
    """Return the inclinations (N, ...) low-passed at 6 Hz, both ways so that nothing is delayed."""
    if 0.45 * rate_hz <= CUT_OFF_HZ or len(angles) < 4:
        return angles
    padding = min(len(angles) - 1, round(2 * rate_hz))
    smoothed: Floats = sosfiltfilt(_low_pass(rate_hz), angles, axis=0, padlen=padding)
    return smoothed


@lru_cache
def _low_pass(rate_hz: float) -> Floats:
    sections: Floats = butter(2, CUT_OFF_HZ, fs=rate_hz, output="sos")
    return sections


def phase(t: Floats, rate: Floats) -> Phase | None:
    """Return the phase within t (N,) s, where ``rate`` (N,) deg/s is positive along it; None where nothing moved."""
    if len(rate) < 2 or rate.max() <= LEAST_RATE:
        return None
    limit = max(OF_PEAK * float(rate.max()), LEAST_RATE)
    moving = stretches(rate > limit)
    travel = np.array([rate[start:stop].sum() for start, stop in moving])
    kept = np.flatnonzero(travel >= LEAST_TRAVEL * travel.sum())
    first, last = moving[kept[0]][0], moving[kept[-1]][1] - 1
    return Phase(_crossing(t, rate, limit, first, first - 1), _crossing(t, rate, limit, last, last + 1))


def _crossing(t: Floats, rate: Floats, limit: float, inside: int, outside: int) -> float:
    """Return when the rate passed the limit between two neighbouring samples."""
    if not 0 <= outside < len(rate):
        return float(t[inside])
    share = (rate[inside] - limit) / (rate[inside] - rate[outside])
    return float(t[inside] + share * (t[outside] - t[inside]))
