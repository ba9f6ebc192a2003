"""How far beyond its limits a bend is, sample by sample, and since when: what can be known of a rep before it is over.

row        what is measured                                       against
ROUND      the spine's flexion                                    the lift's limit
PULL       how much rounder it is than it was set up, in a pull   what a pull from the floor may add
ARCH       the spine's extension, while the thorax leans          the lift's limit
TILT TURN  the pelvis's tilt aside, its turn since lockout        the same limit
WINK       by how much the pelvis falls back near the bottom      the lift's limit
DROP       the thorax's rate on the way down                      the lift's limit

The inclinations are taken as they are: the low-pass that reps are read off looks ahead, and one that does not comes
40 ms late; a limit that must be crossed for 0.1 s leaves short spikes out by itself.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from hinge_imu.events import FaultName, FaultUnit
from hinge_imu.profiles import Profile
from hinge_imu.reps.faults.evidence import LASTING_S
from hinge_imu.reps.phases import median
from hinge_imu.samples import Floats, runs

THORAX, PELVIS, SPINE, TILT_ROW, TURN_ROW, RATE_ROW, SINKING_ROW = range(7)
"""The rows that come in, in deg, deg/s and m/s."""

ROUND, PULL, ARCH, TILT, TURN, WINK, DROP = range(7)
ROWS = 7
NAMES: tuple[FaultName, ...] = (
    *("spine_rounding", "spine_rounding", "spine_arching", "not_square", "not_square", "butt_wink"),
    "uncontrolled_lowering",
)
UNITS: tuple[FaultUnit, ...] = ("deg", "deg", "deg", "deg", "deg", "deg", "deg/s")

MARGIN = np.array([5.0, 5.0, 5.0, 5.0, 5.0, 3.0, 40.0])
"""By so much more than its limit a row must be for its fault to be serious. Chosen: beyond what two sensors err by."""

LEANT_DEG = 25.0
"""The spine is arched only while the thorax leans by more."""

LOW = 0.7
"""The last 30 % of the way down, by how far the last rep went, are the bottom."""

RISEN_DEG, RISEN_S = 1.5, 0.3
"""A load is being pulled from where the thorax has come up by so much in so short a time."""

FLOOR = 0.65
"""Who has come up to less than this share of the deepest lean has left the floor."""

KEPT_S = 1.0
"""So much of the bend is kept; all that is looked back upon fits in."""

SET_UP_S = 0.5
"""The posture before the pull is the median of so long before it."""


class Crossing(NamedTuple):
    """A limit that was crossed for long enough at a sample (a number in its block), by a margin where ``serious``."""

    sample: int
    name: FaultName
    value: float
    limit: float
    unit: FaultUnit
    serious: bool


class Crossings:
    """One bend, block after block; each fault crosses its limit once, and once by its margin.

    ``usual_deg`` is how far the thorax leant in the last rep, nan where that is not known; ``turn_deg`` what the
    pelvis's turn was at lockout.
    """

    def __init__(self, profile: Profile, rate_hz: float, usual_deg: float, turn_deg: float) -> None:
        self._limits, self._bounds = _limits(profile)
        self._need = _need(rate_hz)
        self._lasting = np.zeros((2 * ROWS, 1), np.int64)
        self._said: set[tuple[FaultName, bool]] = set()
        self._rate, self._turn = rate_hz, turn_deg
        self._floor, self._low = profile.starts == "floor", LOW * usual_deg
        self._past = np.empty((2, 0))  # thorax and spine
        self._low_before, self._set_up = True, np.nan
        self._furthest = -np.inf, np.nan  # the pelvis's largest inclination, and the thorax's then

    def push(self, rows: Floats, deepest: Floats, until: tuple[int, int]) -> list[Crossing]:
        """Take the next rows (7,N) and the thorax's deepest lean so far (N,) deg; return what was crossed.

        ``until`` are the samples from which on nothing is looked at any more, and nothing but the thorax's rate.
        """
        values = self._values(rows, deepest)
        values[:, until[0] :] = values[:DROP, until[1] :] = np.nan
        if not (values > self._bounds[0]).any():
            self._lasting[:] = 0
            return []
        beyond = (values > self._bounds).reshape(2 * ROWS, -1)
        lasting = runs(beyond, self._lasting)
        self._lasting = lasting[:, -1:]
        crossed = []
        for sample, row in np.argwhere((lasting == self._need).T).tolist():
            serious, which = divmod(row, ROWS)
            if (NAMES[which], bool(serious)) not in self._said:
                self._said.add((NAMES[which], bool(serious)))
                crossed.append(self._crossing(sample, which, float(values[which, sample]), serious=bool(serious)))
        return crossed

    def _crossing(self, sample: int, row: int, value: float, *, serious: bool) -> Crossing:
        sign = -1.0 if row == ARCH else 1.0
        return Crossing(sample, NAMES[row], sign * value, sign * float(self._limits[row]), UNITS[row], serious)

    def _values(self, rows: Floats, deepest: Floats) -> Floats:
        """Return each row's (7,N) distance from 0, in the direction of its limit; nan where it says nothing."""
        thorax, pelvis, spine = rows[:TILT_ROW]
        values = np.full((ROWS, rows.shape[1]), np.nan)
        past = np.concatenate([self._kept(rows), rows[:3:2]], axis=1)
        values[ROUND] = spine
        np.negative(spine, out=values[ARCH], where=thorax > LEANT_DEG)
        np.abs(rows[TILT_ROW], out=values[TILT])
        np.abs(rows[TURN_ROW] - self._turn, out=values[TURN])
        values[DROP] = rows[RATE_ROW]
        if self._floor:
            self._pulled(past, deepest, values[PULL])
        elif not np.isnan(self._low):
            self._winked(pelvis, thorax, values[WINK])
        self._past = past
        return values

    def _kept(self, rows: Floats) -> Floats:
        """Return thorax and spine of the last second; before the bend they were as at its beginning."""
        samples = _samples(KEPT_S, self._rate)
        return self._past[:, -samples:] if self._past.shape[1] else np.repeat(rows[:3:2, :1], samples, axis=1)

    def _winked(self, pelvis: Floats, thorax: Floats, fallen: Floats) -> None:
        """Fill in by how much the pelvis has fallen back, while the thorax went on by as much as the limit."""
        most = np.fmax.accumulate(np.concatenate([[self._furthest[0]], pelvis]))[1:]
        there = np.maximum.accumulate(np.where(pelvis >= most, np.arange(len(pelvis)), -1))
        at = np.where(there < 0, self._furthest[1], thorax[there])
        self._furthest = float(most[-1]), float(at[-1])
        low = (at > self._low) & (thorax - at > self._limits[WINK])
        np.subtract(most, pelvis, out=fallen, where=low)

    def _pulled(self, past: Floats, deepest: Floats, rounder: Floats) -> None:
        """Fill in by how much the spine is rounder than before the pull that is under way."""
        before = past.shape[1] - len(deepest)
        rising_n, back, posture_n = (_samples(s, self._rate) for s in (RISEN_S, RISEN_S / 2, SET_UP_S))
        thorax, spine = past[:, before:]
        risen = past[0, before - rising_n : -rising_n] - thorax > RISEN_DEG
        on_floor = ~risen & (thorax > FLOOR * deepest)
        left = np.flatnonzero(np.concatenate([[self._low_before], on_floor[:-1]]) & ~on_floor)
        edges = [0, *left.tolist(), len(thorax)]
        for start, stop in pairwise(edges):
            if start in left:
                end = before + start - back
                posture = past[1, end - posture_n : end]
                self._set_up = median(posture) if np.isfinite(posture).all() else np.nan
            rounder[start:stop] = np.where(on_floor[start:stop], np.nan, spine[start:stop] - self._set_up)
        self._low_before = bool(on_floor[-1])


def _samples(seconds: float, rate_hz: float) -> int:
    return max(1, round(seconds * rate_hz))


@lru_cache
def _need(rate_hz: float) -> Floats:
    """Return for how many samples each row must cross its limit, and its margin (14,1)."""
    need = np.where(np.arange(ROWS) == DROP, 1.0, np.ceil(LASTING_S * rate_hz - 1e-6))
    return np.tile(need, 2)[:, None]


@lru_cache
def _limits(profile: Profile) -> tuple[Floats, Floats]:
    """Return the limit of each row (7,), infinite where the lift cannot have the fault, and with its margin (2,7,1)."""
    limits = profile.limits
    values = np.array(
        [
            *(limits.spine_rounding_deg, limits.rounding_from_set_up_deg, -limits.spine_arching_deg),
            *(limits.not_square_deg, limits.not_square_deg, limits.butt_wink_deg, limits.lowering_rate_deg_s),
        ]
    )
    values[[name in profile.never for name in NAMES]] = np.inf
    return values, np.stack([values, values + MARGIN])[:, :, None]
