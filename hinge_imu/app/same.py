"""What a recording's device said live, beside what is said of it now: the same to the last bit, or where not."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from hinge_imu.app.made_with import made_with
from hinge_imu.app.replay import BLOCK
from hinge_imu.events import AnyEvent, SessionEvent, to_dict
from hinge_imu.pipeline import Pipeline
from hinge_imu.recording import Recording, RecordingError, pushes
from hinge_imu.samples import Item

CLOSE = 1e-6
"""How far values may be apart where versions or machines differ: libraries add in another order. By contract."""

LEFT_OUT = {"started_utc"}
"""UTC is no matter of the pipeline."""

_NONE = object()


class Difference(NamedTuple):
    """Where the two part: the number of the event, its kind, the field in it, and its value live and replayed.

    A whole event that only one of them has is the field ``event``.
    """

    number: int
    kind: str
    field: str
    live: Any
    replayed: Any

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


def check(recording: Recording, progress: Callable[[float], None] | None = None) -> Comparison:
    """Run a recording through the pipeline as it ran live, and compare what is said with what was said.

    The end of a session that was cut off has never been said: up to there it is compared.

    Raises
    ------
    RecordingError
        Where it holds nothing that was said live, or is damaged in between, so that nothing after can be the same.
    """
    live = recording.events()
    stream = _told(pushes(recording.stream(), BLOCK), recording, progress)
    pipeline = Pipeline(recording.header)
    # The last piece of a torn stream may be half of one.
    replayed = [
        event for item, after in pairwise([*stream, None]) if after is not None for event in pipeline.push(item)
    ]
    return live, replayed


def _told(stream: Iterator[Item], recording: Recording, progress: Callable[[float], None] | None) -> Iterator[Item]:
    for item in stream:
        yield item
        if progress is not None:
            progress(recording.fraction)
