"""The perfect observer: times each rep on the true inclinations, by the definition of a phase that holds everywhere.

A phase runs where the rate of the thorax, of the inclination low-passed at 6 Hz forth and back, is above a tenth of its
peak and above 3 deg/s; one that hesitates stays one, from the first to the last stretch that carries a tenth of its
travel. Which stretch is which phase of which rep, the observer is told by the script.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

import numpy as np
from scipy.signal import butter, sosfiltfilt

from hinge_imu.samples import stretches
from hinge_imu.simulate.lifter import Lifter
from hinge_imu.simulate.plan import EDGE_DEG_S, EDGE_OF_PEAK, Floats
from hinge_imu.simulate.script import RepMark, Span

RATE_HZ = 200.0
LOW_PASS_HZ = 6.0
LEAST_TRAVEL = 0.1
"""A stretch of movement that carries less than this share of its phase's travel is none of it."""

AROUND_S = 0.3
"""By how much the observer looks beyond what the script says."""


@dataclass(frozen=True)
class Sight:
    """What the observer sees at each moment: t (N,) s, and (N,) deg, zero in the first second of standing.

    ``smooth`` is the thorax low-passed, ``rate`` its slope in deg/s; ``thigh`` is how far the thighs lean backward.
    """

    t: Floats
    pelvis: Floats
    thorax: Floats
    spine: Floats
    side: Floats
    turn: Floats
    thigh: Floats
    smooth: Floats
    rate: Floats

    @classmethod
    def of(cls, lifter: Lifter) -> Sight:
        """Look at a lifter from the first moment to the last."""
        t = np.arange(0.0, lifter.timetable.duration_s, 1 / RATE_HZ)
        posture = lifter.posture(t)
        turn, side, pelvis = posture.pelvis
        thorax = posture.thorax[2]
        side, pelvis, thorax = (angle - angle[t < 1.0].mean() for angle in (side, pelvis, thorax))
        smooth = low_passed(thorax)
        return cls(t, pelvis, thorax, thorax - pelvis, side, turn, posture.thigh, smooth, slope(smooth))

    def part(self, span: Span) -> slice:
        """Return the samples from one moment to another."""
        return slice(*np.searchsorted(self.t, span))

    def lowest(self, span: Span) -> float:
        """Return when the thorax is most upright within a span."""
        part = self.part(span)
        return float(self.t[part][np.argmin(self.smooth[part])])

    def deepest(self, span: Span) -> float:
        """Return when the thorax leans most within a span."""
        part = self.part(span)
        return float(self.t[part][np.argmax(self.smooth[part])])

    def phase(self, span: Span, sign: int) -> Span:
        """Return from when to when a phase lasts that goes down (1) or up (-1) within a span."""
        part = self.part(span)
        t, rate = self.t[part], sign * self.rate[part]
        limit = max(EDGE_OF_PEAK * rate.max(), EDGE_DEG_S)
        moving = stretches(rate > limit)
        if not moving:
            raise ValueError(f"nothing moves between {span[0]:.2f} and {span[1]:.2f} s: the script promised a phase")
        travels = np.array([rate[a:b].sum() for a, b in moving])
        [kept] = np.nonzero(travels >= LEAST_TRAVEL * travels.sum())
        return _crossed(t, rate, limit, moving[kept[0]][0], -1), _crossed(t, rate, limit, moving[kept[-1]][1] - 1, 1)


