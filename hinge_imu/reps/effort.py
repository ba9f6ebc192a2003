"""How fast the trunk turned, where it slowed on the way up, and how hard the reversal was."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.signal import find_peaks

from hinge_imu.reps.phases import Phase, both_ways
from hinge_imu.samples import Floats

LEAST_DROP = 0.1
"""A slow point is this share of the peak rate below the fastest before it, and below the fastest after it."""

LAST_TRAVEL = 0.85
"""After this share of the way up, slowing down is the lockout."""

SHOCK_HZ = 15.0
"""A trunk that lifts moves below 6 Hz; what is faster than this is a blow."""

AROUND_S, SETTLE_S = 0.1, 0.1
"""A blow counts so near to the reversal; and so much more on either side lets the high-pass settle (chosen)."""

LEAST_RATE_HZ = 60.0
"""A slower stream sees less than an octave above 15 Hz, and would make any blow look soft; chosen."""

G = 9.80665
"""Standard gravity in m/s^2."""


class Velocity(NamedTuple):
    """Mean and peak angular velocity of a segment in a phase, in deg/s along the phase, and when its peak was, in s."""

    mean: float
    peak: float
    peak_s: float


class SlowPoint(NamedTuple):
    """The inclination in deg at which the way up was slowest, and when that was, in s."""

    angle: float
    at_s: float


def velocity(t: Floats, angle: Floats, rate: Floats, phase: Phase) -> Velocity | None:
    """Return how fast a segment turned in a phase.

    ``angle`` deg and ``rate`` deg/s (N,) over t (N,) s, both positive along the phase. The mean is travel over
    duration. None where a sample of the phase is nan, or the phase has none.
    """
    inside = slice(int(np.searchsorted(t, phase.start)), int(np.searchsorted(t, phase.end, side="right")))
    during = rate[inside]
    start, end = np.interp(phase, t, angle)
    mean = float(end - start) / phase.duration if phase.duration > 0 else float("nan")
    if not (len(during) and np.isfinite(mean) and np.isfinite(during).all()):
        return None
    fastest = int(np.argmax(during))
    return Velocity(mean, float(during[fastest]), float(t[inside][fastest]))


def slowest_point(t: Floats, angle: Floats, speed: Floats) -> SlowPoint | None:
    """Return where the way up slowed down and went on; None where it did not, or a sample is nan.

    ``angle`` deg and ``speed`` deg/s (N,) over t (N,) s of the concentric phase, the speed positive upwards. It is the
    slowest of the valleys that lie 10 % of the peak speed under the speeds on both sides, before 85 % of the travel.
    It is no "sticking point", which is where a lift fails (Kompf and Arandjelovic 2016, DOI 10.1007/s40279-015-0460-2).
    """
    if len(speed) < 3 or not np.isfinite(speed).all() or speed.max() <= 0:
        return None
    valleys, _ = find_peaks(-speed, prominence=LEAST_DROP * float(speed.max()))
    valleys = valleys[angle[0] - angle[valleys] < LAST_TRAVEL * (angle[0] - angle[-1])]
    if not len(valleys):
        return None
    slowest = int(valleys[np.argmin(speed[valleys])])
    return SlowPoint(float(angle[slowest]), float(t[slowest]))


def impact_g(t: Floats, acceleration: Floats, reversal_s: float, rate_hz: float) -> float | None:
    """Return the hardest blow within 0.1 s of the reversal, in g.

    It is the largest norm of the pelvis's acceleration above 15 Hz (2nd-order Butterworth, run both ways, which passes
    half of an amplitude at 15 Hz); ``acceleration`` (N,3) m/s^2 without gravity, in any axes, over t (N,) s. None where
    the samples do not reach 0.1 s to either side, one within 0.2 s is nan, or there are fewer than 60 a second.
    """
    first, last = np.searchsorted(t, [reversal_s - AROUND_S - SETTLE_S, reversal_s + AROUND_S + SETTLE_S])
    t, around = t[first:last], acceleration[first:last]
    near = np.abs(t - reversal_s) <= AROUND_S
    # How the grid lies to the edges decides over one sample more or less.
    covered = near.sum() >= 2 * AROUND_S * rate_hz - 1.5
    if rate_hz < LEAST_RATE_HZ or not covered or not np.isfinite(around).all():
        return None
    # A rate that was worked out from times differs in its last digits from bend to bend.
    blow = both_ways(around.T, SHOCK_HZ, "highpass", round(rate_hz, 6), round(SETTLE_S * rate_hz))
    return float(np.linalg.norm(blow[:, near], axis=0).max()) / G
