"""Which of the bends of a set are repetitions, and what the others are.

    each by itself   sat         the pelvis is rolled back under an upright trunk before or after it
                     lay         before or after it the trunk was not upright
                     squat       low hips under a trunk that hardly leans
                     busy        long at the bottom with a round back: tying shoes, loading plates
    alone            errand      one bend, in haste, or with hands at work, or walking right before or after it
    in its set       other       the first ones or the last ones, rather errands than reps like the rest
                     unloaded    the last standing-up of a lift from the floor: the bar stays there
                     small       less than half of what the others do, or a pull that is less than the lift's least

All are chosen for what the movement is, and tried on people and simulated lifters (`docs/reps.md`). Where nothing
speaks against it, a bend is a repetition.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np

from hinge_imu.profiles import Profile
from hinge_imu.reps.alike import RHYTHM_S, edges
from hinge_imu.reps.bar import FEW, PULL_S, SNATCH_S, snatched, unloaded
from hinge_imu.reps.metrics import Bent
from hinge_imu.reps.phases import median

Verdict = Literal["rep", "sat", "lay", "squat", "busy", "errand", "other", "unloaded", "small"]

ROLLED_DEG, SLUMPED_DEG = -10.0, 10.0
"""Sitting, the pelvis rolls back by more than this, and the spine flexes by as much."""

SAT, SAT_AT_BAR = (0.3, 5.0), (0.35, 8.0)
"""And so do they who lean on their knees, with hips so much lower (m) for longer than this (s); at a bar one may be
low, and take one's time."""

UPRIGHT_DEG = 35.0
"""Leaning further than this before or after a bend, nobody was standing."""

SQUAT, LOADED_SQUAT = (0.22, 0.006), (0.35, 0.0105)
FLAT_DEG, LEVEL_DEG = 50.0, 44.0
"""A squat lowers the hips by more than the first (m), and by more than so much for each degree that the trunk leans;
and it leans trunk and pelvis by less than these. Where low hips belong to the lift, only a deep one is none."""

BUSY_S, ROUND_SHARE, LONE_S, STAYED_S = 3.0, 0.6, 4.0, 10.0
"""At the bottom for longer, with more of the spine's range used than this, hands are at work; and so they are, or
somebody sits with elbows on knees, if a lone bend takes longer than the third, or any one longer than the last."""

RHYTHM = 1.3
"""Nobody who goes on as before rests for longer than so many times as long as usual."""

SPINE_DEG = 60.0
"""What a spine flexes from standing to a full toe touch, where the wearer's own is not known (upper back to sacrum)."""

HASTE_S = 1.0
"""Nobody hinges so fast, once: down, or down and up each on average."""

SLOW_S = 4.0
"""Nobody picks up something so slowly, down and up together, on the way."""

BOTH = 2
"""Walking up to something and away from it, one has done something on the way."""

ASIDE_DEG = 15.0
"""Who pulls a bar stands square to it."""

SWUNG_DEG_S = 80.0
"""A swing is faster at its fastest: 60 degrees in half a second peak at twice as much."""

SMALL = 0.5
"""Share of the others' range of motion that a repetition must have."""


class Context(NamedTuple):
    """What is known beside the bends.

    On how many sides each had walking right beside it, and whether they are the beginning of their set, and its end;
    ``alone`` says that it is all that was recorded.
    """

    walked: Sequence[int]
    begins: bool
    over: bool
    alone: bool = False


def judge(bends: Sequence[Bent], profile: Profile, context: Context, spine_deg: float = SPINE_DEG) -> list[Verdict]:
    """Return what each bend of a set is, as far as the bends up to now tell."""
    verdicts = [_alone(bend, profile, spine_deg) for bend in bends]
    for number in _beside(bends, verdicts, begins=context.begins) if profile.may_squat else ():
        verdicts[number] = "squat"
    for number in _gone_wrong(bends, verdicts, over=context.over and not profile.may_squat):
        verdicts[number] = "rep"
    left = [number for number, verdict in enumerate(verdicts) if verdict == "rep"]
    for number in _lone(bends, left, profile, context):
        if _errand(bends[number], profile, context, number):
            verdicts[number] = "errand"
    left = [number for number in left if verdicts[number] == "rep"]
    for number in edges(bends, left, profile, begins=context.begins, over=context.over):
        verdicts[number] = "other"
        left.remove(number)
    for number in unloaded(bends, left, profile, over=context.over):
        verdicts[number] = "unloaded"
        left.remove(number)
    for number in _small(bends, left, profile):
        verdicts[number] = "small"
    return verdicts


