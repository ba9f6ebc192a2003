"""Beats the time of a prescription: a tick where each phase should begin.

Either it runs freely, one cycle after the other from the first rep's onset on, and the wearer follows. Or it follows
the wearer: each rep's cycle begins with that rep's own onset. An onset can be told only once the trunk is under way, so
the tick for it is left out; when it was is reckoned back, and the ticks for the bottom, the way up and the top come in
time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from hinge_imu.config import Beats
from hinge_imu.cues.patterns import TICK, Pattern
from hinge_imu.samples import SEGMENTS, Angles, Floats, Header

ONSET_DEG = 6.0
"""A trunk that leans by so much more than it stood is on its way down. Chosen: beyond sway and breathing."""

SWAY_DEG = 0.5
"""It set off where it was last so close to how it stood. Chosen."""

STOOD_S = 1.0
"""It stood where it leant least within this time."""

UP_DEG, BENT_DEG = 12.0, 25.0
"""A rep begins from leaning by less than the first, or from the floor, from leaning by more than the second. Chosen."""

LEAST_S = 0.2
"""Ticks closer together than this are heard as one; a phase shorter than this has none."""


class Beat(NamedTuple):
    """What to lay beneath the words: a pattern that began so many seconds before the newest sample."""

    pattern: Pattern
    ago_s: float
    repeats: bool


class Metronome:
    """Angles in, beats out; ``digits`` (4,) are the prescribed seconds down, at the bottom, up, at the top.

    X, as fast as possible, is 0. A lift that ``starts_bent`` is beaten from its pull on: up, top, down, bottom.
    """

    def __init__(self, header: Header, digits: Sequence[float], kind: Beats, *, starts_bent: bool = False) -> None:
        down, bottom, up, top = digits
        self._phases = (up, top, down, bottom) if starts_bent else (down, bottom, up, top)
        self._kind, self._sign = kind, -1.0 if starts_bent else 1.0
        self._ready = -BENT_DEG if starts_bent else UP_DEG
        self._leader = header.sensors[-1]
        self._past = np.empty((2, 0))
        self._away = self._running = False

    def push(self, angles: Angles) -> Beat | None:
        """Take the next angles; return what is to be beaten from now on, where a rep begins by them."""
        sagittal = angles.sagittal
        if not len(sagittal.t_ns):
            return None
        lead = np.degrees(sagittal.thorax if self._leader == len(SEGMENTS) - 1 else sagittal.pelvis)
        past = np.concatenate([self._past, [sagittal.t_s, lead]], axis=1)
        self._past = past[:, past[0] > past[0, -1] - STOOD_S]
        return self._look(*self._past)

    def rest(self) -> None:
        """Hear that the set is over."""
        self._running = False

    def _look(self, t: Floats, lead: Floats) -> Beat | None:
        moved = self._sign * lead
        stood = float(np.fmin.reduce(moved))
        begins = bool(moved[-1] - stood > ONSET_DEG) and stood < self._ready
        onset, self._away = begins and not self._away, begins
        if not onset or self._running:
            return None
        self._running = self._kind == "free"
        onset_s = float(t[np.flatnonzero(moved < stood + SWAY_DEG)[-1]])
        return Beat(beaten(self._phases, free=self._running), float(t[-1]) - onset_s, self._running)


def beaten(phases: Sequence[float], *, free: bool) -> Pattern:
    """Return one cycle of phases (4,) s: a tick where each begins.

    The first is left out where the cycle is not run freely: it is the wearer's own. Of two ticks that would be heard as
    one, the later is left.
    """
    begins = np.cumsum([0.0, *phases]).tolist()
    ticks = begins[:-1] if free else begins[1:-1]
    after = [*ticks[1:], begins[-1] if free else np.inf]
    pattern, now_s = [0.0], 0.0
    for at_s, next_s in zip(ticks, after, strict=True):
        if next_s - at_s >= LEAST_S:
            pattern += [at_s - now_s, TICK]
            now_s = at_s + TICK
    return (*pattern, max(begins[-1] - now_s, 0.0))
