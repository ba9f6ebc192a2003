"""A recording from one format into another, by suffix."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from hinge_imu.app.replay import frames_on_grid
from hinge_imu.config import Calibration
from hinge_imu.events import Remark
from hinge_imu.motion.calibrate import Calibrate, Measured
from hinge_imu.motion.clock import Clock
from hinge_imu.pipeline import Pipeline
from hinge_imu.recording import (
    CsvWriter,
    McapWriter,
    ParquetWriter,
    Recording,
    RecordingError,
    RosWriter,
    batched,
    frames_of,
    open_recording,
)
from hinge_imu.samples import Header

AT_ONCE = 4000
"""Samples of both chips that are worked on together, 10 s at 200 Hz: messages are out of order by no more."""


def convert(
    source: Path, target: Path, progress: Callable[[float], None] | None = None, *, ros: bool = False
) -> Recording:
    """Write ``source`` again as ``target``; return the recording that was read.

    MCAP keeps every sample as it is, and what was said live, by driver and pipeline. CSV and Parquet hold SI units at
    known times: counts are scaled and calibrated, and put on the common time grid. With ``ros``, an MCAP holds
    ``sensor_msgs/Imu``, each sample calibrated and at its own time, and the angles, for tools that plot.

    Raises
    ------
    hinge_imu.recording.RecordingError
        Where the source cannot be read, or the target is the same file or has a suffix that is not known.
    """
    recording = open_recording(source)
    if target.exists() and target.samefile(source):
        raise RecordingError(f"{target}: is the recording itself; give another name to write to")
    suffix = target.suffix.lower()
    writers = {
        ".mcap": _to_ros if ros else _to_mcap,
        ".csv": lambda *what: _to_rows(CsvWriter, *what),
        ".parquet": lambda *what: _to_rows(ParquetWriter, *what),
    }
    if suffix not in writers:
        raise RecordingError(f"{target}: the suffix {target.suffix!r} is not known; write to .mcap, .csv or .parquet")
    if ros and suffix != ".mcap":
        raise RecordingError(f"{target}: messages of ROS are written to MCAP; give a name that ends in .mcap")
    for _ in writers[suffix](recording, target):
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


def _to_rows(kind: type[CsvWriter | ParquetWriter], recording: Recording, target: Path) -> Iterator[None]:
    header = recording.header
    already_even = header.clock == "timed" and header.unit == "SI"
    frames = frames_of(recording.blocks()) if already_even else frames_on_grid(recording)
    with kind(target, header if already_even else _corrected(header)) as writer:
        for part in frames:
            writer.frames(part)
            yield


def _corrected(header: Header) -> Header:
    """Return the header of samples that are scaled, calibrated and on the grid: nothing is done to them again."""
    sensors = tuple(
        msgspec.structs.replace(sensor, calibration=Calibration(), calibration_file=None)
        for sensor in header.config.sensors
    )
    config = msgspec.structs.replace(header.config, sensors=sensors)
    about = {"unit": "SI", "clock": "timed", "acc_scale": 1.0, "gyr_scale": 1.0, "delay_s": 0.0, "config": config}
    return msgspec.structs.replace(header, **about)


def _to_ros(recording: Recording, target: Path) -> Iterator[None]:
    header = recording.header
    clock, calibrate = Clock(header), Calibrate(header)
    with RosWriter(target, header) as writer:
        pipeline = Pipeline(header, writer.angles)
        for item in batched(recording.stream(), AT_ONCE):
            pipeline.push(item)
            if not isinstance(item, Remark):
                _each(writer, header, calibrate.push(clock.push(item)))
            yield
        pipeline.finish()
        _each(writer, header, calibrate.push(clock.finish()))


def _each(writer: RosWriter, header: Header, measured: Measured) -> None:
    for sensor in header.sensors:
        t_ns, _, acc, gyr = measured.part(measured.sensor == sensor)
        writer.samples(sensor, t_ns, acc, gyr)