@lru_cache(64)
def _alone(bend: Bent, profile: Profile, spine_deg: float) -> Verdict:
    """Return the first of what it is by itself; a rep where it is none of that."""
    floor = profile.starts == "floor"
    sat = _slumped(*bend.top) or _slumped(*bend.before)
    low_m, low_s = SAT_AT_BAR if floor else SAT
    sat = sat or (bend.sunk_m > low_m and bend.down_s > low_s)
    rounded = (bend.spine_deg or 0.0) > ROUND_SHARE * spine_deg and not profile.may_round
    longest_s = BUSY_S if rounded and not profile.starts_bent else STAYED_S
    found: dict[Verdict, bool] = {
        "sat": sat,
        "lay": bend.lay or bend.leant_deg > UPRIGHT_DEG,
        "other": profile.starts == "hike" and bend.peak_rates[1] < SWUNG_DEG_S,
        "small": floor and bend.ascent_deg < profile.least_rom_deg,
        "squat": squatted(bend, *(LOADED_SQUAT if profile.may_squat else SQUAT)),
        "busy": bend.dwell_s > longest_s and not bend.tries_s,
    }
    return next((verdict for verdict, is_so in found.items() if is_so), "rep")


def squatted(bend: Bent, low_m: float, low_m_deg: float) -> bool:
    """Return whether the hips sank under a trunk, and a pelvis, that hardly leant."""
    low = bend.sunk_m > max(low_m, low_m_deg * bend.descent_deg)
    return low and bend.descent_deg < FLAT_DEG and (bend.pelvis_deg or 0.0) < LEVEL_DEG


def _slumped(pelvis: float, thorax: float) -> bool:
    return pelvis < ROLLED_DEG and thorax - pelvis > SLUMPED_DEG


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


def _lone(bends: Sequence[Bent], left: list[int], profile: Profile, context: Context) -> list[int]:
    """Return those that have no others of their kind beside them."""
    if context.begins and context.over and len(left) <= FEW:
        holds = profile.starts != "standing" or profile.may_round
        busy = not holds and all(bends[number].dwell_s > LONE_S for number in left)
        return left if len(left) == 1 or busy else []
    if profile.starts != "standing" or len(left) <= FEW:
        return []
    rests = np.array([bends[b].eccentric.start - bends[a].concentric.end for a, b in pairwise(left)])
    apart = np.array([context.begins, *(rests > RHYTHM_S), context.over])
    return list(np.array(left)[apart[:-1] & apart[1:]])


def _hasty(down: float, up: float) -> bool:
    return min(down, up) < HASTE_S and down + up < 2 * HASTE_S + 0.1


def _errand(bend: Bent, profile: Profile, context: Context, number: int) -> bool:
    """Return whether a lone bend was no repetition. A slow pull from the floor is a set, the heaviest; no swing is."""
    walked = context.walked[number]
    down, up = bend.eccentric.duration, bend.concentric.duration
    if profile.starts == "hike":
        return True
    if profile.starts == "floor":
        on_the_way = walked == BOTH or (walked and (bend.aside_deg > ASIDE_DEG or up < PULL_S))
        return snatched(bend) or bool(on_the_way)
    # A recording of one bend was made for it.
    hasty = _hasty(down, up) and not context.alone
    return hasty or (walked > 0 and down + up < SLOW_S) or bend.dwell_s > LONE_S


def _small(bends: Sequence[Bent], left: list[int], profile: Profile) -> list[int]:
    if len(left) < 3 or profile.starts == "hike":
        return []
    middle = median([bends[number].descent_deg for number in left])
    return [number for number in left if bends[number].descent_deg < SMALL * middle]
