"""Which of the bends of a set are repetitions, and what the others are.

    each by itself   sat         the pelvis is rolled back under an upright trunk before or after it
                     lay         before or after it the trunk was not upright
                     squat       low hips under a trunk that hardly leans
                     busy        long at the bottom with a round back: tying shoes, loading plates
    alone            errand      one bend, in haste, or with hands at work, or walking right before or after it
    in its set       other       the first ones or the last ones, unlike the rest: set-up, putting down, something else
                     unloaded    the last standing-up of a lift from the floor: the bar stays there
                     small       less than half of what the others do, or a pull that is less than the lift's least

All are chosen for what the movement is, and tried on people and simulated lifters (`docs/reps.md`). Where nothing
speaks against it, a bend is a repetition.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import log
from typing import Literal, NamedTuple

import numpy as np

from hinge_imu.profiles import Profile
from hinge_imu.reps.metrics import Bent
from hinge_imu.reps.phases import median
from hinge_imu.samples import Floats

Verdict = Literal["rep", "sat", "lay", "squat", "busy", "errand", "other", "unloaded", "small"]

ROLLED_DEG, SLUMPED_DEG = -10.0, 10.0
"""Sitting, the pelvis rolls back by more than this, and the spine flexes by as much."""

BENCH_M, SAT_S = 0.3, 5.0
"""And so do they who lean on their knees for longer than this, with hips that much lower."""

UPRIGHT_DEG = 35.0
"""Leaning further than this before or after a bend, nobody was standing."""

SQUAT, LOADED_SQUAT = (0.22, 48.0, 43.0), (0.35, 45.0, 43.0)
"""A squat lowers the hips by more than the first (m), and leans the trunk and the pelvis by less than the others (deg);
where low hips belong to the lift, only a deep and upright one is none."""

BUSY_S, ROUND_SHARE, LONE_S, STAYED_S = 3.0, 0.6, 4.0, 10.0
"""At the bottom for longer, with more of the spine's range used than this, hands are at work; and so they are, or
somebody sits with elbows on knees, if a lone bend takes longer than the third, or any one longer than the last."""

SPINE_DEG = 60.0
"""What a spine flexes from standing to a full toe touch, where the wearer's own is not known (upper back to sacrum)."""

FEW = 2
"""So few bends are looked at one by one: they are no set to compare with."""

HASTE_S, LONE_HASTE_S, PULL_S = 0.8, 1.0, 1.1
"""Nobody hinges so fast, once: down, or down and up each on average; in a recording that goes on after it the second
counts. Loads from the floor take no less to be pulled than the third, or are set up for."""

BOTH = 2
"""Walking up to something and away from it, one has done something on the way."""

ASIDE_DEG = 15.0
"""Who pulls a bar stands square to it."""

RHYTHM_S = 6.0
"""With longer rests than this between them, bends are no set in which one could be another than the others."""

REST_S, LONGER = 1.8, 1.3
"""Whoever has picked up a bar, or is about to put it down, rests for longer than this, and by so much longer than
between two reps."""

FEATURES = 7
UNLIKE = np.array([12.0, 8.0, 0.12, 15.0, 0.5, 0.5, 1.0])
SHARES = np.array([0.2, 0.25, 0.4, 0.0, 0.0, 0.0, 0.0])
"""By how much a bend differs from another that is another movement: descent and spine flexion (deg),
how far the hips sink (m), how far it goes aside (deg), how long down and up take (factor of 1.6), time at the bottom
(s)."""

EDGED = 3
"""With more bends than this, the first and the last are not compared with each other; with fewer others than this, one
more difference is asked for."""

SET_UP = [3, 4, 6]
"""Those of them that are not about the way up."""

DIFFERENT, TWICE, ALIKE = 2, 2.0, 0.2
"""So many of these must differ to be another movement, or one of them by so many times as much at the beginning, where
nobody is tired, or after a longer rest; and that from all but this share of the others."""

AFRESH_S, SET_UP_DEG = 2.0, 5.0
"""Who stands for longer between two pulls, and than usual, has let go of the bar; and so has who sets up anew, and
settles by so much more than is usual."""

