"""A recording through the very pipeline that runs live, as fast as it goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import msgspec
import numpy as np

from hinge_imu.app.session import Listeners, run
from hinge_imu.events import AnyEvent, NoticeEvent, Remark, RepEvent
from hinge_imu.hindsight import look_back, measured_again
from hinge_imu.motion.timeline import Timeline
from hinge_imu.recording import Recording, batched
from hinge_imu.samples import Angles, Frames, Header, Item, SagittalAngles

BLOCK = 24_000
"""Samples a block, a minute of two chips at 200 Hz: large enough for speed, small enough for a Pi's memory."""


def replay(
    recording: Recording,
    watch: Callable[[Angles], None] | None = None,
    progress: Callable[[float], None] | None = None,
    *,
    smooth: bool = False,
    **lift: Any,
) -> list[AnyEvent]:
    """Return what the session says, each rep once and as it ended, with the warnings of the recording as notices.

    ``lift`` replaces what the recording's header says of ``exercise``, ``profile``, ``tempo`` and ``renamed``;
    ``watch`` sees the angles, ``progress`` the share done (0..1).
    With ``smooth`` a second pass, which may look ahead, measures the same reps again, and its angles are seen.
    """
    header = _as_told(recording, lift)
    frames: list[Frames] = []
    if not smooth:
        return _final(recording, _first(header, recording, watch, progress))
    said = _first(header, recording, None, progress, frames.append)
    return _final(recording, _second(header, frames, lambda: said, watch))


def first_look(recording: Recording, **lift: Any) -> list[AnyEvent]:
    """Return what `second_look` has to wait for."""
    return _first(_as_told(recording, lift), recording)


def second_look(
    recording: Recording, first: Callable[[], list[AnyEvent]], watch: Callable[[Angles], None], **lift: Any
) -> list[AnyEvent]:
    """Return what `replay` says with ``smooth``, where somebody else has the first look meanwhile.

    ``first`` waits for what that said. The samples are read, and put on the grid, by both.
    """
    frames = [each for each in frames_on_grid(recording) if len(each.t_ns)]
    return _final(recording, _second(_as_told(recording, lift), frames, first, watch))


def _as_told(recording: Recording, lift: dict[str, Any]) -> Header:
    return msgspec.structs.replace(
        recording.header, **{name: value for name, value in lift.items() if value is not None}
    )


def _first(
    header: Header,
    recording: Recording,
    watch: Callable[[Angles], None] | None = None,
    progress: Callable[[float], None] | None = None,
    keep: Callable[[Frames], None] | None = None,
) -> list[AnyEvent]:
    """Return the last word of the first pass on everything, on reps that it took back as well."""
    said: list[AnyEvent] = []
    angles, frames = [watch] if watch is not None else [], [keep] if keep is not None else []
    run(header, _told(recording, progress), Listeners(angles=angles, frames=frames, events=[said.append]))
    final = {event.id: event for event in said if isinstance(event, RepEvent)}
    return [event for event in said if not isinstance(event, RepEvent) or event is final[event.id]]


def _second(
    header: Header,
    frames: list[Frames],
    first: Callable[[], list[AnyEvent]],
    watch: Callable[[Angles], None] | None,
) -> list[AnyEvent]:
    if not frames:
        return first()
    back = look_back(header, frames)
    if watch is not None:
        watch(back.angles)
    return measured_again(header, back, first())


def _final(recording: Recording, said: list[AnyEvent]) -> list[AnyEvent]:
    said = [event for event in said if not isinstance(event, RepEvent) or event.status != "retracted"]
    return [*(NoticeEvent(text=text, at_s=0.0) for text in recording.warnings), *said]


def frames_on_grid(recording: Recording) -> Iterator[Frames]:
    """Yield a recording on the common time grid, as the pipeline has it."""
    timeline = Timeline(recording.header)
    for item in batched(recording.stream(), BLOCK):
        if not isinstance(item, Remark):
            yield timeline.push(item)
    yield from timeline.finish()


def _told(recording: Recording, progress: Callable[[float], None] | None) -> Iterator[Item]:
    for item in batched(recording.stream(), BLOCK):
        yield item
        if progress is not None:
            progress(recording.fraction)


@contextmanager
def angles_csv(path: Path | None) -> Iterator[Callable[[Angles], None] | None]:
    """Give what writes ``t_s,pelvis_deg,thorax_deg,spine_deg``, a row a sample, empty where not valid."""
    if path is None:
        yield None
        return
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write("t_s,pelvis_deg,thorax_deg,spine_deg\n")
        yield lambda angles: _write(file, angles.sagittal)


def _write(file: TextIO, angles: SagittalAngles) -> None:
    rows = np.column_stack([angles.t_s, *np.degrees([angles.pelvis, angles.thorax, angles.spine])])
    text = "".join(map("%.6f,%.4f,%.4f,%.4f\n".__mod__, map(tuple, rows.tolist())))
    file.write(text.replace("nan", ""))
