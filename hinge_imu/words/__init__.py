"""What people are told, a language a file: the words of the terminal, the cues and the page, in one table."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec

from hinge_imu.config import ConfigError
from hinge_imu.events import Fault, FaultName, FaultUnit

Drill = Literal["dowel", "wall", "kneeling", "toe_touch", "single_leg", "hinge", "plank", "cat_cow", "tempo"]
Phase = Literal["eccentric", "bottom_pause", "concentric", "top_pause"]

MARKS: dict[FaultName, str] = {
    "spine_rounding": "▲",
    "spine_arching": "▼",
    "butt_wink": "◆",
    "spine_first": "►",
    "incomplete_lockout": "△",
    "overextended_lockout": "◄",
    "uncontrolled_lowering": "▽",
    "bounce": "★",
    "partial_rep": "◐",
    "off_tempo": "◎",
    "not_square": "■",
    "squat_pattern": "◇",
}
"""A shape of its own for each fault, from the part of Unicode that every telephone can draw and none makes a picture
of."""

BACK: frozenset[FaultName] = frozenset({"spine_rounding", "spine_arching", "butt_wink"})
"""With none of these a back has held."""


class FaultWords(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One fault for people: what a lifter calls it, how it is said of a rep, and what to do about it.

    ``said`` has the places ``{value}`` and ``{limit}``, ``cue`` is short enough to be shouted, ``coach`` asks for
    something in the room rather than in the body (external focus), ``drill`` mends it, and ``why`` says how.
    """

    title: str
    said: str
    cue: str
    coach: str
    drill: Drill
    why: str


class Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All words of one language: ``page`` are those of a session's page, ``dashboard`` of the coach's, by place."""

    language: str
    decimal: Literal[".", ","]
    disclaimer: str
    cannot_know: tuple[str, ...]
    faults: dict[FaultName, FaultWords]
    drills: dict[Drill, str]
    exercises: dict[str, str]
    phases: dict[Phase, str]
    page: dict[str, str]
    dashboard: dict[str, str]

    def said(self, fault: Fault) -> str:
        """Return a fault of a rep in a coach's words, with how much and against which limit."""
        sentence = self.faults[fault.name].said
        return sentence.format(value=self.amount(fault.value, fault.unit), limit=self.amount(fault.limit, fault.unit))

    def amount(self, value: float, unit: FaultUnit) -> str:
        """Return how much something is, without its sign: which way it goes is in the words around it."""
        digits = 0 if unit in {"deg", "deg/s", "%", "cm"} else 1 if abs(value) >= 1 else 2
        return self.number(abs(value), digits) + {"deg": "°", "deg/s": "°/s"}.get(unit, f" {unit}")

    def number(self, value: float, digits: int = 0) -> str:
        """Return a number as this language writes it, without zeros at its end."""
        text = f"{value:.{digits}f}"
        text = text.rstrip("0").rstrip(".") if digits else text
        return "0" if text in {"-0", ""} else text.replace(".", self.decimal)

    def exercise(self, name: str, title: str | None = None) -> str:
        """Return what an exercise is called; one of the user's own goes by its own ``title``."""
        return self.exercises.get(name) or title or name


@cache
def words(language: str = "en") -> Words:
    """Return the words of a language; raises ConfigError with those that there are, where there are none."""
    if language not in languages():
        raise ConfigError(f"--language {language}: is not known; name one of {', '.join(languages())}")
    text = (files(__name__) / f"{language}.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Words)


def languages() -> tuple[str, ...]:
    """Return the languages that there are words in."""
    names = (path.name for path in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))
