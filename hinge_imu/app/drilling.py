"""A session that is a drill: the wearer hears how far it is, and at its end what there is to practise."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from hinge_imu.app import drill_results, drill_words
from hinge_imu.app.cueing import DRILL
from hinge_imu.config import ConfigError, Drill
from hinge_imu.cues.patterns import Word
from hinge_imu.events import AnyEvent, SessionEvent
from hinge_imu.protocols.judge import judge
from hinge_imu.protocols.progress import Progress
from hinge_imu.protocols.protocol import Protocol, find
from hinge_imu.protocols.seen import LOOKED_AT_CLOSELY, Seen
from hinge_imu.samples import Angles, Frames, Header
from hinge_imu.verdict import DrillEvent

LONGEST_S = 300.0
"""A drill that is not done by then is over; chosen: the longest takes two minutes."""

TO_DO: dict[str, Word] = {
    "rounded": "flat",
    "rounding": "flat",
    "rounded_up": "flat",
    "control": "flat",
    "control_kneeling": "flat",
    "flexibility": "flat",
    "arched": "ribs",
    "sagged": "ribs",
    "trunk_first": "hips",
    "limited": "hips",
    "eccentric": "slow",
    "bottom_pause": "slow",
    "concentric": "slow",
    "square": "square",
}
"""What is said of each finding that is to be practised; of all others, that more of it was asked for."""


class Ended(NamedTuple):
    """What a drill came to: the word that the wearer hears, and sentences for people."""

    word: Word | None
    sentences: list[str]


class Pace:
    """Lets the wearer hear how far a drill is: listens to angles and events.

    ``say`` is told a word when the stance is known and at each rep (a tick), and at the end of each step.
    """

    def __init__(self, protocol: Protocol, say: Callable[[Word], object]) -> None:
        self.progress = Progress(protocol)
        self._say = say
        self._step, self._done = self.progress.step, 0.0

    def angles(self, angles: Angles) -> None:
        """Take the next angles."""
        self.progress.push(angles)
        self._tell()

    def event(self, event: AnyEvent) -> None:
        """Take what the pipeline says."""
        self.progress.hear(event)
        self._tell()

    def _tell(self) -> None:
        step, done = self.progress.step, self.progress.done
        if step is not self._step:
            self._say("tick" if self._step is not None and self._step.kind == "stand" else "finish")
        elif step is not None and step.kind != "hold" and done > self._done:
            self._say("tick")
        self._step, self._done = step, done


class Drilling:
    """A session's listener for angles, frames and events; ``end`` is called when all is done, or taken too long.

    ``say`` is told the words of its `Pace`.
    """

    def __init__(self, header: Header, say: Callable[[Word], object], end: Callable[[], object]) -> None:
        self._protocol, self._header = find(header.labels[DRILL]), header
        self._pace, self._end = Pace(self._protocol, say), end
        self._angles: list[Angles] = []
        self._frames: list[Frames] = []
        self._said: list[AnyEvent] = []

    def angles(self, angles: Angles) -> None:
        """Take the next angles."""
        self._angles.append(angles)
        self._pace.angles(angles)
        if self._pace.progress.over or self._pace.progress.now_s > LONGEST_S:
            self._end()

    def frames(self, frames: Frames) -> None:
        """Take the samples that the next angles are made of."""
        if self._protocol.name in LOOKED_AT_CLOSELY and len(frames.t_ns):
            self._frames.append(frames)

    def event(self, event: AnyEvent) -> None:
        """Take what the pipeline says."""
        self._said.append(event)
        self._pace.event(event)

    def finish(self, made_from: str) -> Ended:
        """Judge it, as its recording would be judged, and keep that where `hinge-imu drill` does."""
        last = [event for event in self._said if isinstance(event, SessionEvent)][-1]
        known = msgspec.structs.replace(self._header, athlete=last.athlete, started_utc=last.started_utc)
        seen = Seen.of(known, self._said, self._angles, self._frames)
        verdict = drill_words.told(judge(self._protocol, seen), self._protocol)
        sentences = [_sentence(verdict, self._protocol), _keep(verdict, known, made_from)]
        return Ended(word(verdict), [each for each in sentences if each is not None])


def asked(name: Drill) -> dict[str, Any]:
    """Return the fields of a header that say how a drill's reps are counted, and at what tempo."""
    return {field: getattr(find(name), field) for field in ("exercise", "profile", "tempo")}


def word(verdict: DrillEvent) -> Word | None:
    """Return what the wearer hears of a verdict: praise, what to do next time, or nothing where nobody can know."""
    if verdict.verdict == "unsure":
        return None
    first = next((finding.name for finding in verdict.findings if finding.grade == "practise"), None)
    return "good" if first is None else TO_DO.get(first, "finish")


def _sentence(verdict: DrillEvent, protocol: Protocol) -> str:
    """Return a verdict in one line."""
    heading = drill_words.heading(verdict, protocol)
    found = [finding.text for finding in verdict.findings if finding.grade not in {"good", "told"}]
    return "; ".join([heading, *found])


def _keep(verdict: DrillEvent, header: Header, made_from: str) -> str | None:
    """Keep a verdict where `hinge-imu drill` does; return what is to be said of that, where there is anything."""
    if verdict.athlete is None:
        return None
    result = drill_results.Result(
        athlete=verdict.athlete,
        made_utc=header.started_utc or datetime.now(UTC).isoformat(timespec="seconds"),
        made_from=made_from,
        simulated=header.simulated,
        verdict=verdict,
    )
    try:
        drill_results.add(result, drill_results.default_results())
    except ConfigError as error:
        return str(error)
    return None
