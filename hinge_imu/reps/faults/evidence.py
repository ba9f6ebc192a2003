"""What a fault is said with, and how sure that makes it."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import NormalDist
from typing import TypeVar

import numpy as np

from hinge_imu.events import Fault, FaultName, FaultUnit
from hinge_imu.reps.phases import median
from hinge_imu.samples import Bools, Floats, stretches

LASTING_S = 0.1
"""A limit must be passed for this long; a shorter spike is skin or strap."""

ERROR: dict[FaultUnit, float] = {"deg": 1.5, "deg/s": 5.0, "%": 3.0, "s": 0.03, "g": 0.15, "cm": 3.0}
"""Standard error of what a fault is measured in, two sensors being what they are. Chosen from what was measured
(`docs/accuracy.md`: angles within 1 deg in the root mean square, times within 0.012 s), and more for the strap."""

_Found = TypeVar("_Found", bound=Fault)


def fault(name: FaultName, value: float, limit: float, unit: FaultUnit, at_s: float, *, beyond: float) -> Fault:
    """Return a fault that is ``beyond`` its limit by so much, in its unit; how sure it is follows from that."""
    sure = NormalDist(0.0, ERROR[unit]).cdf(beyond)
    return Fault(name=name, value=value, limit=limit, unit=unit, at_s=at_s, confidence=round(sure, 3))


def crossed(name: FaultName, t: Floats, angle: Floats, limit: float) -> Fault | None:
    """Return the fault of an angle (N,) deg over t (N,) s that stayed beyond its limit for 0.1 s; else None.

    A limit below zero is passed downwards. The value is the furthest of all that lasted, the time the first one's.
    """
    sign = -1.0 if limit < 0 else 1.0
    beyond = sign * (angle - limit)
    passed = lasting(t, beyond > 0)
    if not passed:
        return None
    furthest = max(float(beyond[start:stop].max()) for start, stop in passed)
    return fault(name, limit + sign * furthest, limit, "deg", float(t[passed[0][0]]), beyond=furthest)


def lasting(t: Floats, mask: Bools) -> list[tuple[int, int]]:
    """Return the [start, stop) of each stretch of True that lasts for 0.1 s."""
    if not mask.any():
        return []
    # A stretch of n samples lasts n periods; the tolerance is for times that were rounded.
    sample_s = median(np.diff(t)) if len(t) > 1 else 0.0
    return [(start, stop) for start, stop in stretches(mask) if (stop - start) * sample_s >= LASTING_S - 1e-6]


def worst(found: Iterable[_Found | None]) -> _Found | None:
    """Return the surest of several, the first of equals; None where there is none."""
    return max((each for each in found if each is not None), key=lambda each: each.confidence, default=None)
