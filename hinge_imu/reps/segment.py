"""Finds bends in an endless stream of inclination: down far enough, back up far enough, and come to rest.

    state      what is watched                                         goes to
    STANDING   the lowest inclination of the last seconds              BENT when this far above it
    BENT       the deepest inclination                                 RISEN when most of the way back is done, or
                                                                       nearly half of it and held,
                                                                       STANDING when it takes too long
    RISEN      the rate                                                STANDING when it has come to rest, or goes down
                                                                       again: that was a bend

Only the inclination is looked at here; whether a bend is a rep is decided by its metrics.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple

import numpy as np
from scipy.ndimage import maximum_filter1d, minimum_filter1d

from hinge_imu.reps.phases import LEAST_RATE, OF_PEAK
from hinge_imu.samples import Bools, Floats

ENTER_DEG = 15.0
"""Leaning this much more than before may be the beginning of a rep."""

LEANT_BACK_DEG = -6.0
"""Leaning back further than this, nobody stands: a bend comes from no lower than this."""

RETURNED = 0.65
"""Share of the way down that must be undone; a pull that turns back sooner has failed."""

HELD, HELD_DEG, HELD_S = 0.45, 3.0, 1.2
"""Who holds it within so much for so long has come as far as this lift goes, if that is this share of the way."""

BASE_S = 5.0
"""How far back the lowest inclination counts as where the bend came from."""

LONGEST_S = 30.0
"""Nobody holds a hinge longer; who stays down longer has sat down or lies."""

REST_S = 0.15
"""Time over which the rate is averaged to see that a rep has come to rest."""

PEAK_S = 0.1
"""Time over which the peak rate is averaged."""


EXTREMES = maximum_filter1d, minimum_filter1d


class Bend(NamedTuple):
    """One bend, as sample numbers: where it was noticed, its bottom, and where its end was certain.

    ``returned`` is false for who went down and stayed there.
    """

    entered: int
    bottom: int
    known: int
    returned: bool = True


class State(Enum):
    """Where in a bend the wearer is."""

    STANDING = auto()
    BENT = auto()
    RISEN = auto()


class Bends:
    """The state machine; samples are numbered from the first that was pushed."""

    def __init__(self, rate_hz: float) -> None:
        self._rate = rate_hz
        self._base_n, self._rest_n, self._peak_n = (max(1, round(s * rate_hz)) for s in (BASE_S, REST_S, PEAK_S))
        self._longest = round(LONGEST_S * rate_hz)
        self._hold_n = max(2, round(HELD_S * rate_hz))
        self._state = State.STANDING
        self._angle = np.empty(0)
        self._offset = 0  # number of the first sample that is kept
        self._next = 0  # number of the first sample that was not looked at in this state
        self._since = 0  # number of the sample with which the state of standing or being bent began
        self._base = 0.0
        self._bottom = 0

    @property
    def entered(self) -> int | None:
        """The sample with which the bend that is under way was noticed; None while standing."""
        return None if self._state is State.STANDING else self._since

    def push(self, angle: Floats) -> Iterator[Bend]:
        """Take the leading inclination (N,) in degrees, without gaps; yield the bends that are certain now."""
        self._angle = np.concatenate([self._angle, angle])
        end = self._offset + len(self._angle)
        steps = {State.STANDING: self._stand, State.BENT: self._bend, State.RISEN: self._rise}
        while self._next < end:
            # A look at a time: what comes after the next change of state would be looked at again.
            bend = steps[self._state](min(end, self._next + self._base_n))
            if bend is not None:
                yield bend
        self._forget(end)

    def finish(self) -> Iterator[Bend]:
        """Yield the bend that was on its way to rest when the stream ended."""
        if self._state is State.RISEN:
            yield self._done(self._next - 1)

    def _stand(self, end: int) -> Bend | None:
        """Wait until the inclination is well above the lowest of the last seconds."""
        first = max(self._since, self._next - self._base_n)
        angle = self._view(first, end)
        # With its window shifted back, the filter's minimum is over the past alone.
        lowest = minimum_filter1d(angle, self._base_n, origin=(self._base_n - 1) // 2, mode="nearest")
        index = _first(angle - np.maximum(lowest, LEANT_BACK_DEG) > ENTER_DEG, self._next - first)
        self._next = min(first + index, end)
        if self._next < end:
            self._state, self._since, self._bottom = State.BENT, self._next, self._next
            self._base = max(float(lowest[index]), LEANT_BACK_DEG)
        return None

    def _bend(self, end: int) -> Bend | None:
        """Follow the deepest point until most of the way is undone."""
        deadline = self._since + self._longest
        first, stop = self._bottom, min(end, deadline)
        angle = self._view(first, stop)
        deepest = np.maximum.accumulate(angle)
        back = (deepest - angle) / np.maximum(deepest - self._base, 1.0)
        # With its window shifted back, the filter's range is over the past alone.
        ends = (sort(angle, self._hold_n, origin=(self._hold_n - 1) // 2, mode="nearest") for sort in EXTREMES)
        held = next(ends) - next(ends) < HELD_DEG
        index = _first((back >= RETURNED) | (held & (back >= HELD)), self._next - first)
        self._bottom = first + int(np.argmax(angle[: index + 1]))
        self._next = first + index
        if index < len(angle):
            self._state = State.RISEN
        elif stop == deadline:
            return self._done(stop, returned=False)
        return None

    def _rise(self, end: int) -> Bend | None:
        """Wait until the rate has fallen to where a phase ends; going down again is a rate below that, too."""
        peak, rest = self._peak_n, self._rest_n
        angle = self._view(self._bottom, end)
        # Before the bottom the way up had not begun, so its padding is the bottom itself.
        padded = np.concatenate([np.full(max(peak, rest), angle[0]), angle])
        rising = (padded[-len(angle) - peak : -peak] - angle) * self._rate / peak
        limit = np.maximum(OF_PEAK * np.maximum.accumulate(rising), LEAST_RATE)
        slow = (padded[-len(angle) - rest : -rest] - angle) * self._rate / rest < limit
        self._next = self._bottom + _first(slow, self._next - self._bottom)
        return self._done(self._next) if self._next < end else None

    def _done(self, known: int, *, returned: bool = True) -> Bend:
        bend = Bend(self._since, self._bottom, known, returned)
        self._state, self._since = State.STANDING, known
        return bend

    def _view(self, start: int, stop: int) -> Floats:
        return self._angle[start - self._offset : stop - self._offset]

    def _forget(self, end: int) -> None:
        keep = max(self._since, end - self._base_n - 1) if self._state is State.STANDING else self._bottom
        self._angle, self._offset = self._angle[keep - self._offset :], keep


def _first(mask: Bools, start: int) -> int:
    """Return the index of the first True from ``start`` on, or the length."""
    found = np.flatnonzero(mask[start:])
    return start + int(found[0]) if len(found) else len(mask)
