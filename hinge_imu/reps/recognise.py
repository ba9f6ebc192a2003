"""Which lift is this? Told from how the bends of a set are, where nobody has said it.

What two sensors on the back see of a lift is its depth, its rounding, how far the hips sink, where it rests and how
fast it is. So a hinge, a Romanian deadlift, a good morning and the drills are one thing here: `hinge`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from hinge_imu.profiles import Profile, built_in
from hinge_imu.reps.metrics import Bent

SURE = 0.7
"""Below this, bends are taken for hinges: each of them counts."""


class Lift(NamedTuple):
    """A lift, and how sure that is, 0 to 1."""

    profile: Profile
    sure: float


def recognise(bends: Sequence[Bent]) -> Lift:
    """Return the lift that these bends (at least one) look most like."""
    likely = {"swing": _swing(bends), "deadlift": _floor(bends), "toe_touch": _toe_touch(bends)}
    best = max(likely, key=lambda name: likely[name])
    if likely[best] < SURE:
        return Lift(built_in()["hinge"], 1.0 - likely[best])
    return Lift(built_in()[best], likely[best])


def _swing(bends: Sequence[Bent]) -> float:
    """Fast, one after the other, and never at rest (cadences above 40 a minute)."""
    if len(bends) < 3:
        return 0.0
    # The first comes out of the hike, and the last may be the park.
    inner = bends[1:]
    cycle = np.median(np.diff([bend.bottom_s for bend in inner])) if len(inner) > 1 else np.inf
    pause = np.median([bend.pause_s for bend in inner])
    peak = np.median([max(bend.peak_rates) for bend in inner])
    return _all(_below(float(cycle), 2.1, 0.3), _below(float(pause), 0.3, 0.1), _above(float(peak), 130.0, 25.0))


def _floor(bends: Sequence[Bent]) -> float:
    """To the floor and back: hips well down, a back that gives way like a lifter's, and no long rest on top."""
    if len(bends) < 3:
        return 0.0
    spine = np.median([bend.spine_deg or 0.0 for bend in bends])
    sunk = np.median([bend.sunk_m for bend in bends])
    spread = np.std([bend.descent_deg for bend in bends])
    tops = [after.eccentric.start - bend.concentric.end for bend, after in pairwise(bends)]
    return _all(
        _above(float(spine), 13.0, 4.0),
        _below(float(spine), 46.0, 4.0),
        _above(float(sunk), 0.10, 0.03),
        _below(float(sunk), 0.45, 0.05),
        _below(float(spread), 10.0, 3.0),
        _below(float(np.median(tops)), 4.0, 1.0),
    )


def _toe_touch(bends: Sequence[Bent]) -> float:
    """As far down as it goes, over straight legs, with a round back."""
    if len(bends) < 2:
        return 0.0
    spine = np.median([bend.spine_deg or 0.0 for bend in bends])
    sunk = np.median([bend.sunk_m for bend in bends])
    depth = np.median([bend.descent_deg for bend in bends])
    return _all(_above(float(spine), 32.0, 5.0), _above(float(depth), 80.0, 8.0), _below(float(sunk), 0.10, 0.03))


def _above(value: float, limit: float, width: float) -> float:
    return float(1 / (1 + np.exp(np.clip(-(value - limit) / width * 2, -30, 30))))


def _below(value: float, limit: float, width: float) -> float:
    return _above(-value, -limit, width)


def _all(*likely: float) -> float:
    """Return how likely all are together: as likely as the least, for they hang together."""
    return min(likely)
