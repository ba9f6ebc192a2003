"""Sessions on disk: MCAP and CSV, in and out.

`open_recording` reads either; `McapWriter` records live, `CsvWriter` exports; `hinge_imu.recording.recover` makes torn
ones whole, `hinge_imu.recording.retention` lets old ones go.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hinge_imu.recording.base import Recording, RecordingError, batched, not_a_file, rounds

if TYPE_CHECKING:
    from hinge_imu.recording.csv import CsvWriter, frames_of
    from hinge_imu.recording.mcap_writer import McapWriter

__all__ = ["CsvWriter", "McapWriter", "Recording", "RecordingError", "batched", "frames_of", "open_recording", "rounds"]


def open_recording(path: Path | str) -> Recording:
    """Open a recording of either format; the suffix, ``.mcap`` or ``.csv``, decides.

    Raises
    ------
    RecordingError
        One line that names the file, what was found in it, and the mend.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in {".mcap", ".csv"}:
        raise RecordingError(f"{path}: the suffix {suffix!r} is not known; a recording ends in .mcap or .csv")
    if (problem := not_a_file(path)) is not None:
        raise RecordingError(problem)
    if suffix == ".mcap":
        from hinge_imu.recording.mcap import McapRecording

        return McapRecording(path)
    from hinge_imu.recording.csv import CsvRecording

    return CsvRecording(path)


def __getattr__(name: str) -> Any:
    # Each format's libraries are loaded when that format is asked for.
    if name == "McapWriter":
        from hinge_imu.recording.mcap_writer import McapWriter

        return McapWriter
    if name in {"CsvWriter", "frames_of"}:
        from hinge_imu.recording import csv

        return getattr(csv, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
