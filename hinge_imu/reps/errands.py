"""Errands: bends that were no part of a set, for they are alone, or two that nobody would take for one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from hinge_imu.profiles import Profile
from hinge_imu.reps.alike import RHYTHM_S
from hinge_imu.reps.bar import FEW, PULL_S, snatched
from hinge_imu.reps.metrics import Bent
from hinge_imu.reps.standing import upright
from hinge_imu.reps.verdicts import Context, Verdict

BUSY_S, LONE_S = 3.0, 4.0
"""At the bottom for longer than the second, hands are at work; than the first where somebody walks beside it."""

HASTE_S = 1.0
"""Nobody hinges so fast, once: down, or down and up each on average."""

ROUND_DEG = 20.0
"""Two bends in haste are two errands with more of spine flexion than this: rather bending down than hinging."""

SLOW_S = 4.0
"""Nobody picks up something so slowly, down and up together, on the way."""

BOTH = 2
"""Walking up to something and away from it, one has done something on the way."""

ASIDE_DEG = 15.0
"""Who pulls a bar stands square to it."""

ROLLS_DEG, SEAT_M = 3.0, 0.12
"""Who gets up from a seat tilts the pelvis, which had rolled back, by so much more than the trunk, and leans forward
low, for the hips were. Chosen."""

LIKE = np.array([10.0, 6.0, 0.08])
"""Two reps differ by less in range of motion and spine flexion (deg) and in how far the hips sink (m)."""

SWUNG_S = 1.5
"""Between two swings of a set nobody stands for longer, for the bell does not; chosen."""

APART_S = {"standing": RHYTHM_S, "hike": SWUNG_S, "floor": np.inf}
"""With longer rests than this before it and after it a bend is alone; a bar waits for as long as one likes."""


def errands(
    bends: Sequence[Bent], verdicts: Sequence[Verdict], left: Sequence[int], profile: Profile, context: Context
) -> list[int]:
    """Return those of the bends that are ``left`` that were errands."""
    beside = [sum(each) for each in context.walked]
    if context.begins and context.over and len(left) == FEW:
        pair = [(profile, bends[number], beside[number]) for number in left]
        if any(all(kind(*each) for each in pair) for kind in (_busy, _fetched, _on_the_way)):
            return list(left)
    lone = _lone(bends, left, profile, context)
    risen = [n for n in lone if n and verdicts[n - 1] in {"sat", "lay"} and _gets_up(bends[n - 1], bends[n])]
    walked = [0 if _like(bends[n], [bends[other] for other in left if other != n]) else beside[n] for n in lone]
    return [
        n
        for n, steps in zip(lone, walked, strict=True)
        if n in risen or _errand(profile, bends[n], steps, alone=context.alone)
    ]


def _lone(bends: Sequence[Bent], left: Sequence[int], profile: Profile, context: Context) -> list[int]:
    """Return those that have no others of their kind beside them."""
    longest_s = np.inf if len(left) == FEW and profile.starts == "standing" else APART_S[profile.starts]
    rests = np.array([bends[b].eccentric.start - bends[a].concentric.end for a, b in pairwise(left)])
    walked = np.array([context.walked[number][1] for number in left[:-1]], np.bool_)
    apart = np.array([context.begins, *((rests > longest_s) | walked), context.over])
    return list(np.array(left, np.int64)[apart[:-1] & apart[1:]]) if left else []


def _like(bend: Bent, others: Sequence[Bent]) -> bool:
    """Return whether who rests for long between reps has done another of them."""
    measures = np.array([(each.ascent_deg, each.spine_deg or 0.0, each.sunk_m) for each in (bend, *others)])
    return len(others) >= FEW and bool((np.abs(measures[0] - np.median(measures[1:], axis=0)) < LIKE).all())


def _errand(profile: Profile, bend: Bent, walked: int, *, alone: bool) -> bool:
    """Return whether a lone bend was no repetition. A slow pull from the floor is a set, the heaviest; no swing is."""
    if profile.starts == "hike":
        return True
    if profile.starts == "floor":
        return snatched(bend) or _on_the_way(profile, bend, walked)
    # A recording of one bend was made for it.
    hasty = _hasty(bend) and not alone
    on_the_way = walked > 0 and bend.eccentric.duration + bend.concentric.duration < SLOW_S
    return hasty or on_the_way or bend.dwell_s > LONE_S


def _gets_up(before: Bent, bend: Bent) -> bool:
    """Return whether who sat or lay has got up: not yet by the bend before, or as one does from a seat."""
    rolls = (bend.pelvis_deg or 0.0) > bend.descent_deg + ROLLS_DEG
    return not upright(before.top) or (rolls and bend.sunk_m > SEAT_M)


def _busy(profile: Profile, bend: Bent, walked: int) -> bool:
    """Return whether hands were at work, in a lift that nobody holds for so long."""
    longest_s = BUSY_S if walked else np.inf if profile.may_round else LONE_S
    return not profile.starts_bent and bend.dwell_s > longest_s


def _fetched(profile: Profile, bend: Bent, _: int) -> bool:
    """Return whether something was picked up in haste."""
    hinged = profile.starts_bent or profile.may_round or (bend.spine_deg or 0.0) < ROUND_DEG
    return _hasty(bend) and not hinged


def _on_the_way(profile: Profile, bend: Bent, walked: int) -> bool:
    """Return whether who walks beside a bend from the floor has pulled no bar."""
    light = bend.aside_deg > ASIDE_DEG or bend.concentric.duration < PULL_S
    return profile.starts == "floor" and (walked == BOTH or (walked > 0 and light))


def _hasty(bend: Bent) -> bool:
    down, up = bend.eccentric.duration, bend.concentric.duration
    return min(down, up) < HASTE_S and down + up < 2 * HASTE_S + 0.1
