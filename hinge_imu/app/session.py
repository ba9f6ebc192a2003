"""One session: blocks from any source through the pipeline, and what comes of them to whoever listens."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from hinge_imu.events import AnyEvent
from hinge_imu.pipeline import Pipeline
from hinge_imu.samples import Angles, Frames, Header, Item


@dataclass(frozen=True)
class Listeners:
    """Who is told of what comes in, of angles, of samples on the time grid, and of events; each in the list's order."""

    inputs: list[Callable[[Item], None]] = field(default_factory=list)
    angles: list[Callable[[Angles], None]] = field(default_factory=list)
    frames: list[Callable[[Frames], None]] = field(default_factory=list)
    events: list[Callable[[AnyEvent], None]] = field(default_factory=list)


def run(header: Header, stream: Iterable[Item], listeners: Listeners) -> None:
    """Push everything through a new pipeline, telling the listeners; of what comes in before it is worked on."""

    def watch(angles: Angles) -> None:
        for listen in listeners.angles:
            listen(angles)

    def grid(frames: Frames) -> None:
        for listen in listeners.frames:
            listen(frames)

    def say(events: list[AnyEvent]) -> None:
        for event in events:
            for listen in listeners.events:
                listen(event)

    pipeline = Pipeline(header, watch, grid)
    for item in stream:
        for listen in listeners.inputs:
            listen(item)
        say(pipeline.push(item))
    say(pipeline.finish())
