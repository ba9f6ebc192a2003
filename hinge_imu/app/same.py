"""What a recording's device said live, beside what is said of it now: the same to the last bit, or where not."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, pairwise, zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from hinge_imu.app.made_with import made_with
from hinge_imu.app.replay import BLOCK
from hinge_imu.events import AnyEvent, SessionEvent, to_dict
from hinge_imu.pipeline import Pipeline
from hinge_imu.recording import Recording, RecordingError, open_recording, pushes
from hinge_imu.recording.mcap import McapRecording

CLOSE = 1e-6
"""How far values may be apart where versions or machines differ: libraries add in another order. By contract."""

LEFT_OUT = {"started_utc"}
"""UTC is no matter of the pipeline."""


class Difference(NamedTuple):
    """Where the two part: the number of the event, its kind, the field in it, and its value live and replayed.

    A whole event that only one of them has is the field ``event``.
    """

    number: int
    kind: str
    field: str
    live: Any
    replayed: Any

    @property
    def fields(self) -> dict[str, Any]:
        """What a line of JSON says of it: its kind as ``event``, and its fields."""
        number, kind, field, live, replayed = self
        return {"event": kind, "number": number, "field": field, "live": live, "replayed": replayed}

    def __str__(self) -> str:
        if self.field == "event":
            there, gone = ("live", "in the replay") if self.replayed is None else ("in the replay", "live")
            return f"event {self.number} ({self.kind}) was said {there}, and not {gone}"
        return f"event {self.number} ({self.kind}): {self.field} was {self.live!r} live, and is {self.replayed!r} now"


class Comparison(NamedTuple):
    """How many events were compared, how close was asked for and found, what differs, and what else is to be said.

    ``exact`` says whether every bit had to be the same, because the same versions ran on the same machine;
    ``largest`` is the largest difference of a value that was let pass.
    """

    compared: int
    exact: bool
    largest: float
    differences: list[Difference]
    notes: list[str]

    @property
    def same(self) -> bool:
        """Whether nothing differs that may not."""
        return not self.differences

    def __str__(self) -> str:
        asked = "to the last bit (same versions, same machine)" if self.exact else f"within {CLOSE:g}"
        if self.same:
            found = "every bit is the same" if self.largest == 0 else f"values differ by {self.largest:.1g} at most"
            return f"the same: {self.compared} events, compared {asked}; {found}"
        return f"different: {len(self.differences)} of the values in {self.compared} events, compared {asked}"


def check(path: Path, progress: Callable[[float], None] | None = None) -> Comparison:
    """Run a recording through the pipeline in the very pieces of the live session, and compare what is said.

    Where the recording ends before the session did, the last piece may be half of one, and is left out; so is what was
    said live after it.

    Raises
    ------
    RecordingError
        Where it cannot be read, holds nothing that was said live, or is damaged on the way.
    """
    recording = open_recording(path)
    live = recording.events()
    if not live:
        raise RecordingError(f"{path}: holds nothing that was said live; give a recording of `hinge-imu live`")
    last = live[-1]
    ended = isinstance(last, SessionEvent) and last.state == "ended"
    replayed = _said(recording, ended=ended, progress=progress or (lambda _: None))
    if isinstance(recording, McapRecording) and recording.damaged:
        raise RecordingError(f"{path}: is damaged on the way, and what comes after that cannot be the same")
    late = 0 if ended else max(0, len(live) - len(replayed))
    notes = [f"{path}: ends before the session did; {late} events that were said after that are left out"]
    exact = recording.header.made_with == made_with()
    return compare(live[: len(live) - late], replayed, exact=exact, notes=[] if ended else notes)


def compare(live: Sequence[AnyEvent], replayed: Sequence[AnyEvent], *, exact: bool, notes: list[str]) -> Comparison:
    """Compare events with events, in their order, up to the first that only one of them has."""
    differences: list[Difference] = []
    largest = 0.0
    for number, (one, other) in enumerate(zip_longest(live, replayed), 1):
        if type(one) is not type(other):
            differences += [_alone(number, each, live=each is one) for each in (one, other) if each is not None]
            break
        kind = str(one.__struct_config__.tag)
        before, now = dict(_flat(to_dict(one))), dict(_flat(to_dict(other)))
        for field in {**before, **now}:
            was, is_ = before.get(field), now.get(field)
            apart = abs(was - is_) if isinstance(was, float) and isinstance(is_, float) else math.inf
            if was == is_ or field in LEFT_OUT:
                continue
            if not exact and apart <= CLOSE:
                largest = max(largest, apart)
            else:
                differences.append(Difference(number, kind, field, was, is_))
    return Comparison(max(len(live), len(replayed)), exact, largest, differences, notes)


def _alone(number: int, event: AnyEvent, *, live: bool) -> Difference:
    said = to_dict(event)
    return Difference(number, said["event"], "event", said if live else None, None if live else said)


def _said(recording: Recording, *, ended: bool, progress: Callable[[float], None]) -> list[AnyEvent]:
    pipeline = Pipeline(recording.header)
    said: list[AnyEvent] = []
    for item, after in pairwise(chain(pushes(recording.stream(), BLOCK), [None])):
        if item is not None and (after is not None or ended):
            said += pipeline.push(item)
        progress(recording.fraction)
    return [*said, *pipeline.finish()] if ended else said


def _flat(value: Any, field: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the plain values in nested ones, each with its place, as in ``faults.0.value``."""
    if not isinstance(value, dict | list | tuple):
        yield field, value
        return
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, each in inner:
        yield from _flat(each, f"{field}.{key}" if field else str(key))
