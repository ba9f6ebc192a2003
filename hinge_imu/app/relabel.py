"""What is noted of a session once it is over: its recording is written anew, whole, and takes the old one's place."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from hinge_imu.recording import McapWriter, RecordingError, open_recording
from hinge_imu.recording.disk import in_use
from hinge_imu.recording.recover import is_whole

_log = logging.getLogger(__name__)


def relabel(path: Path, what: Mapping[str, str]) -> None:
    """Say in a recording who the ``athlete`` was, or give it a label such as ``load`` or ``note``.

    All that was measured and said stays as it is. A recording that is being written, or torn, is left alone: what is
    wanted then belongs into the session, or waits until it is recovered.

    Raises
    ------
    hinge_imu.recording.RecordingError
        It cannot be read, is not whole, or cannot be written anew.
    """
    if in_use(path) or not is_whole(path):
        raise RecordingError(f"{path}: is not whole yet; wait until its session is over, or use `hinge-imu recover`")
    recording = open_recording(path)
    labels = {name: text for name, text in what.items() if name != "athlete"}
    fresh = path.with_suffix(".relabelled")
    with McapWriter(fresh, recording.header) as writer:
        for item in recording.stream():
            writer.put(item)
        for event in recording.events():
            writer.event(event)
        known = recording.known
        writer.known(athlete=what.get("athlete", known.athlete), labels={**known.labels, **labels})
    if not is_whole(fresh):
        fresh.unlink(missing_ok=True)
        raise RecordingError(f"{path}: could not be written anew; make room on the disk")
    fresh.replace(path)
    _log.info("%s: relabelled", path)
