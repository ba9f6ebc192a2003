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
from hinge_imu.reps.squats import SQUAT, squatted
from hinge_imu.reps.standing import stood

SURE = 0.7
"""Below this, bends are taken for hinges: each of them counts."""

BEFORE = 2
"""So many bends may come before a set from the floor, as tying shoes does."""


class Lift(NamedTuple):
    """A lift, and how sure that is, 0 to 1."""

    profile: Profile
    sure: float


def recognise(bends: Sequence[Bent]) -> Lift:
    """Return the lift that these bends (at least one) look most like."""
    bends = [bend for bend in bends if stood(bend) and not squatted(bend, *SQUAT)]
    likely = {"swing": _swing(bends), "deadlift": _floor(bends), "toe_touch": _toe_touch(bends)}
    best = max(likely, key=lambda name: likely[name])
    if likely[best] < SURE:
        return Lift(built_in()["hinge"], 1.0 - likely[best])
    return Lift(built_in()[best], likely[best])


def _swing(bends: Sequence[Bent]) -> float:
    """Fast, one after the other, and never at rest (cadences above 40 a minute)."""
    quick = [
        _all(
            _below(after.bottom_s - bend.bottom_s, 2.1, 0.3),
            _below(after.pause_s, 0.3, 0.1),
            _above(max(after.peak_rates), 130.0, 25.0),
        )
        for bend, after in pairwise(bends)
    ]
    # Whatever else there was before, the swings of a set are together.
    return _all(_above(sum(quick), 1.5, 0.3), _above(sum(quick) / max(1, len(bends)), 0.3, 0.08))


def _floor(bends: Sequence[Bent]) -> float:
    """To the floor and back: set up for at first, then pulled alike, and no long rest on top."""
    if len(bends) < 3:
        return 0.0
    tops = [after.eccentric.start - bend.concentric.end for bend, after in pairwise(bends)]
    spine = np.median([bend.spine_deg or 0.0 for bend in bends])
    sunk = np.median([bend.sunk_m for bend in bends])
    about = _all(_below(float(np.median(tops)), 4.0, 1.0), _below(float(sunk), 0.45, 0.05))
    about = _all(about, _above(float(spine), 7.0, 2.0), _below(float(spine), 46.0, 4.0))
    # Before the set something else may have been done.
    return _all(about, max(*(_set_up(bends[n:]) for n in range(min(BEFORE, len(bends) - 3) + 1)), _low(bends)))


def _set_up(bends: Sequence[Bent]) -> float:
    """One sets up for the first pull, and takes time for it; the others are pulled from the same place."""
    first, *others = (bend.pulled for bend in bends)
    settled = max(
        (first.pause_s - float(np.median([bend.pause_s for bend in others]))) / 0.7,
        (bends[0].descent_deg - first.ascent_deg) / 4.0,
        ((first.spine_deg or 0.0) - (first.pull_deg or 0.0)) / 3.0,
    )
    spine = (first.pull_deg or 0.0) - float(np.median([bend.pull_deg or 0.0 for bend in others]))
    depth = first.ascent_deg - float(np.median([bend.ascent_deg for bend in others]))
    sunk = first.sunk_m - float(np.median([bend.sunk_m for bend in others]))
    same = max(abs(spine) / 5.0, abs(depth) / 8.0, abs(sunk) / 0.06)
    return _all(_above(settled, 1.0, 0.3), _below(same, 1.0, 0.3))


def _low(bends: Sequence[Bent]) -> float:
    """Bend each time alike, with the back, or the hips and the back, of a lifter at the bar."""
    spine, sunk, pause = np.median([[bend.spine_deg or 0.0, bend.sunk_m, bend.pause_s] for bend in bends], axis=0)
    spread = np.std([bend.descent_deg for bend in bends])
    hips = _all(_above(float(spine), 13.0, 4.0), _above(float(sunk), 0.10, 0.03))
    # Nobody hinges with so round a back, rep for rep, and stays there.
    back = _all(_above(float(spine), 24.0, 3.0), _above(float(pause), 0.8, 0.2))
    return _all(_below(float(spread), 10.0, 3.0), max(hips, back))


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
