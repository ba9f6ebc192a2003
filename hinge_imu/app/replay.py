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
from hinge_imu.hindsight import look_back
from hinge_imu.motion.timeline import Timeline
from hinge_imu.recording import Recording, batched
from hinge_imu.samples import Angles, Frames, Item, SagittalAngles

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
    told = {name: value for name, value in lift.items() if value is not None}
    header = msgspec.structs.replace(recording.header, **told)
    said: list[AnyEvent] = []
    seen = [watch] if watch is not None and not smooth else []
    frames: list[Frames] = []
    kept = [frames.append] if smooth else []
    run(header, _told(recording, progress), Listeners(angles=seen, frames=kept, events=[said.append]))
    final = {event.id: event for event in said if isinstance(event, RepEvent)}
    said = [event for event in said if not isinstance(event, RepEvent) or event is final[event.id]]
    if smooth and frames:
        angles, said = look_back(header, frames, said)
        if watch is not None:
            watch(angles)
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
