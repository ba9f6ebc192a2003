"""The words that are buzzed, shaken and blinked: six corrections, one praise, and what the strap says of itself.

A word is what to do, not what was wrong: twelve faults need six of them. They are told apart by number and length
alone, so that buzzer, motor and LED say the same. Lengths are chosen: a small motor takes some 50 to 100 ms to be felt,
and short and long differ by more than three times.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from hinge_imu.events import FaultName

Pattern: TypeAlias = tuple[float, ...]
"""Seconds on, off, on ... ; the first may be 0 for one that begins with a pause."""

Word = Literal["flat", "ribs", "hips", "slow", "square", "finish", "good", "tick"]
Light = Literal["starting", "ready", "recording", "trouble"]

SHORT, LONG, GAP = 0.12, 0.45, 0.13
TICK = 0.05


class Meaning(NamedTuple):
    """A word: how it is played, and what it asks for."""

    pattern: Pattern
    says: str


def _of(drawing: str) -> Pattern:
    """Return a pattern from its drawing: ``.`` is short, ``-`` long."""
    lengths = [SHORT if mark == "." else LONG for mark in drawing]
    return tuple(second for length in lengths for second in (length, GAP))[:-1]


WORDS: dict[Word, Meaning] = {
    "flat": Meaning(_of(".."), "back flat"),
    "ribs": Meaning(_of("-"), "ribs down"),
    "hips": Meaning(_of("--"), "hips first"),
    "slow": Meaning(_of("..."), "slower"),
    "square": Meaning(_of(".-"), "square"),
    "finish": Meaning(_of("-."), "all the way"),
    "good": Meaning(_of("..-"), "a good set"),
    "tick": Meaning((TICK,), "metronome, or: heard"),
}

FAULTS: dict[FaultName, Word] = {
    "spine_rounding": "flat",
    "butt_wink": "flat",
    "spine_arching": "ribs",
    "overextended_lockout": "ribs",
    "spine_first": "hips",
    "squat_pattern": "hips",
    "uncontrolled_lowering": "slow",
    "bounce": "slow",
    "off_tempo": "slow",
    "not_square": "square",
    "incomplete_lockout": "finish",
    "partial_rep": "finish",
}
"""Which word each fault is told with."""

LIGHTS: dict[Light, Pattern] = {
    "starting": (0.5, 0.5),
    "ready": (3600.0,),
    "recording": (0.05, 1.95),
    "trouble": (0.1, 0.1),
}
"""What the LED shows, over and over, while no word is said: slow blinking until the wearer has stood still, on until a
set is under way, a wink every two seconds during it, and fast blinking while a sensor is away."""


def drawn(pattern: Pattern) -> str:
    """Return a pattern as text: a dot for short, a bar for long."""
    marks = ["·" if seconds < SHORT else "•" if seconds < LONG else "▬▬▬" for seconds in pattern[::2]]
    return " ".join(marks)


def length_s(pattern: Pattern) -> float:
    """Return how long a pattern takes."""
    return sum(pattern)


def level(pattern: Pattern, elapsed_s: float) -> tuple[bool, float | None]:
    """Return whether a pattern is on so long after its start, and in how many seconds that changes; None: never."""
    end_s = 0.0
    for number, seconds in enumerate(pattern):
        end_s += seconds
        if elapsed_s < end_s:
            return number % 2 == 0, end_s - elapsed_s
    return False, None
