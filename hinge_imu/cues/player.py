"""Plays patterns on a line without ever making anybody wait.

There is room for one word besides the one that is being played: the newest wins, unless the one that waits is more
serious. A more serious one cuts what is being played. Beneath the words, a background may run: the LED's light, or the
metronome.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Condition, Thread
from typing import NamedTuple, Self

from hinge_imu.cues.patterns import Pattern, length_s, level

PAUSE_S = 0.35
"""Two words in a row are this far apart, so that they are not heard as one. Chosen."""


class _Said(NamedTuple):
    pattern: Pattern
    urgency: int
    began_s: float


class _Background(NamedTuple):
    pattern: Pattern
    began_s: float
    repeats: bool


class Turns:
    """What a line is to do at any moment, without a clock of its own; times in s."""

    def __init__(self) -> None:
        self._now: _Said | None = None
        self._next: tuple[Pattern, int] | None = None
        self._background: _Background | None = None

    def say(self, pattern: Pattern, urgency: int, now_s: float) -> None:
        """Take a word."""
        if self._now is None or urgency > self._now.urgency:
            self._now, self._next = _Said(pattern, urgency, now_s), None
        elif self._next is None or urgency >= self._next[1]:
            self._next = pattern, urgency

    def lay(self, pattern: Pattern | None, began_s: float, *, repeats: bool) -> None:
        """Lay a background beneath the words, in place of the one before."""
        self._background = None if pattern is None else _Background(pattern, began_s, repeats)

    def at(self, now_s: float) -> tuple[bool, float | None]:
        """Return whether the line is on, and in how many seconds that may change; None: not by itself."""
        while self._now is not None:
            on, left_s = level(self._now.pattern, now_s - self._now.began_s)
            if left_s is not None:
                return on, left_s
            pause_s = self._now.began_s + length_s(self._now.pattern) + PAUSE_S - now_s
            if pause_s > 0:
                return False, pause_s
            self._now = None if self._next is None else _Said(*self._next, now_s)
            self._next = None
        under = self._background
        if under is None:
            return False, None
        elapsed_s = now_s - under.began_s
        return level(under.pattern, elapsed_s % length_s(under.pattern) if under.repeats else elapsed_s)


class Player:
    """A line of its own thread: ``switch`` is told when it goes on and off. A context manager.

    `say` and `lay` return at once, from any thread.
    """

    def __init__(self, switch: Callable[[bool], object], clock: Callable[[], float] = time.monotonic) -> None:
        self._switch, self._clock = switch, clock
        self._turns = Turns()
        self._changed = Condition()
        self._over = False
        self._thread = Thread(target=self._play, name="cues", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._over = True
            self._changed.notify()
        self._thread.join()

    def say(self, pattern: Pattern, urgency: int = 1) -> None:
        """Play a pattern, as soon as nothing as urgent is being played."""
        with self._changed:
            self._turns.say(pattern, urgency, self._clock())
            self._changed.notify()

    def lay(self, pattern: Pattern | None, *, ago_s: float = 0.0, repeats: bool = True) -> None:
        """Lay a background beneath the words, as if it had begun so long ago."""
        with self._changed:
            self._turns.lay(pattern, self._clock() - ago_s, repeats=repeats)
            self._changed.notify()

    def _play(self) -> None:
        on = False
        with self._changed:
            while not self._over:
                wanted, left_s = self._turns.at(self._clock())
                if wanted != on:
                    on = wanted
                    self._switch(on)
                self._changed.wait(left_s)
        if on:
            self._switch(not on)