@dataclass(frozen=True)
class Timed:
    """One rep as it was seen: each phase from when to when, and the deepest moment.

    ``down`` is None where nothing was lowered; in a rep that starts bent it follows ``up``. ``onset_after`` is when the
    next movement of the same set begins, None after the last.
    """

    mark: RepMark
    up: Span
    down: Span | None
    bottom_s: float
    onset_after: float | None = None
    pull_after: float | None = None

    @property
    def start_s(self) -> float:
        """The onset: of the way down, or of the pull where it starts bent."""
        return self.up[0] if self.down is None or self.mark.starts_bent else self.down[0]

    @property
    def end_s(self) -> float:
        """Lockout."""
        return self.up[1]

    @property
    def bottom_pause_s(self) -> float | None:
        """The rest at the bottom, or on the floor after it."""
        if self.down is None:
            return None
        pull = self.pull_after if self.mark.starts_bent else self.up[0]
        return None if pull is None else max(0.0, pull - self.down[1])

    @property
    def top_pause_s(self) -> float | None:
        """The rest after lockout."""
        return None if self.onset_after is None else max(0.0, self.onset_after - self.end_s)

    @property
    def whole(self) -> Span:
        """From the onset to lockout, or to the end of the lowering after it."""
        return self.start_s, self.down[1] if self.mark.starts_bent and self.down else self.end_s


def timed(sight: Sight, marks: Sequence[RepMark]) -> list[Timed]:
    """Time every rep of a script."""
    reps = [_bent(sight, mark) if mark.starts_bent else _standing(sight, mark) for mark in marks]
    return [_with_what_follows(rep, after) for rep, after in zip_longest(reps, reps[1:])]


def low_passed(angle: Floats) -> Floats:
    """Return an angle (N,) without what is quicker than 6 Hz."""
    smooth: Floats = sosfiltfilt(butter(2, LOW_PASS_HZ, fs=RATE_HZ, output="sos"), angle, padlen=int(2 * RATE_HZ))
    return smooth


def slope(angle: Floats) -> Floats:
    """Return by how much an angle (N,) grows a second."""
    rate: Floats = np.gradient(angle, 1 / RATE_HZ)
    return rate


def _standing(sight: Sight, mark: RepMark) -> Timed:
    if mark.down is None:
        raise ValueError("a rep that starts standing goes down first")
    bottom = sight.deepest((mark.down[0], mark.up[1]))
    onset = sight.lowest((mark.down[0] - AROUND_S, mark.down[0] + AROUND_S / 2))
    lockout = sight.lowest((mark.up[1] - AROUND_S / 2, mark.up[1] + AROUND_S))
    return Timed(mark, sight.phase((bottom, lockout), -1), sight.phase((onset, bottom), 1), bottom)


def _bent(sight: Sight, mark: RepMark) -> Timed:
    turns = sight.deepest((mark.up[0] - AROUND_S / 2, mark.up[0] + AROUND_S))
    lockout = sight.lowest((mark.up[1] - AROUND_S / 2, mark.up[1] + AROUND_S))
    up = sight.phase((turns, lockout), -1)
    bottom = sight.deepest((min(mark.rest[0], up[0] - 0.1), up[0]))
    if mark.down is None:
        return Timed(mark, up, None, bottom)
    onset = sight.lowest((mark.down[0] - AROUND_S, mark.down[0] + AROUND_S / 2))
    floor = sight.deepest((mark.down[0], mark.down[1] + AROUND_S / 2))
    return Timed(mark, up, sight.phase((onset, floor), 1), bottom)


def _with_what_follows(rep: Timed, after: Timed | None) -> Timed:
    same_set = after is not None and after.mark.set == rep.mark.set
    # Who stood up or tried in vain meanwhile did not rest.
    rested = after is not None and rep.mark.down is not None and after.mark.rest[0] - rep.mark.down[1] < AROUND_S
    pull = after.up[0] if after is not None and same_set and rested else None
    if rep.mark.starts_bent and rep.down is not None:
        return replace(rep, onset_after=rep.down[0], pull_after=pull)
    return replace(rep, onset_after=after.start_s if after is not None and same_set else None)


def _crossed(t: Floats, rate: Floats, limit: float, at: int, beyond: int) -> float:
    """Return when the rate crossed the limit between a sample above it and its neighbour below."""
    other = at + beyond
    if not 0 <= other < len(t):
        return float(t[at])
    share = (rate[at] - limit) / (rate[at] - rate[other])
    return float(t[at] + beyond * share * abs(t[other] - t[at]))
