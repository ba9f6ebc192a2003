"""What a drill asks for and what can be said of it, as data: a file for each beside this module."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal, get_args

import msgspec

from hinge_imu.config import ConfigError, Drill
from hinge_imu.profiles import Profile, built_in

Language = Literal["en", "de"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

Words = dict[Language, str]
"""The same in every language; English is always there."""

COMMON = "common"
"""The file with the sentences that all drills share."""

Kind = Literal["stand", "hinges", "reps", "hold", "rounds"]
Count = Annotated[int, msgspec.Meta(ge=1, le=100)]


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step: ``stand`` still for a second, ``hinges`` that show forward and are not judged, or what is judged.

    That are ``reps`` of the exercise, a ``hold`` of ``seconds``, or ``rounds`` of arching and rounding on all fours.
    """

    kind: Kind
    how: Words
    name: str = "reps"
    count: Count = 1
    seconds: Annotated[float, msgspec.Meta(gt=0)] = 1.0


class Protocol(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One drill or screen.

    ``exercise`` is what its reps are counted as, ``profile`` that exercise where it is the drill's own, ``tempo`` what
    is prescribed; ``sentences`` are what its findings, advice and blind spots say, by name; ``unseen`` are the blind
    spots, of what two sensors on the back cannot know.
    """

    name: str
    title: Words
    about: Words
    steps: tuple[Step, ...]
    exercise: str = "hinge"
    profile: Profile | None = None
    tempo: str | None = None
    sentences: dict[str, Words] = {}
    unseen: tuple[str, ...] = ()

    @property
    def counted(self) -> tuple[Step, ...]:
        """The steps that are made of reps, also those that only show where forward is."""
        return tuple(step for step in self.steps if step.kind in {"hinges", "reps"})

    @property
    def judged(self) -> tuple[Step, ...]:
        """The steps whose reps are judged."""
        return tuple(step for step in self.steps if step.kind == "reps")

    def sentence(self, name: str, language: Language) -> str:
        """Return a sentence of this drill, or one that all share, with its placeholders."""
        own = self.sentences.get(name)
        return say(own if own is not None else common()[name], language)


def say(words: Words, language: Language) -> str:
    """Return words in a language, in English where they are not translated."""
    return words.get(language, words["en"])


@cache
def protocols() -> Mapping[str, Protocol]:
    """Return all drills by name, in the order in which they are usually learnt."""
    found: dict[str, Protocol] = {name: msgspec.convert(_read(name), Protocol) for name in ORDER}
    for name, protocol in found.items():
        if protocol.name != name or (protocol.profile is None and protocol.exercise not in built_in()):
            raise ConfigError(f"{name}.toml: its name or its exercise is not right; see the other drills")
    return found


ORDER: tuple[Drill, ...] = get_args(Drill)


@cache
def common() -> dict[str, Words]:
    """Return the sentences that all drills share."""
    return msgspec.convert(_read(COMMON)["sentences"], dict[str, Words])


def find(name: str) -> Protocol:
    """Return a drill by its name.

    Raises
    ------
    hinge_imu.config.ConfigError
        There is none; the sentence lists those that there are.
    """
    if name not in protocols():
        raise ConfigError(f"drill {name}: is not known; name one of {', '.join(protocols())}")
    return protocols()[name]


def _read(name: str) -> dict[str, object]:
    text = (files("hinge_imu") / "protocols" / f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
