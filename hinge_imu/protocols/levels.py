"""From drills without load to swings: which level is open, by what the drills said, and by what the coach says."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import msgspec

from hinge_imu.config import ConfigError
from hinge_imu.protocols.protocol import Words
from hinge_imu.verdict import DrillEvent


class Need(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A drill that must have been passed in the last ``sessions`` in which it was done and could be judged."""

    drill: str
    sessions: int = 1


class Level(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One level: what is trained in it, and what it needs."""

    name: str
    title: Words
    needs: tuple[Need, ...] = ()


class Decision(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="decision"):
    """What a coach has decided of a level: ``unlocked``, or taken back, by whom and when (UTC)."""

    athlete: str
    level: str
    unlocked: bool
    by: str
    made_utc: str


class Passed(NamedTuple):
    """A need, and how many of the last sessions, from now backwards, have passed it without one in between."""

    need: Need
    sessions: int

    @property
    def met(self) -> bool:
        """Whether that is enough."""
        return self.sessions >= self.need.sessions


class Gate(NamedTuple):
    """One level as it stands: whether it is open, by which drills, and by which coach, where one has opened it."""

    level: Level
    is_open: bool
    passed: tuple[Passed, ...]
    decision: Decision | None


@cache
def levels() -> Mapping[str, Level]:
    """Return the levels by name, the easiest first."""
    text = (files("hinge_imu") / "protocols" / "levels.toml").read_text(encoding="utf-8")
    found = msgspec.convert(tomllib.loads(text)["levels"], list[Level])
    return {level.name: level for level in found}


def find(name: str) -> Level:
    """Return a level by its name.

    Raises
    ------
    hinge_imu.config.ConfigError
        There is none; the sentence lists those that there are.
    """
    if name not in levels():
        raise ConfigError(f"level {name}: is not known; name one of {', '.join(levels())}")
    return levels()[name]


def gates(results: Sequence[DrillEvent], decisions: Sequence[Decision]) -> list[Gate]:
    """Return every level as it stands, by verdicts and decisions in the order in which they were made.

    A level is open when all that it needs has been passed and the level before it is open, or a coach has opened it.
    """
    told = {decision.level: decision for decision in decisions}
    below, found = True, []
    for level in levels().values():
        passed = tuple(Passed(need, _in_a_row(need.drill, results)) for need in level.needs)
        decision = told.get(level.name)
        decision = decision if decision is not None and decision.unlocked else None
        below = decision is not None or (below and all(each.met for each in passed))
        found.append(Gate(level, below, passed, decision))
    return found


def _in_a_row(drill: str, results: Sequence[DrillEvent]) -> int:
    """Return how many of the last sessions have passed a drill; one that could not be judged is none."""
    # The same session judged again counts once, as it came out last.
    sessions = {result.id: result.verdict for result in results if result.drill == drill and result.verdict != "unsure"}
    count = 0
    for verdict in reversed(sessions.values()):
        if verdict != "passed":
            break
        count += 1
    return count
