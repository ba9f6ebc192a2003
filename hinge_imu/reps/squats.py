"""Squats: low hips under a trunk that hardly leans, and when they are a hinge that went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from hinge_imu.profiles import Profile
from hinge_imu.reps.alike import RHYTHM_S
from hinge_imu.reps.bar import FEW, SNATCH_S
from hinge_imu.reps.metrics import Bent
from hinge_imu.reps.phases import median
from hinge_imu.reps.verdicts import Verdict

SQUAT, LOADED_SQUAT, OTHER_SQUAT = (0.22, 0.006), (0.35, 0.0105), (0.16, 0.0045)
FLAT_DEG, LEVEL_DEG = 50.0, 44.0
"""A squat lowers the hips by more than the first (m), and by more than so much for each degree that the trunk leans;
and it leans trunk and pelvis by less than these. Where low hips belong to the lift, only a deep one is none of it;
where they are not even a fault of it, as on one's knees, any is."""

ALIKE = np.array([0.08, 8.0, 8.0])
"""Two squats of a set differ by less in how far the hips sink (m), the trunk leans and the spine flexes (deg)."""

RHYTHM = 1.3
"""Nobody who goes on as before rests for longer than so many times as long as usual."""


def squat_limits(profile: Profile) -> tuple[float, float]:
    """Return from where on low hips make a squat instead of this lift (m, and m per degree that the trunk leans)."""
    if profile.may_squat:
        return LOADED_SQUAT
    return OTHER_SQUAT if "squat_pattern" in profile.never else SQUAT


def squatted(bend: Bent, low_m: float, low_m_deg: float) -> bool:
    """Return whether the hips sank under a trunk, and a pelvis, that hardly leant."""
    low = bend.sunk_m > max(low_m, low_m_deg * bend.descent_deg)
    return low and bend.descent_deg < FLAT_DEG and (bend.pelvis_deg or 0.0) < LEVEL_DEG


def with_squats(
    bends: Sequence[Bent], verdicts: list[Verdict], profile: Profile, *, begins: bool, over: bool
) -> list[Verdict]:
    """Return the verdicts, known what was done before and after each."""
    verdicts = list(verdicts)
    for number in _beside(bends, verdicts, begins=begins) if profile.may_squat else ():
        verdicts[number] = "squat"
    for number, verdict in _like_most(bends, verdicts).items():
        verdicts[number] = verdict
    for number in _gone_wrong(bends, verdicts, over=over and not profile.may_squat):
        verdicts[number] = "rep"
    return verdicts


def _beside(bends: Sequence[Bent], verdicts: Sequence[Verdict], *, begins: bool) -> list[int]:
    """Return the squats that were done right before or after a lift with low hips.

    They are the low ones at an end of the set, two or more in a row, where none of the others is low: who sinks in some
    lifts does so in the last, too. Where all are low, nobody has lifted who has not set up for the first.
    """
    mine = [number for number, verdict in enumerate(verdicts) if verdict in {"rep", "squat", "small"}]
    low = [squatted(bends[number], *SQUAT) for number in mine]
    if all(low):
        return mine if begins and mine and bends[mine[0]].pause_s < SNATCH_S else []
    first, last = low.index(False), low[::-1].index(False)
    if any(low[first : len(low) - last]):
        return []
    return [*mine[: first * (begins and first > 1)], *mine[len(mine) - last * (last > 1) :]]


def _like_most(bends: Sequence[Bent], verdicts: Sequence[Verdict]) -> dict[int, Verdict]:
    """Return what low bends are that by themselves are the one, and are like more of the other in their set."""
    if "squat" not in verdicts:
        return {}
    measures = np.array([(bend.sunk_m, bend.descent_deg, bend.spine_deg or 0.0) for bend in bends])
    alike = (np.abs(measures[:, None] - measures) < ALIKE).all(axis=2)
    squats, reps = ((alike & (np.array(verdicts) == what)).sum(axis=1) for what in ("squat", "rep"))
    found: dict[int, Verdict] = {}
    for number in np.flatnonzero(measures[:, 0] > SQUAT[0]).tolist():
        if verdicts[number] == "rep" and squats[number] >= reps[number]:
            found[number] = "squat"
        if verdicts[number] == "squat" and squats[number] < reps[number]:
            found[number] = "rep"
    return found


def _gone_wrong(bends: Sequence[Bent], verdicts: Sequence[Verdict], *, over: bool) -> list[int]:
    """Return the squats that are hinges gone wrong: each between two reps in their rhythm, or the last of a set.

    ``over`` says that the set has ended, in a lift of which low hips are no part.
    """
    rests = [after.eccentric.start - before.concentric.end for before, after in pairwise(bends)]
    wrong = [
        number
        for number in range(1, len(bends) - 1)
        if tuple(verdicts[number - 1 : number + 2]) == ("rep", "squat", "rep")
        and max(rests[number - 1 : number + 1]) < RHYTHM_S
    ]
    if over and len(rests) > FEW and tuple(verdicts[-2:]) == ("rep", "squat") and rests[-1] < RHYTHM * median(rests):
        wrong.append(len(bends) - 1)
    return wrong
