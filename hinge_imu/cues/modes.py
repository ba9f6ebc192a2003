"""Which faults are worth a word, and when: events in, words out.

mode        says
every       each fault, as it happens, and what was good
serious     only what is far beyond its limit
faded       fewer the better it goes: each, then every second, third, fourth rep at most; what is serious always
after_set   one word when the set is over: what there was most of
silent      nothing

Feedback after every rep helps at once and is missed when it goes; given less and less often, what was learnt stays
(Winstein, Schmidt 1990, DOI 10.1037/0278-7393.16.4.677). From how many reps that is told here, and the steps, are
chosen.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import NamedTuple

from hinge_imu.config import Mode
from hinge_imu.cues.patterns import FAULTS, Word
from hinge_imu.events import AnyEvent, CueEvent, RepEvent, SetEvent

LATELY, MOST = 8, 4
"""How many reps are looked back upon, and every how many at the least a fault is told."""

PRAISED = 3
"""A set of fewer reps is not called a good one."""


class Said(NamedTuple):
    """A word to play; the more urgent cuts the other off."""

    word: Word
    urgency: int


class Told:
    """One session in one mode."""

    def __init__(self, mode: Mode) -> None:
        self._mode = mode
        self._words: Counter[Word] = Counter()  # of this set
        self._lately: deque[bool] = deque(maxlen=LATELY)  # which reps went wrong
        self._reps: set[str] = set()
        self._wrong = False  # since the last rep
        self._since = MOST  # reps without a word

    def hear(self, event: AnyEvent) -> Said | None:
        """Take an event; return the word to play now, None for most."""
        if self._mode == "silent":
            return None
        if isinstance(event, CueEvent):
            return self._cue(event)
        if isinstance(event, RepEvent):
            self._count(event)
        return self._set(event) if isinstance(event, SetEvent) else None

    def _cue(self, cue: CueEvent) -> Said | None:
        word = FAULTS[cue.name]
        again = cue.serious and cue.rep_id is None  # the same crossing, gone on
        self._words[word] += not again
        if cue.rep_id is None:
            self._wrong = True
        elif self._lately:
            self._lately[-1] = True
        told = {
            "every": not again,
            "serious": cue.serious,
            "faded": self._since >= (1 if cue.serious else self._every),
        }
        if not told.get(self._mode, False):
            return None
        self._since = 0
        return Said(word, 3 if cue.serious else 2)

    def _count(self, rep: RepEvent) -> None:
        if rep.id in self._reps:
            return
        self._reps.add(rep.id)
        self._lately.append(self._wrong)
        self._since += 1
        self._wrong = False

    @property
    def _every(self) -> int:
        """Return every how many reps a fault is told: the more of the last ones were right, the fewer."""
        right = sum(not wrong for wrong in self._lately)
        return 1 + right * (MOST - 1) // LATELY

    def _set(self, ended: SetEvent) -> Said | None:
        words, self._words = self._words, Counter()
        self._reps.clear()
        if not words:
            return Said("good", 1) if ended.reps >= PRAISED else None
        return Said(words.most_common(1)[0][0], 1) if self._mode == "after_set" else None
