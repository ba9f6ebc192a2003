"""The slope that odd values do not turn. scipy.stats has it as well, but takes longer to import than a set to count."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from hinge_imu.samples import Floats, Times

CONFIDENCE = 0.95
"""Confidence of a slope's interval."""


class Slope(NamedTuple):
    """Change of y per x, and the ends of its interval at 95 %."""

    slope: float
    low: float
    high: float


def theil_sen(y: Floats, x: Floats | Times) -> Slope:
    """Return the median of the slopes between all pairs of y and x (n,), which rises, and its interval.

    Sen 1968, DOI 10.1080/01621459.1968.10480934; the interval is his (2.6), with what ties among y take off.
    """
    later, earlier = np.tril_indices(len(y), -1)
    slopes = np.sort((y[later] - y[earlier]) / (x[later] - x[earlier]))
    n, (_, ties) = len(y), np.unique(y, return_counts=True)
    variance = (n * (n - 1) * (2 * n + 5) - float((ties * (ties - 1) * (2 * ties + 5)).sum())) / 18
    away = -float(ndtri((1 - CONFIDENCE) / 2)) * np.sqrt(max(variance, 0.0))
    high = min(int(np.round((len(slopes) + away) / 2)), len(slopes) - 1)
    low = max(int(np.round((len(slopes) - away) / 2)) - 1, 0)
    return Slope(float(np.median(slopes)), float(slopes[low]), float(slopes[high]))
