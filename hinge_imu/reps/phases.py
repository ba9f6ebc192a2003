"""Where a phase begins and ends, by one definition for every lift.

A phase runs while the magnitude of the thorax's inclination rate is above 10 % of that phase's peak rate, and above
3 deg/s at least. One that hesitates stays one phase: it runs from the first to the last stretch above that limit which
carries at least a tenth of the phase's travel.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from scipy.signal import butter, lfilter, lfilter_zi

from hinge_imu.samples import Floats, stretches

CUT_OFF_HZ = 6.0
"""Low-pass of the inclinations before anything is read off them: trunk movement in lifting lies below 6 Hz."""

OF_PEAK, LEAST_RATE = 0.1, 3.0
"""The rate at which a phase begins and ends: this share of its peak, and at least so many deg/s."""

LEAST_TRAVEL = 0.1
"""A stretch of movement belongs to the phase when it carries this share of the phase's travel."""

Kind: TypeAlias = Literal["lowpass", "highpass"]


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
    return both_ways(angles.T, CUT_OFF_HZ, "lowpass", rate_hz, round(2 * rate_hz)).T


def both_ways(values: Floats, cut_off_hz: float, kind: Kind, rate_hz: float, padding: int) -> Floats:
    """Return values (..., N), N > 1, after a 2nd-order Butterworth, run forwards and backwards.

    It is scipy's ``filtfilt``, with up to ``padding`` samples turned over at either end; for the few seconds of a bend
    that takes longer to work out the filter's state at rest, anew with each call, than to filter.
    """
    numerator, denominator, rest = _butterworth(cut_off_hz, kind, rate_hz)
    n = min(values.shape[-1] - 1, padding)
    before, after = 2 * values[..., :1] - values[..., n:0:-1], 2 * values[..., -1:] - values[..., -2 : -n - 2 : -1]
    padded = np.concatenate([before, values, after], axis=-1)
    for _ in range(2):
        padded = lfilter(numerator, denominator, padded, zi=rest * padded[..., :1])[0][..., ::-1]
    return padded[..., n : n + values.shape[-1]]


@lru_cache
def _butterworth(cut_off_hz: float, kind: Kind, rate_hz: float) -> tuple[Floats, Floats, Floats]:
    numerator, denominator = butter(2, cut_off_hz, kind, fs=rate_hz)
    return numerator, denominator, lfilter_zi(numerator, denominator)


def slope(values: Floats, t: Floats) -> Floats:
    """Return the rate of values (N,) over t (N,) s, N > 1: second order inside, as of numpy's ``gradient``."""
    step = t[1:] - t[:-1]
    rise = (values[1:] - values[:-1]) / step
    rate = np.empty(len(values))
    rate[0], rate[-1] = rise[0], rise[-1]
    rate[1:-1] = (rise[:-1] * step[1:] + rise[1:] * step[:-1]) / (step[:-1] + step[1:])
    return rate


def median(values: Floats | Sequence[float]) -> float:
    """Return the median of values (N,), N > 0, none of them nan; numpy's takes eight times as long for a few."""
    ordered = np.sort(values)
    return float(ordered[len(ordered) // 2] + ordered[~(len(ordered) // 2)]) / 2


def phase(t: Floats, rate: Floats) -> Phase | None:
    """Return the phase within t (N,) s, where ``rate`` (N,) deg/s is positive along it; None where nothing moved."""
    peak = float(rate.max()) if len(rate) > 1 else 0.0
    if peak <= LEAST_RATE:
        return None
    limit = max(OF_PEAK * peak, LEAST_RATE)
    moving = stretches(rate > limit)
    travel = np.array([rate[start:stop].sum() for start, stop in moving])
    carries = travel >= LEAST_TRAVEL * travel.sum()
    # Of more than ten small steps none carries much: together they do.
    kept = np.flatnonzero(carries | ~carries.any())
    first, last = moving[kept[0]][0], moving[kept[-1]][1] - 1
    return Phase(_crossing(t, rate, limit, first, first - 1), _crossing(t, rate, limit, last, last + 1))


def _crossing(t: Floats, rate: Floats, limit: float, inside: int, outside: int) -> float:
    """Return when the rate passed the limit between two neighbouring samples."""
    if not 0 <= outside < len(rate):
        return float(t[inside])
    share = (rate[inside] - limit) / (rate[inside] - rate[outside])
    return float(t[inside] + share * (t[outside] - t[inside]))
