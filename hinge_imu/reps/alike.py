"""Which bends of a set are its reps, and which are errands: what was picked up before it, or put down after it.

A set may begin after errands, and end before some. Of all these ways the likeliest is taken: a rep is like one of the
two before it, for a fault may be in every other rep, or now and then like none; an errand is like no rep, but like
bending down to the floor for something and coming up with it: in a second or so, over bent knees or with a round back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from math import gamma, log, pi, sqrt
from typing import NamedTuple

import numpy as np

from hinge_imu.profiles import Profile
from hinge_imu.reps.bar import FEW, put_down
from hinge_imu.reps.metrics import Bent
from hinge_imu.reps.phases import median
from hinge_imu.reps.verdicts import Context
from hinge_imu.samples import Floats

RHYTHM_S = 6.0
"""With longer rests than this between them, bends are no set in which one could be another than the others."""

REST_S = 1.8
"""Whoever has picked up a bar, or is about to put it down, rests for longer than this, too."""


class Kinds(NamedTuple):
    """Of each measure: the scale by which reps of a set differ, and mean and SD of all reps, and of errands."""

    differ: Floats
    rep: Floats
    errand: Floats


BENDS = Kinds(
    np.array([6.0, 4.0, 0.05, 0.2, 0.25, 0.25, 0.35]),
    np.array([(65.0, 20.0), (15.0, 15.0), (0.08, 0.12), (0.5, 0.7), (0.3, 0.6), (0.65, 0.5), (1.7, 0.5)]).T,
    np.array([(68.0, 18.0), (27.0, 11.0), (0.12, 0.10), (-0.1, 0.4), (-0.1, 0.4), (0.9, 0.9), (2.0, 0.7)]).T,
)
"""Way up and spine flexion (deg), how far the hips sink (m), and the logarithms of how long down, up and the stay at
the bottom take (s) and of how far it goes aside (deg). All numbers here are chosen, wide, for people differ."""

RESTS = Kinds(np.array([0.35]), np.array([[0.7], [0.7]]), np.array([[0.9], [0.7]]))
"""The same of the logarithms of the rests between bends (s)."""

LEAST_S, LEAST_DEG = 0.3, 3.0
"""What is added to a rest, and to how far aside, of which nothing or next to nothing may be left."""

SPINE = 1
"""The measure that says nothing where the back may round."""

SET_UP = [3, 5, 6]
"""Those measures of a bend that are not about the way up: the first pull's are no matter of the others."""

LIKE, UNLIKE = np.log([0.9, 0.1])
"""The share of reps that are like one before, and of those that are like none."""

WALKED = np.log(20.0)
"""How much likelier a few steps are between reps and an errand than between two reps. Chosen."""

TAILS = 4.0
"""Degrees of freedom of the Student's t by which reps differ: now and then by much."""

TOP = gamma((TAILS + 1) / 2) / (gamma(TAILS / 2) * sqrt(TAILS * pi))
"""Its density where they do not."""

BACK = 2
"""With so many before it a rep is compared."""

OFTEN = np.log([0.55, 0.35, 0.1])
"""How often there are none, one and two errands at either end. Chosen."""

PAIRED = np.log([[0.42, 0.13, 0.02], [0.10, 0.19, 0.03], [0.02, 0.05, 0.04]])
"""The same of both ends of a set that begins standing: who has picked up a weight before it puts it down after it."""


def edges(bends: Sequence[Bent], left: list[int], profile: Profile, context: Context) -> list[int]:
    """Return those at the beginning and at the end of the set that are errands; all, if none of them is a rep."""
    begins, over = context.begins, context.over
    if profile.starts == "hike":
        return []  # a bell that swings goes on swinging
    rests = np.array([bends[b].eccentric.start - bends[a].concentric.end for a, b in pairwise(left)])
    if len(left) < FEW + (not (begins and over)) or (len(left) > FEW and median(rests) > RHYTHM_S):
        return []
    before, after = (len(OFTEN) if may_be else 1 for may_be in (begins, over))
    mine = tuple(bends[number] for number in left)
    floor = profile.starts == "floor"
    weighed = _weighed(mine, before, may_round=profile.may_round, set_up=floor)
    often = PAIRED if begins and over and profile.starts == "standing" else OFTEN[:, None] + OFTEN
    # A set from the floor ends with the standing-up.
    ended = [put_down(bends, left[: len(left) - last]) if floor and over else 0.0 for last in range(after)]
    likely = {}
    for first, (moved, rested) in enumerate(weighed):
        for last in range(after):
            reps = len(left) - first - last
            if _may_be(reps, len(left), profile):
                likely[first, reps] = often[first, last] + moved[reps] + rested[max(0, reps - 1)]
                likely[first, reps] += ended[last] * (reps > 1)
                parted = [left[n] for n, apart in ((first - 1, first), (first + reps - 1, last)) if apart and reps]
                likely[first, reps] += WALKED * sum(context.walked[n][1] for n in parted)
    first, reps = max(likely, key=lambda edge: likely[edge])
    return [*left[:first], *left[first + reps :]]