QUICK = 0.75
"""Only empty hands are so much faster than the pulls on both sides: these have this share of its peak rate."""

SWUNG_DEG_S = 80.0
"""A swing is faster at its fastest: 60 degrees in half a second peak at twice as much."""

PARKED_S = 1.0
"""A bell that is swung back is at the bottom for a third of a second; one that is put down, for longer than this."""

LET_GO = np.log(3.0)
"""How much likelier it is beforehand that a last lowering was the end of the set than that the bar was dropped."""

LOADED = (0.06, 0.12), (-0.15, 0.35)
"""Mean and SD of the logarithm of how much slower a way up is than the one before, by its peak rate: of another pull,
which tires, and of standing up with empty hands, which is as one likes."""

ALIKE_SD = (2.0, 4.0), (0.3, 0.5)
"""SD of how a pull, and an empty standing-up, differ from the pull before: spine (deg), logarithm of the rest."""

GIVES = 2.0, 9.0, 5.0
"""By how much more (deg) the spine gives way on the way up than in the pull before: SD of another pull; mean and SD of
every other empty standing-up, for which nobody braces."""

SMALL = 0.5
"""Share of the others' range of motion that a repetition must have."""


class Context(NamedTuple):
    """What is known beside the bends.

    On how many sides each had walking right beside it, and whether they are the beginning of their set, and its end;
    ``cut`` says that it ended because the recording did.
    """

    walked: Sequence[int]
    begins: bool
    over: bool
    cut: bool = False


def judge(bends: Sequence[Bent], profile: Profile, context: Context, spine_deg: float = SPINE_DEG) -> list[Verdict]:
    """Return what each bend of a set is, as far as the bends up to now tell."""
    verdicts = [_alone(bend, profile, spine_deg) for bend in bends]
    left = [number for number, verdict in enumerate(verdicts) if verdict == "rep"]
    if context.begins and context.over and len(left) <= FEW and not _pair([bends[number] for number in left]):
        for number in left:
            if _errand(bends[number], profile, context, context.walked[number]):
                verdicts[number] = "errand"
        left = [number for number in left if verdicts[number] == "rep"]
    for number in _edges(bends, left, profile, context):
        verdicts[number] = "other"
        left.remove(number)
    for number in _unloaded(bends, left, profile, context):
        verdicts[number] = "unloaded"
        left.remove(number)
    for number in _small(bends, left, profile):
        verdicts[number] = "small"
    return verdicts


def _alone(bend: Bent, profile: Profile, spine_deg: float) -> Verdict:
    """Return the first of what it is by itself; a rep where it is none of that."""
    floor = profile.starts == "floor"
    sat = _slumped(*bend.top) or _slumped(*bend.before)
    sat = sat or (not floor and bend.sunk_m > BENCH_M and bend.down_s > SAT_S)
    stooped = max(abs(each) for each in (*bend.top, *bend.before, 0.0) if np.isfinite(each)) > UPRIGHT_DEG
    low, flat, level = LOADED_SQUAT if profile.may_squat else SQUAT
    rounded = (bend.spine_deg or 0.0) > ROUND_SHARE * spine_deg and not profile.may_round
    longest_s = BUSY_S if rounded and not profile.starts_bent else STAYED_S
    found: dict[Verdict, bool] = {
        "sat": sat,
        "lay": bend.lay or stooped,
        "other": profile.starts == "hike" and bend.peak_rates[1] < SWUNG_DEG_S,
        "small": floor and bend.ascent_deg < profile.least_rom_deg,
        "squat": bend.sunk_m > low and bend.descent_deg < flat and (bend.pelvis_deg or 0.0) < level,
        "busy": bend.dwell_s > longest_s and not bend.tries_s,
    }
    return next((verdict for verdict, is_so in found.items() if is_so), "rep")


def _slumped(pelvis: float, thorax: float) -> bool:
    return pelvis < ROLLED_DEG and thorax - pelvis > SLUMPED_DEG


