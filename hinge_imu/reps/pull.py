"""Where on the floor a load is pulled for good: after the set-up, and after what somebody tried before."""

from __future__ import annotations

import numpy as np
from scipy.signal import find_peaks

from hinge_imu.reps.phases import LEAST_RATE, slope
from hinge_imu.reps.track import Trace
from hinge_imu.samples import stretches

TRIED, BACK = 0.15, 0.35
"""Who has come up by the first share of the way, and goes down again and rests within the other, has tried."""

REST_S = 0.5
"""Whoever sets up for a pull, or gives up one and begins anew, rests at least so long before it."""

SWAY_DEG, WOBBLE_DEG = 1.5, 12.0
"""Who grips anew sways on the floor by more than the first and less than the second; more is a way up that dips."""


def on_the_floor(trace: Trace, bottom: int) -> tuple[int, int]:
    """Return the samples where the floor was first reached, and from where a load was pulled for good.

    That is the deepest moment after the last rest near the floor, or after the last of some swaying there.
    """
    low = float(trace.lead[bottom]) - BACK * float(trace.lead[bottom] - trace.lead[[0, -1]].min())
    near = np.flatnonzero(trace.lead > low)
    begin, floor = int(near[0]), int(near[-1]) + 1
    deep, found = find_peaks(trace.lead[begin:floor], prominence=SWAY_DEG)
    first = begin + int(deep[0]) if len(deep) else min(bottom, floor - 1)
    # Once is a way up that dips.
    if len(deep) > 2 and found["prominences"][-1] < WOBBLE_DEG:
        return first, begin + int(deep[-1])
    if floor - first < 3:
        return first, first
    still = np.abs(slope(trace.lead[first:floor], trace.t[first:floor])) < LEAST_RATE
    lasting = REST_S * (len(trace.t) - 1) / float(trace.t[-1] - trace.t[0])
    over = [stop for start, stop in stretches(still) if stop - start > lasting]
    rested = first + (over[-1] - 1 if over else 0)
    return first, rested + trace.part(rested, floor).deepest()


def tries(trace: Trace, first: int, last: int) -> list[int]:
    """Return the samples where somebody had come up by a good part of the way before going back and resting there."""
    way = float(trace.lead[last] - trace.lead[-1])
    highs, _ = find_peaks(-trace.lead[first : last + 1], prominence=TRIED * way)
    return [first + int(high) for high in highs]