@lru_cache(4)
def _weighed(bends: tuple[Bent, ...], before: int, *, may_round: bool, set_up: bool) -> list[tuple[Floats, Floats]]:
    """Return how likely bends and the rests between them are, after none, one, ... errands, ``before`` of them.

    Whether the set may be over as it is and whether it goes on is asked one after the other, of the same bends.
    """
    rests = np.array([after.eccentric.start - before.concentric.end for before, after in pairwise(bends)])
    pauses = np.log(np.maximum(rests, 0.0) + LEAST_S)[:, None]
    measures = np.array([_measures(bend) for bend in bends])
    if may_round:
        measures[:, SPINE] = np.nan
    moved = _likely(measures, BENDS, before, SET_UP if set_up else [])
    return list(zip(moved, _likely(pauses, RESTS, before), strict=True))


def _may_be(reps: int, bends: int, profile: Profile) -> bool:
    """Return whether so many of the bends may be reps.

    Neither of two shows which of them is the other, so both are, or none; from the floor both, for one may be the end.
    """
    if bends == FEW and reps:
        return reps == FEW
    return reps > 0 or (reps == 0 and not profile.starts_bent)


def _likely(values: Floats, kinds: Kinds, before: int, its_own: Sequence[int] = ()) -> Iterator[Floats]:
    """Yield how likely these (N, measures) are if 0 to N - first of them, after ``first`` errands, are reps.

    As logarithms (N - first + 1,), for each first below ``before``. Which measures are the first rep's own, no other is
    compared with.
    """
    some, errand = (_normal(values, *each) for each in (kinds.rep, kinds.errand))
    errands = _over_measures(errand)
    for first in range(before):
        known = values.copy()
        known[first : first + 1, its_own] = np.nan
        reps = _chain(known[first:], values[first:], some[first:], kinds.differ)
        instead = np.append(0.0, np.cumsum(errands[first:]))
        yield np.asarray(np.append(0.0, np.cumsum(reps)) + errands.sum() - instead, float)


def _chain(known: Floats, values: Floats, some: Floats, differ: Floats) -> Floats:
    """Return how likely each rep (N, measures) is, known what came before it, where ``some`` is that of any rep."""
    alike = np.full((BACK, len(values)), -np.inf)
    for back in range(1, min(BACK + 1, len(values))):
        off = _student(known[:-back] - values[back:], differ)
        alike[back - 1, back:] = _over_measures(np.where(np.isnan(off), some[back:], off))
    before = np.clip(np.arange(len(values)), 1, BACK)
    like_none = _over_measures(some)
    like_one = np.logaddexp.reduce(alike, axis=0) - np.log(before)
    likely: Floats = np.logaddexp(LIKE + like_one, UNLIKE + like_none)
    likely[:1] = like_none[:1]
    return likely


def _over_measures(likely: Floats) -> Floats:
    """Return the sums (N,) of what is known of (N, measures)."""
    return np.asarray(np.where(np.isnan(likely), 0.0, likely).sum(axis=1), float)


def _normal(values: Floats, mean: Floats, sd: Floats) -> Floats:
    return np.asarray(-0.5 * ((values - mean) / sd) ** 2 - np.log(sd * sqrt(2 * pi)), float)


def _student(off: Floats, scale: Floats) -> Floats:
    return np.asarray(np.log(TOP / scale) - (TAILS + 1) / 2 * np.log1p((off / scale) ** 2 / TAILS), float)


@lru_cache(64)
def _measures(bend: Bent) -> tuple[float, ...]:
    spine = np.nan if bend.pull_deg is None else bend.pull_deg
    times = log(bend.eccentric.duration), log(bend.concentric.duration), log(bend.dwell_s + 0.1)
    return bend.ascent_deg, spine, bend.sunk_m, *times, log(bend.aside_deg + LEAST_DEG)