def _pair(bends: Sequence[Bent]) -> bool:
    """Return whether these are two of a kind."""
    features = np.array([_feature(bend) for bend in bends]).reshape(-1, FEATURES)
    return len(bends) == FEW and bool(_unlike(features[0], features[1:])[0] < DIFFERENT)


def _errand(bend: Bent, profile: Profile, context: Context, walked: int) -> bool:
    """Return whether a lone bend was no repetition. One pull from the floor is a set, the heaviest; no swing is."""
    down, up = bend.eccentric.duration, bend.concentric.duration
    if profile.starts == "hike":
        return True
    if profile.starts == "floor":
        on_the_way = walked == BOTH or (walked and bend.aside_deg > ASIDE_DEG)
        return _snatched(bend) or bool(on_the_way)
    haste = HASTE_S if context.cut else LONE_HASTE_S
    return (min(down, up) < haste and down + up < 2 * haste + 0.1) or walked > 0 or bend.dwell_s > LONE_S


def _snatched(bend: Bent) -> bool:
    """Return whether something light was taken from the floor: nothing was set up for, and nothing pulled."""
    return max(bend.eccentric.duration, bend.pause_s) < LONE_HASTE_S and bend.concentric.duration < PULL_S


def _edges(bends: Sequence[Bent], left: list[int], profile: Profile, context: Context) -> list[int]:
    """Return those at the beginning and at the end of the set that are not as the others are."""
    features = np.array([_feature(bends[number]) for number in left], float).reshape(-1, FEATURES)
    rests = np.array([bends[b].eccentric.start - bends[a].concentric.end for a, b in pairwise(left)])
    if len(left) <= FEW or median(rests) > RHYTHM_S:
        return []
    floor = profile.starts == "floor"
    first, stop = 0, len(left)
    # The way down to the bar, with turning to it, and the rest there, are not what a pull from the floor is about.
    pulls = features.copy()
    pulls[:, SET_UP] *= not profile.starts_bent
    while context.begins and (
        number := _strangers(pulls[first:stop], rests[first : stop - 1], floor=floor)
        or int(floor and stop - first > FEW and _snatched(bends[left[first]]))
    ):
        first += number
    # Seen from its end, a set begins with what closes it.
    begin = first + (profile.starts_bent and stop - first > EDGED)
    while context.over and (
        number := _strangers(features[begin:stop][::-1], rests[begin : stop - 1][::-1], floor=floor, tired=True)
    ):
        stop -= number
    return [*left[:first], *left[stop:]]


def _strangers(features: Floats, rests: Floats, *, floor: bool, tired: bool = False) -> int:
    """Return how many bends at the beginning, one or two, are another movement than the others."""
    for number in (1, 2):
        # What opens a set and what closes it may be alike, as picking up and putting down are.
        others = features[number : len(features) - (len(features) > number + 2)]
        if len(features) - number < FEW or not len(others):
            return 0
        rested = not floor and rests[number - 1] > max(REST_S, LONGER * median(np.delete(rests, number - 1)))
        enough = (1 if rested else DIFFERENT) + (len(others) < EDGED) + (floor and not tired)
        if all(_strange(one, others, enough, tired=tired) for one in features[:number]):
            return number
    return 0


def _strange(one: Floats, others: Floats, enough: int, *, tired: bool) -> bool:
    """Return whether a bend differs in ``enough`` ways from nearly all the others."""
    unlike, much = _unlike(one, others)
    # At the beginning nobody is tired yet.
    return bool(np.mean(unlike + (0 if tired else much) < enough) < ALIKE)


def _unlike(one: Floats, others: Floats) -> tuple[Floats, Floats]:
    """Return in how many ways a bend differs from each other one, and in how many it does much; time counts once."""
    limits = np.maximum(UNLIKE, SHARES * np.maximum(np.abs(one), np.abs(others)))
    with np.errstate(invalid="ignore"):
        off = np.abs(one - others) / limits
        ways = np.count_nonzero(off[:, :4] > 1, axis=1) + (off[:, 4:] > 1).any(axis=1)
        return ways, np.count_nonzero(off[:, :3] > TWICE, axis=1)


