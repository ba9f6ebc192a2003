"""Which bends are the same movement: a set is told from what opens it and what closes it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import log

import numpy as np

from hinge_imu.profiles import Profile
from hinge_imu.reps.bar import FEW, LONGER, snatched
from hinge_imu.reps.metrics import Bent
from hinge_imu.reps.phases import median
from hinge_imu.samples import Floats

RHYTHM_S = 6.0
"""With longer rests than this between them, bends are no set in which one could be another than the others."""

REST_S = 1.8
"""Whoever has picked up a bar, or is about to put it down, rests for longer than this, too."""

FEATURES = 7
UNLIKE = np.array([12.0, 8.0, 0.12, 15.0, 0.5, 0.5, 1.0])
SHARES = np.array([0.2, 0.25, 0.4, 0.0, 0.0, 0.0, 0.0])
"""By how much, or by which share of the greater, a bend differs from another that is another movement: descent and
spine flexion (deg), how far the hips sink (m), how far it goes aside (deg), how long down and up take (factor of 1.6),
time at the bottom (s)."""

EDGED = 3
"""With more bends than this, the first and the last are not compared with each other; with fewer others than this, one
more difference is asked for."""

SET_UP = [3, 4, 6]
"""Those of them that are not about the way up."""

DIFFERENT, TWICE, ALIKE = 2, 2.0, 0.2
"""So many of these must differ to be another movement, or one of them by so many times as much at the beginning, where
nobody is tired, or after a longer rest; and that from all but this share of the others."""


def pair(bends: Sequence[Bent], profile: Profile, different: int = DIFFERENT) -> bool:
    """Return whether these are two of a kind, which differ in less than so many ways."""
    features = np.array([_feature(bend) for bend in bends]).reshape(-1, FEATURES)
    features[:, SET_UP] *= not profile.starts_bent
    return len(bends) == FEW and bool(_ways(_off(features[0], features[1:]))[0] < different)


def edges(bends: Sequence[Bent], left: list[int], profile: Profile, *, begins: bool, over: bool) -> list[int]:
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
    before = None
    while before != (first, stop):
        # What opens a set is told from the others once it is known what closes it.
        before = first, stop
        if begins:
            carried = not floor and stop < len(left)
            first += _strangers(pulls[first:stop], rests[first : stop - 1], floor=floor, carried=carried) or int(
                floor and _before_the_bar([bends[number] for number in left[first:stop]], rests[first : stop - 1])
            )
        # Seen from its end, a set begins with what closes it.
        begin = first + (profile.starts_bent and stop - first > EDGED)
        if over:
            stop -= _strangers(features[begin:stop][::-1], rests[begin : stop - 1][::-1], floor=floor, tired=True)
    return [*left[:first], *left[stop:]]


def _before_the_bar(bends: Sequence[Bent], rests: Floats) -> bool:
    """Return whether the first bend was something else than a pull.

    Somebody who had a load in the hands neither stands for longer after it nor takes longer to set up for the next.
    """
    if len(bends) <= FEW:
        return False
    pauses = [bend.pause_s for bend in bends[1:]]
    came = rests[0] > LONGER * median(rests[1:]) and pauses[0] > LONGER * median(pauses[1:])
    return snatched(bends[0]) or came


def _strangers(features: Floats, rests: Floats, *, floor: bool, tired: bool = False, carried: bool = False) -> int:
    """Return how many bends at the beginning, one or two, are another movement than the others.

    What is put down, as the other end of the set shows, has been picked up: of that, few others are witness enough.
    """
    for number in (1, 2):
        # What opens a set and what closes it may be alike, as picking up and putting down are.
        others = features[number : len(features) - (len(features) > number + 2)]
        if len(features) - number < FEW or not len(others):
            return 0
        rested = not floor and rests[number - 1] > max(REST_S, LONGER * median(np.delete(rests, number - 1)))
        few = len(others) < EDGED and not (carried and number == 1)
        enough = (1 if rested else DIFFERENT) + few + (floor and not tired)
        if all(_strange(one, others, enough, tired=tired) for one in features[:number]):
            return number
    return 0


def _strange(one: Floats, others: Floats, enough: int, *, tired: bool) -> bool:
    """Return whether a bend differs in ``enough`` ways from nearly all the others."""
    off = _off(one, others)
    return bool(np.mean(_ways(off, tired=tired) + _much(off, tired=tired) < enough) <= ALIKE)


def _off(one: Floats, others: Floats) -> Floats:
    """Return by how many times what makes another movement a bend is off each other one, (others, features)."""
    off: Floats = (one - others) / np.maximum(UNLIKE, SHARES * np.maximum(np.abs(one), np.abs(others)))
    return np.nan_to_num(off)


def _ways(off: Floats, *, tired: bool = False) -> Floats:
    """Return in how many ways that is another movement.

    How fast the back moves counts once, and how long the hands are busy at the bottom once; who is tired may be slower.
    """
    far = np.abs(off[:, :4]) > 1
    timed = (off[:, 4:] < -1) if tired else np.abs(off[:, 4:]) > 1
    fast, busy = timed[:, :2].any(axis=1), timed[:, 2]
    return np.asarray(far.sum(axis=1) + (fast | busy) + (fast & busy & (not tired)), float)


def _much(off: Floats, *, tired: bool) -> Floats:
    """Return in how many it is so by much. Who is tired goes less far, and slower; not rounder or faster at once."""
    if not tired:
        return np.asarray((np.abs(off[:, :3]) > TWICE).sum(axis=1), float)
    return np.asarray((off[:, 1:3] > TWICE).sum(axis=1) + (off[:, 4] < -TWICE), float)


def _feature(bend: Bent) -> list[float]:
    spine = np.nan if bend.pull_deg is None else bend.pull_deg
    times = log(bend.eccentric.duration), log(bend.concentric.duration)
    return [bend.ascent_deg, spine, bend.sunk_m, bend.aside_deg, *times, bend.dwell_s]
