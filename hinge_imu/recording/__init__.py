"""Sessions on disk: MCAP, CSV and Parquet, in and out.

`open_recording` reads each; `McapWriter` records live, `CsvWriter`, `ParquetWriter` and `RosWriter` export;
`hinge_imu.recording.recover` makes torn ones whole, `hinge_imu.recording.retention` lets old ones go.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hinge_imu.recording.base import Recording, RecordingError, batched, not_a_file, pushes, rounds

if TYPE_CHECKING:
    from hinge_imu.recording.csv import CsvWriter
    from hinge_imu.recording.mcap_writer import McapWriter
    from hinge_imu.recording.pacing import paced
    from hinge_imu.recording.parquet import ParquetWriter
    from hinge_imu.recording.ros import RosWriter
    from hinge_imu.recording.rows import frames_of

__all__ = [
    "CsvWriter",
    "McapWriter",
    "ParquetWriter",
    "Recording",
    "RecordingError",
    "RosWriter",
    "batched",
    "frames_of",
    "open_recording",
    "paced",
    "pushes",
    "rounds",
]
_HOMES = {
    "McapWriter": "mcap_writer",
    "CsvWriter": "csv",
    "ParquetWriter": "parquet",
    "RosWriter": "ros",
    "frames_of": "rows",
    "paced": "pacing",
}


def open_recording(path: Path | str) -> Recording:
    """Open a recording; its suffix, ``.mcap``, ``.csv`` or ``.parquet``, says of which format.

    Raises
    ------
    RecordingError
        One line that names the file, what was found in it, and the mend.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in {".mcap", ".csv", ".parquet"}:
        raise RecordingError(f"{path}: the suffix {suffix!r} is not known; a recording ends in .mcap, .csv or .parquet")
    if (problem := not_a_file(path)) is not None:
        raise RecordingError(problem)
    if suffix == ".mcap":
        from hinge_imu.recording.mcap import McapRecording

        return McapRecording(path)
    if suffix == ".parquet":
        from hinge_imu.recording.parquet import ParquetRecording

        return ParquetRecording(path)
    from hinge_imu.recording.csv import CsvRecording

    return CsvRecording(path)


def __getattr__(name: str) -> Any:
    # Each format's libraries are loaded when that format is asked for.
    if name in _HOMES:
        return getattr(import_module(f"hinge_imu.recording.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
