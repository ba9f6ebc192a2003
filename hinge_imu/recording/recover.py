"""A torn recording into a whole one; the torn one is kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from mcap.records import Metadata

from hinge_imu.events import Remark
from hinge_imu.recording.base import RecordingError, new_file, not_a_file
from hinge_imu.recording.disk import in_use, sync_folder
from hinge_imu.recording.header import HEADER
from hinge_imu.recording.mcap import TOPICS, McapRecording
from hinge_imu.recording.mcap_writer import begin, finish
from hinge_imu.recording.scan import is_whole

__all__ = ["Recovered", "is_whole", "recover"]

_NUMBERS = {topic: number for number, topic in TOPICS.items()}


class Recovered(NamedTuple):
    """What came of a recording.

    ``whole`` says that nothing was the matter with it, and it was left alone; else ``path`` is the whole one, and
    ``torn`` where the torn one is. ``saved_s`` is from its first sample to its last, ``samples`` how many there are;
    ``damaged`` stretches, ``left_out_s`` long together, could not be saved.
    """

    path: Path
    whole: bool
    torn: Path
    saved_s: float
    samples: int
    damaged: int
    left_out_s: float


def recover(path: Path, target: Path | None = None, progress: Callable[[float], None] = lambda _: None) -> Recovered:
    """Write what is whole of the MCAP at ``path``, unchanged and in its order, as a recording with its index.

    It goes to ``target``, or takes the place of ``path``, and the torn one is then kept beside it with the suffix
    ``.torn``. Nothing is replaced before the new one is safe on the disk, so it may be killed at any moment, and called
    again. ``progress`` is told the share done (0..1).

    Raises
    ------
    RecordingError
        If there is nothing to save, the file is being written, or the new one cannot be.
    """
    if (problem := not_a_file(path)) is not None:
        raise RecordingError(problem)
    if in_use(path):
        raise RecordingError(f"{path}: is being written just now; end that session first")
    if target is not None and target.exists():
        raise RecordingError(f"{target}: is there already; give another name to write to")
    recording = McapRecording(path)
    samples = 0
    for item in recording.stream():
        samples += 0 if isinstance(item, Remark) else len(item)
        progress(recording.fraction / 2)
    found = (recording.whole_s, samples, recording.damaged, recording.left_out_s)
    if is_whole(path) and not recording.torn and not recording.damaged:
        progress(1.0)
        return Recovered(path, True, path, *found)  # noqa: FBT003 - in the order of the fields
    torn = path if target is not None else _aside(path)
    made = _written(recording, target or path, progress)
    if target is None:
        _keep(path, torn)
    made.replace(target or path)
    sync_folder(made.parent)
    return Recovered(target or path, False, torn, *found)  # noqa: FBT003


def _written(recording: McapRecording, place: Path, progress: Callable[[float], None]) -> Path:
    """Write the whole one beside its place."""
    made = place.with_name(f"{place.name}.recovering")
    try:
        with new_file(made) as file:
            writer = begin(file, recording.header, recording.header_text)
            for piece in recording.pieces():
                if not isinstance(piece, Metadata):
                    for topic, message in piece:
                        writer.add_message(
                            _NUMBERS[topic], message.log_time, message.data, message.publish_time, message.sequence
                        )
                    writer.flush()  # type: ignore[no-untyped-call] # mcap leaves it without types
                elif piece.name != HEADER:
                    writer.add_metadata(piece.name, piece.metadata)
                progress(0.5 + recording.fraction / 2)
            finish(writer, file, indexed=True)
    except BaseException as error:
        made.unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        raise RecordingError(
            f"{place}: cannot be made whole ({error.strerror}), and is as it was; free some space, "
            "or give another place with -o"
        ) from error
    return made


def _aside(path: Path) -> Path:
    """Return the name under which a torn recording is kept."""
    torn = path.with_name(f"{path.name}.torn")
    if torn.exists() and not torn.samefile(path):
        raise RecordingError(f"{torn}: is there already; move it away, or give another place with -o")
    return torn


def _keep(path: Path, torn: Path) -> None:
    """Give the torn recording a second name, so that there is one under the first at every moment."""
    if torn.exists():  # it was killed just after this
        return
    try:
        torn.hardlink_to(path)
    except OSError:  # FAT has no second names
        path.rename(torn)