def _feature(bend: Bent) -> list[float]:
    spine = np.nan if bend.pull_deg is None else bend.pull_deg
    times = log(bend.eccentric.duration), log(bend.concentric.duration)
    return [bend.ascent_deg, spine, bend.sunk_m, bend.aside_deg, *times, bend.dwell_s]


def _unloaded(bends: Sequence[Bent], left: list[int], profile: Profile, context: Context) -> list[int]:
    """Return which ways up were without the bar: the usual end of a set, unless they are just as the pulls were."""
    if len(left) < 2 or not profile.starts_bent:
        return []
    if profile.starts == "hike":
        return [place for n, place in enumerate(left[1:], 1) if _parked([bends[each] for each in left[: n + 1]])]
    rests = [bends[b].eccentric.start - bends[a].concentric.end for a, b in pairwise(left)]
    long = max(AFRESH_S, LONGER * median(rests))
    usual = median([bends[number].settled_deg for number in left])
    ends = [
        number
        for number, after, rest in zip(left, left[1:], rests, strict=False)
        if len(rests) > 1 and (rest > long or bends[after].settled_deg > usual + SET_UP_DEG)
    ]
    pause = median([bends[number].pause_s for number in left])
    ends += [
        left[n]
        for n in range(1, len(left) - 1)
        if _quick(*(bends[left[n + by]] for by in (-1, 0, 1))) and bends[left[n + 1]].pause_s > LONGER * pause
    ]
    ends += left[-1:] if context.over else []
    empty: list[int] = []
    for end in sorted(set(ends) - {left[0]}):
        pulls = [bends[number] for number in left[: left.index(end)] if number not in empty]
        # Who rounds in every other pull is compared with both kinds.
        load = max(_load(pull, bends[end]) for pull in pulls[-FEW:])
        empty += [end] if load < (LET_GO if end == left[-1] else -LET_GO) else []
    return empty


def _quick(before: Bent, bend: Bent, after: Bent) -> bool:
    """Return whether a way up was much quicker than both of its neighbours."""
    return bend.peak_rates[1] * QUICK > max(before.peak_rates[1], after.peak_rates[1])


def _parked(bends: Sequence[Bent]) -> bool:
    """Return whether the bell was swung back once more and put down; who then stands up has let go of it."""
    *swings, last = bends
    cycle = np.median([swing.concentric.duration + swing.eccentric.duration for swing in swings[1:] or swings])
    return bool(last.dwell_s > PARKED_S or last.eccentric.duration + last.concentric.duration > LONGER * cycle)


def _load(before: Bent, last: Bent) -> float:
    """Return how much likelier a way up was another pull than one with empty hands, as a logarithm."""
    # A way up that hesitates is as fast in between as one that does not.
    slower = np.log(before.peak_rates[1] / last.peak_rates[1])
    pull = sum(_log_normal(slower, *each) * sign for each, sign in zip(LOADED, (1, -1), strict=True))
    rounder = (last.pull_deg or 0.0) - (before.pull_deg or 0.0)
    longer = max(0.0, np.log((last.pause_s + 0.3) / (before.pause_s + 0.3)))
    for off, (same, other) in zip((rounder, longer), ALIKE_SD, strict=True):
        # To stand and rest as before says little: one stands up from where one has put the bar down.
        pull += min(0.0, _log_normal(off, 0.0, same) - _log_normal(off, 0.0, other))
    more = last.gives_deg - before.gives_deg
    same = _log_normal(more, 0.0, GIVES[0])
    pull += same - float(np.logaddexp(same, _log_normal(more, *GIVES[1:]))) + np.log(2.0)
    return float(pull)


def _log_normal(value: float, mean: float, sd: float) -> float:
    """Return the logarithm of the normal density, but for what all have in common."""
    return -0.5 * ((value - mean) / sd) ** 2 - float(np.log(sd))


def _small(bends: Sequence[Bent], left: list[int], profile: Profile) -> list[int]:
    if len(left) < 3 or profile.starts == "hike":
        return []
    middle = median([bends[number].descent_deg for number in left])
    return [number for number in left if bends[number].descent_deg < SMALL * middle]
