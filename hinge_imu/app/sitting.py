"""An endless stream cut into sessions: each its share of it, on its own time axis."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

import msgspec
import numpy as np

from hinge_imu.events import AnyEvent, ClockEvent, FailedEvent, MarkEvent, Remark, RepEvent
from hinge_imu.motion.donning import Donning
from hinge_imu.samples import NS, Header, Item

BEFORE_S = 2.0
"""So much of what came before a call is the session's, too. Chosen."""

RESTING_S = 60.0
"""Who has made no rep for so long rests, and a session that has become too long may end. Chosen."""


class Sitting:
    """One session's share of a stream, from ``zero_ns`` of it on; it ends when `end` is called, or the stream does."""

    def __init__(self, items: Iterator[Item], zero_ns: int = 0, before: Iterable[Item] = ()) -> None:
        self._items, self._before = items, before
        self.zero_ns = zero_ns
        self.now_s = 0.0
        self._over = False

    @property
    def zero_s(self) -> float:
        """The same in seconds."""
        return self.zero_ns * NS

    def end(self) -> None:
        """Let no more come; safe from any thread."""
        self._over = True

    @property
    def over(self) -> bool:
        """Whether somebody has ended it."""
        return self._over

    def stream(self) -> Iterator[Item]:
        """Yield what is its own, without empty blocks."""
        for items in (self._before, self._items):
            for item in items:
                if isinstance(item, Remark) or len(item):
                    yield self._moved(item)
                if self._over:
                    return

    def _moved(self, item: Item) -> Item:
        """Return an item on the session's own time axis."""
        if isinstance(item, np.ndarray):
            if self.zero_ns:
                item = item.copy()
                item["t_ns"] -= self.zero_ns
            self.now_s = float(item["t_ns"][-1]) * NS
            return item
        if isinstance(item, ClockEvent) and self.zero_ns:
            began = datetime.fromisoformat(item.started_utc) + timedelta(seconds=self.zero_s)
            item = msgspec.structs.replace(item, started_utc=began.isoformat())
        return msgspec.structs.replace(item, at_s=item.at_s - self.zero_s) if self.zero_ns else item


def wait(items: Iterator[Item], header: Header, *, worn: bool, called: Callable[[], bool]) -> Sitting | None:
    """Return the next session, once the wearer stands or one is ``called`` for; None where the stream ends before.

    ``header`` says what the samples mean; ``worn`` is for a strap that is known to be on someone.
    """
    donning = Donning(header, worn=worn)
    recent: deque[Item] = deque()
    for item in items:
        since_s = None
        if isinstance(item, np.ndarray) and len(item):
            recent.append(item)
            since_s = donning.push(item)
            _forget(recent, int(item["t_ns"][-1]) - round(2 * BEFORE_S / NS))
        elif isinstance(item, Remark):
            recent.append(item)
        if called() or since_s is not None:
            _forget(recent, round(since_s / NS) if since_s is not None else _now_ns(recent) - round(BEFORE_S / NS))
            return Sitting(items, _first_ns(recent), recent)
    return None


class Patience:
    """Tells when a session is over by itself: no bend for ``quiet_s``, or longer than ``longest_s`` and a rest."""

    def __init__(self, quiet_s: float, longest_s: float) -> None:
        self._quiet_s, self._longest_s = quiet_s, longest_s
        self._bent_s = 0.0
        self.rotating = False
        """Whether it was its length that has ended it."""

    def event(self, event: AnyEvent) -> None:
        """Hear what was said."""
        if isinstance(event, RepEvent):
            self._bent_s = max(self._bent_s, event.said_s, event.end_s)
        elif isinstance(event, FailedEvent | MarkEvent):
            self._bent_s = max(self._bent_s, event.at_s)

    def over(self, now_s: float) -> bool:
        """Return whether enough time has passed."""
        quiet_s = now_s - self._bent_s
        self.rotating = now_s > self._longest_s and quiet_s > RESTING_S
        return self.rotating or quiet_s > self._quiet_s


def _now_ns(recent: deque[Item]) -> int:
    return max((int(item["t_ns"][-1]) for item in recent if isinstance(item, np.ndarray)), default=0)


def _first_ns(recent: deque[Item]) -> int:
    return min((int(item["t_ns"][0]) for item in recent if isinstance(item, np.ndarray)), default=0)


def _forget(recent: deque[Item], before_ns: int) -> None:
    """Drop what is older, and what was said before the first samples that are kept."""
    while recent and (isinstance(recent[0], Remark) or int(recent[0]["t_ns"][-1]) < before_ns):
        recent.popleft()
