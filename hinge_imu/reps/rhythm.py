"""Who moves when: whether the pelvis or the back sets off first, and what share the back has on the way down."""

from __future__ import annotations

import numpy as np

from hinge_imu.reps.phases import phase
from hinge_imu.samples import Floats

ONSET = 0.05
"""A segment sets off where its rate rises above this share of its peak."""

LEAST_TRAVEL_DEG = 15.0
"""In a smaller descent of the thorax a third is under five degrees, and its share mostly error; chosen."""


def onset_s(t: Floats, rate: Floats) -> float | None:
    """Return when a segment set off: where its rate (N,) deg/s last rose above 5 % of its peak before its phase.

    ``t`` (N,) s begins before the onset and ends at the bottom. None where a sample is nan, nothing moved, or the
    segment was under way from the first sample.
    """
    moving = phase(t, rate) if np.isfinite(rate).all() else None
    if moving is None:
        return None
    limit = ONSET * float(rate.max())
    below = np.flatnonzero(rate[: int(np.searchsorted(t, moving.start))] <= limit)
    if not len(below):
        return None
    last = int(below[-1])
    return float(np.interp(limit, rate[last : last + 2], t[last : last + 2]))


def spine_shares(thorax: Floats, spine: Floats) -> tuple[float, float, float] | None:
    """Return the spine's share of the early, the middle and the late third of the thorax's travel down.

    ``thorax``, ``spine`` (N,) deg over the descent. 0 is a back that keeps its shape, 1 a pelvis that stands still;
    more than 1 one that tips back, less than 0 a back that arches. None where a sample is nan or the thorax travels
    less than 15 deg. With the whole back for the lumbar spine it is the lumbar contribution of Laird, Kent and Keating
    2016, DOI 10.1186/s12891-016-1250-1.
    """
    deepest = np.maximum.accumulate(thorax)
    travel = float(deepest[-1] - thorax[0]) if len(thorax) else 0.0
    if not (travel >= LEAST_TRAVEL_DEG and np.isfinite(spine).all()):
        return None
    levels = np.linspace(thorax[0], deepest[-1], 4)
    # Where the thorax hesitated or went back, a level counts as passed when it was first passed.
    passed = np.minimum(np.searchsorted(deepest, levels), len(thorax) - 1)
    before = np.maximum(passed - 1, 0)
    rise = deepest[passed] - deepest[before]
    part = np.divide(levels - deepest[before], rise, out=np.zeros(4), where=rise > 0)
    early, middle, late = np.diff(spine[before] + part * (spine[passed] - spine[before])) / (travel / 3)
    return float(early), float(middle), float(late)


def coupling(pelvis_rate: Floats, thorax_rate: Floats) -> tuple[float, float] | None:
    """Return the coupling angle of the descent and how much it varied, both in deg.

    It is the direction in which the rep moves in the plane of pelvis (to the right) and thorax (upwards): 45 deg is a
    back that moves as one piece, 90 a pelvis that stands still. The mean and the circular standard deviation are over
    the rates (N,) deg/s, each weighted with its size, since the direction of a segment at rest is noise. None where a
    sample is nan or nothing moved. Vector coding: Needham, Naemi and Chockalingam 2014, DOI
    10.1016/j.jbiomech.2013.12.032; the weights are chosen.
    """
    steps = pelvis_rate + 1j * thorax_rate
    way, path = steps.sum(), float(np.abs(steps).sum())
    straight = abs(way) / path if path > 0 else 0.0
    if not straight > 0:
        return None
    return float(np.degrees(np.angle(way))), float(np.degrees(np.sqrt(-2 * np.log(min(straight, 1.0)))))
