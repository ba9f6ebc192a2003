"""A recording from one format into another, by suffix."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from hinge_imu.app.replay import frames_on_grid
from hinge_imu.recording import CsvWriter, McapWriter, Recording, RecordingError, frames_of, open_recording


def convert(source: Path, target: Path, progress: Callable[[float], None] | None = None) -> Recording:
    """Write ``source`` again as ``target``; return the recording that was read.

    MCAP keeps every sample as it is, and what was said live, by driver and pipeline. A CSV holds SI units at known
    times: counts are scaled and calibrated, and put on the common time grid.

    Raises
    ------
    hinge_imu.recording.RecordingError
        Where the source cannot be read, or the target is the same file or has a suffix that is not known.
    """
    recording = open_recording(source)
    if target.exists() and target.samefile(source):
        raise RecordingError(f"{target}: is the recording itself; give another name to write to")
    writers = {".mcap": _to_mcap, ".csv": _to_csv}
    if target.suffix.lower() not in writers:
        raise RecordingError(f"{target}: the suffix {target.suffix!r} is not known; write to .mcap or .csv")
    for _ in writers[target.suffix.lower()](recording, target):
        if progress is not None:
            progress(recording.fraction)
    return recording


def _to_mcap(recording: Recording, target: Path) -> Iterator[None]:
    with McapWriter(target, recording.header) as writer:
        for item in recording.stream():
            writer.put(item)
            yield
        for event in recording.events():
            writer.event(event)


def _to_csv(recording: Recording, target: Path) -> Iterator[None]:
    header = recording.header
    already_even = header.clock == "timed" and header.unit == "SI"
    frames = frames_of(recording.blocks()) if already_even else frames_on_grid(recording)
    with CsvWriter(target, msgspec.structs.replace(header, unit="SI", clock="timed")) as writer:
        for part in frames:
            writer.frames(part)
            yield
