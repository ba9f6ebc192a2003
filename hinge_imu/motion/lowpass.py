"""Filters at a rate, of a function of s."""

from __future__ import annotations

from functools import lru_cache

from scipy.signal import bilinear

from hinge_imu.samples import Floats


@lru_cache(maxsize=100)
def sampled(numerator: tuple[float, ...], denominator: tuple[float, ...], rate_hz: float) -> tuple[Floats, Floats]:
    """Return b and a of a filter of s at a rate, by the bilinear transform; worked out once, for every session asks."""
    b, a = bilinear(numerator, denominator, fs=rate_hz)
    return b, a
