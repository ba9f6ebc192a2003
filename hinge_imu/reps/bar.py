"""Whether a way up was made with the load, or with empty hands."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

import numpy as np

from hinge_imu.profiles import Profile
from hinge_imu.reps.metrics import Bent
from hinge_imu.reps.phases import median
from hinge_imu.samples import Floats

FEW = 2
"""So few bends are looked at one by one: they are no set to compare with."""

LONGER = 1.3
"""By so much longer than between two reps somebody rests who lets go of a load, or has just taken it."""

SNATCH_S, PULL_S = 1.0, 1.1
"""Loads from the floor take no less to be pulled than the second, or are set up for, for longer than the first."""

AFRESH = {
    "rest": (0.12, 0.45, 0.5),
    "pause": (0.15, 0.6, 0.6),
    "down": (0.1, 0.0, 0.45),
    "settled": (2.0, 6.0, 4.0),
}
ERRAND = {"rest": (0.12, 0.0, 0.8), "pause": (0.15, -0.3, 1.0), "down": (0.1, -0.2, 0.45), "deep": (2.0, 0.0, 10.0)}
"""How a bend differs from what is usual: SD where a bar is lowered to the floor, and pulled again; mean and SD where
somebody comes back to a bar that was let go, or bends down to something else. Logarithms of the rest before it, of that
on the floor, and of how long the way down takes, which no load draws; how much (deg) one settles, as at every set-up,
and how deep (deg) one goes, which a bar on the floor does not leave free. Chosen."""

SHORT_S = 0.3
"""Rests that differ by less are alike, however short; chosen."""

STRAY, WIDE = 0.1, 2.0
"""The share of pulls with which any of these is unlike the others all the same, and by how many SDs of a new set-up."""

ANEW, FETCHED = np.log(0.1), np.log(0.03)
"""How likely it is beforehand that a bar is let go between two pulls of a set, as in clusters, and that after the end
of one something else is picked up that looks like another pull; chosen."""

ENOUGH = -3.5
"""However unlike a pull a way up was, it counts for no more than this: people hesitate, and some pulls have a fault."""

PARKED_S = 1.0
"""A bell that is swung back is at the bottom for a third of a second; one that is put down, for longer than this."""

LET_GO, PUT_DOWN = np.log(3.0), np.log(20.0)
"""How much likelier it is beforehand that a last lowering was the end of the set than that the bar was dropped; the
second, where nobody drops it: the last may still be a pull whose lowering was not seen."""

JOLT_M_S2, STILL, JOLTED = (0.2, 0.4), np.log(0.4), np.log(150.0)
"""Up to which jolt somebody just stood and breathed, and from which on a load was let go; and how much likelier a pull
is at each: a light load, a soft release or a hand that follows the bar make none. Chosen."""

LOADED = (0.06, 0.18), (-0.15, 0.45)
"""Mean and SD of the logarithm of how much slower a way up is than the one before, by its peak rate: of another pull,
which tires, and of standing up with empty hands, which is as one likes."""

HARD = 0.25, (0.5, 0.2)
"""The share of pulls that are hard, which stick or are hitched: mean and SD of how much slower these are, as above;
chosen: who grinds loses two fifths of the speed, and nobody much more who still gets it up."""

ALIKE_SD = (2.0, 4.0), (0.3, 0.5)
"""SD of how a pull, and an empty standing-up, differ from the pull before: spine (deg), logarithm of the rest."""

GIVES = 2.0, 9.0, 5.0
"""By how much more (deg) the spine gives way on the way up than in the pull before: SD of another pull; mean and SD of
every other empty standing-up, for which nobody braces."""


def snatched(bend: Bent) -> bool:
    """Return whether something light was taken from the floor: nothing was set up for, and nothing pulled."""
    return max(bend.eccentric.duration, bend.pause_s) < SNATCH_S and bend.concentric.duration < PULL_S


def put_down(bends: Sequence[Bent], ways_up: Sequence[int]) -> float:
    """Return how much likelier the last of these ways up was one with empty hands, as a logarithm, 0 at least."""
    if len(ways_up) < FEW:
        return 0.0
    *before, last = ways_up
    return max(0.0, -_held(bends, before, (), last) - _jolted(bends[last]))


def unloaded(bends: Sequence[Bent], left: list[int], profile: Profile, *, over: bool) -> list[int]:
    """Return which ways up were without the bar: the usual end of a set, unless they are just as the pulls were."""
    if len(left) < 2 or not profile.starts_bent:
        return []
    if profile.starts == "hike":
        return [number for part in _swung(bends, left, over=over) for number in part]
    said = [_said(bends[before], bends[after]) for before, after in pairwise(left)]
    empty: list[int] = []
    for n in range(1, len(left) - 1):
        held = _held(bends, left[:n], empty, left[n]) + max(0.0, _jolted(bends[left[n]]))
        # After the last standing-up, something else may have been picked up.
        fetched = over and n == len(left) - 2 and n > 1 and FETCHED + _unlike(said, n, ERRAND) > held
        if fetched or ANEW + _unlike(said, n, AFRESH) > held:
            empty.append(left[n])
    if over:
        held = _held(bends, left[:-1], empty, left[-1]) + _jolted(bends[left[-1]])
        empty += left[-1:] if held < (LET_GO if profile.may_drop else PUT_DOWN) else []
    return empty


def _swung(bends: Sequence[Bent], left: Sequence[int], *, over: bool) -> Iterator[list[int]]:
    """Yield what is no swing of each that was done until the bell was put down: the end of it, or a bend by itself."""
    parts: list[list[int]] = [[]]
    for number in left:
        last = parts[-1]
        if len(last) > 1 and bends[last[-1]].dwell_s > PARKED_S:
            parts.append([])
        parts[-1].append(number)
    for part in parts:
        if len(part) == 1:
            yield part if over or part is not parts[-1] else []
        else:
            yield part[-1:] if _parked([bends[number] for number in part]) else []


def _said(before: Bent, after: Bent) -> dict[str, float]:
    """Return what shows whether the bar stayed in the hands between two ways up."""
    # To straighten a back that was round before is no settling.
    straightened = max(0.0, (before.pull_deg or 0.0) - (after.pull_deg or 0.0))
    return {
        "rest": float(np.log(max(0.0, after.eccentric.start - before.concentric.end) + SHORT_S)),
        "pause": float(np.log(after.pause_s + SHORT_S)),
        "down": float(np.log(after.eccentric.duration)),
        "settled": after.settled_deg - straightened,
        "deep": after.descent_deg,
    }


def _unlike(said: Sequence[dict[str, float]], n: int, limits: dict[str, tuple[float, float, float]]) -> float:
    """Return how much likelier the bar had been let go before the n-th of these, by the others, as a logarithm."""
    others = [*said[:n], *said[n + 1 :]]
    return sum(_odd(said[n][name] - np.array([each[name] for each in others]), *kind) for name, kind in limits.items())


def _held(bends: Sequence[Bent], before: Sequence[int], empty: Collection[int], number: int) -> float:
    """Return how much likelier a way up was one with the load than with empty hands, as a logarithm."""
    pulls = [bends[each] for each in before if each not in empty]
    # Who rounds in every other pull is compared with both kinds.
    return max(ENOUGH, *(_loaded(pull, bends[number]) for pull in pulls[-FEW:]))


def _odd(off: Floats, same: float, mean: float, sd: float) -> float:
    """Return how much likelier something is of another kind, by how far it is off each of the others (N,)."""
    # Who does every other pull otherwise has two usual ways.
    usual = float(np.logaddexp.reduce([_usual(each, same, sd) for each in off]) - np.log(len(off)))
    return _log_normal(median(off), mean, sd) - usual


def _usual(off: float, same: float, sd: float) -> float:
    """Return the logarithm of the density of how pulls differ from each other, some of them by much."""
    stray = np.log(STRAY) + _log_normal(off, 0.0, WIDE * sd)
    return float(np.logaddexp(np.log(1 - STRAY) + _log_normal(off, 0.0, same), stray))


def _parked(bends: Sequence[Bent]) -> bool:
    """Return whether the bell was swung back once more and put down; who then stands up has let go of it."""
    *swings, last = bends
    cycle = np.median([swing.concentric.duration + swing.eccentric.duration for swing in swings[1:] or swings])
    return bool(last.dwell_s > PARKED_S or last.eccentric.duration + last.concentric.duration > LONGER * cycle)


def _jolted(bend: Bent) -> float:
    """Return how much likelier a way up was with the load, by whether that was let go after it, as a logarithm."""
    if bend.jolt_m_s2 is None:
        return 0.0
    return float(np.interp(bend.jolt_m_s2, JOLT_M_S2, (STILL, JOLTED)))


def _loaded(before: Bent, last: Bent) -> float:
    """Return how much likelier a way up was another pull than one with empty hands, as a logarithm."""
    # A way up that hesitates is as fast in between as one that does not.
    slower = np.log(before.peak_rates[1] / last.peak_rates[1])
    usual, empty = (_log_normal(slower, *each) for each in LOADED)
    share, hard = HARD
    pull = np.logaddexp(np.log(1 - share) + usual, np.log(share) + _log_normal(slower, *hard)) - empty
    rounder = (last.pull_deg or 0.0) - (before.pull_deg or 0.0)
    longer = max(0.0, np.log((last.pause_s + 0.3) / (before.pause_s + 0.3)))
    for off, (same, other) in zip((rounder, longer), ALIKE_SD, strict=True):
        # To stand and rest as before says little: one stands up from where one has put the bar down.
        pull += min(0.0, _usual(off, same, other) - _log_normal(off, 0.0, other))
    more = last.gives_deg - before.gives_deg
    same = _log_normal(more, 0.0, GIVES[0])
    pull += same - float(np.logaddexp(same, _log_normal(more, *GIVES[1:]))) + np.log(2.0)
    return float(pull)


def _log_normal(value: float, mean: float, sd: float) -> float:
    """Return the logarithm of the normal density, but for what all have in common."""
    return -0.5 * ((value - mean) / sd) ** 2 - float(np.log(sd))
