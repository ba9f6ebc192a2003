"""Which bends of a set are its reps, and which are errands: what was picked up before it, or put down after it.

A set may begin after errands, and end before some. Of all these ways the likeliest is taken: a rep is like one of the
two before it, for a fault may be in every other rep, or now and then like none; an errand is like no rep, but like
bending down to the floor for something and coming up with it: in a second or so, over bent knees or with a round back.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product
from math import gamma, log, pi, sqrt
from typing import NamedTuple

import numpy as np

from hinge_imu.profiles import Profile
from hinge_imu.reps.bar import FEW
from hinge_imu.reps.metrics import Bent
from hinge_imu.reps.phases import median
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
    np.array([(68.0, 18.0), (27.0, 11.0), (0.12, 0.10), (-0.1, 0.4), (-0.1, 0.4), (0.65, 0.5), (2.0, 0.7)]).T,
)
"""Way up and spine flexion (deg), how far the hips sink (m), and the logarithms of how long down, up and the stay at
the bottom take (s) and of how far it goes aside (deg). All numbers here are chosen, wide, for people differ."""

RESTS = Kinds(np.array([0.35]), np.array([[0.7], [0.7]]), np.array([[0.9], [0.7]]))
"""The same of the logarithms of the rests between bends (s)."""

LEAST_S, LEAST_DEG = 0.3, 3.0
"""What is added to a rest, and to how far aside, of which nothing or next to nothing may be left."""

SET_UP = [3, 5, 6]
"""Those measures of a bend that are not about the way up: the first pull's are no matter of the others."""

ODD = 0.1
"""The share of reps that are like none before."""

TAILS = 4.0
"""Degrees of freedom of the Student's t by which reps differ: now and then by much."""

BACK = 2
"""With so many before it a rep is compared."""

OFTEN = np.log([0.55, 0.35, 0.1])
"""How often there are none, one and two errands at either end."""


def edges(bends: Sequence[Bent], left: list[int], profile: Profile, *, begins: bool, over: bool) -> list[int]:
    """Return those at the beginning and at the end of the set that are errands; all, if none of them is a rep."""
    rests = np.array([bends[b].eccentric.start - bends[a].concentric.end for a, b in pairwise(left)])
    if len(left) < FEW + (not (begins and over)) or (len(left) > FEW and median(rests) > RHYTHM_S):
        return []
    measures = np.array([_measures(bends[number]) for number in left])
    pauses = np.log(np.maximum(rests, 0.0) + LEAST_S)[:, None]
    its_own = SET_UP if profile.starts_bent else []
    ends = range(len(OFTEN))
    likely = {}
    for first, last in product(ends if begins else [0], ends if over else [0]):
        stop = len(left) - last
        if _may_be(stop - first, len(left), profile):
            likely[first, stop] = OFTEN[first] + OFTEN[last] + _likely(measures, BENDS, (first, stop), its_own)
            likely[first, stop] += _likely(pauses, RESTS, (first, max(first, stop - 1)))
    first, stop = max(likely, key=lambda edge: likely[edge])
    return [*left[:first], *left[stop:]]


def _may_be(reps: int, bends: int, profile: Profile) -> bool:
    """Return whether so many of the bends may be reps.

    Neither of two shows which of them is the other, so both are, or none; from the floor both, for one may be the end.
    """
    if bends == FEW:
        return reps == FEW or (reps == 0 and profile.starts != "floor")
    return reps > 0 or (reps == 0 and not profile.starts_bent)


def _likely(values: Floats, kinds: Kinds, reps: tuple[int, int], its_own: Sequence[int] = ()) -> float:
    """Return how likely these (N, measures) are if those from one number to before another are reps, as a logarithm.

    Which measures are the first one's own, no other is compared with.
    """
    first, stop = reps
    some, errands = (_normal(values, *each) for each in (kinds.rep, kinds.errand))
    known = values.copy()
    known[first : first + 1, its_own] = np.nan
    chain = [_next(known[max(first, n - BACK) : n], values[n], some[n], kinds) for n in range(first, stop)]
    return float(np.nansum(errands[:first]) + np.nansum(errands[stop:]) + sum(chain))


def _next(before: Floats, value: Floats, some: Floats, kinds: Kinds) -> float:
    """Return how likely a rep is like this after those before it (N, measures), where ``some`` is that of any rep."""
    if not len(before):
        return float(np.nansum(some))
    off = _student(before - value, kinds.differ)
    alike = np.nansum(np.where(np.isnan(off), some, off), axis=1)
    mean = np.logaddexp.reduce(alike) - log(len(before))
    return float(np.logaddexp(log(1 - ODD) + mean, log(ODD) + np.nansum(some)))


def _normal(values: Floats, mean: Floats, sd: Floats) -> Floats:
    return np.asarray(-0.5 * ((values - mean) / sd) ** 2 - np.log(sd * sqrt(2 * pi)), float)


def _student(off: Floats, scale: Floats) -> Floats:
    top = gamma((TAILS + 1) / 2) / (gamma(TAILS / 2) * sqrt(TAILS * pi))
    return np.asarray(np.log(top / scale) - (TAILS + 1) / 2 * np.log1p((off / scale) ** 2 / TAILS), float)


def _measures(bend: Bent) -> list[float]:
    spine = np.nan if bend.pull_deg is None else bend.pull_deg
    times = log(bend.eccentric.duration), log(bend.concentric.duration), log(bend.dwell_s + 0.1)
    return [bend.ascent_deg, spine, bend.sunk_m, *times, log(bend.aside_deg + LEAST_DEG)]
