"""CSV in and out: the rows of `hinge_imu.recording.rows`, an empty cell where a sample was lost.

Lines ``# key: value`` in front say more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import msgspec
import numpy as np

from hinge_imu.events import AnyEvent
from hinge_imu.profiles import exercises
from hinge_imu.recording.base import Recording, RecordingError, new_file
from hinge_imu.recording.rows import columns, rate_hz, rows_of, samples, times_ns
from hinge_imu.recording.table import TableReader
from hinge_imu.recording.trust import is_tempo
from hinge_imu.samples import Frames, Header, Item

_ROWS = 8192  # written at once: bounds the memory of a long export
# The header lines that are fields of Header; all others are its labels.
_FIELDS = {
    "session": "session_id",
    "athlete": "athlete",
    "exercise": "exercise",
    "tempo": "tempo",
    "started_utc": "started_utc",
    "simulated": "simulated",
}


class CsvRecording(Recording):
    """A session in a CSV file, checked whole when it is opened; its numbers take about 75 MB an hour at 200 Hz.

    The stream is SI and timed: ``t_ns`` is ``t_s`` rounded to ns, ``seq`` the row, ``temp`` nan.

    Raises
    ------
    RecordingError
        If the file is not such a table; the message names the line.
    """

    def __init__(self, path: Path) -> None:
        self.fraction = 0.0
        table = TableReader(path)
        self._pieces = list(table.pieces())
        self.warnings = table.warnings
        t_s = np.concatenate([piece[:, 0] for piece in self._pieces] or [np.empty(0)])
        self.header = _header(path, table, rate_hz(path, times_ns(path, t_s, table.wrong)))

    def stream(self) -> Iterator[Item]:
        """Yield the samples row by row, pelvis before thorax, about 8000 rows a block."""
        row = 0
        for i, piece in enumerate(self._pieces, 1):
            block = samples(piece, row, self.header.sensors)
            row += len(piece)
            self.fraction = i / len(self._pieces)
            yield block

    def events(self) -> list[AnyEvent]:
        """Return nothing: a CSV holds samples only."""
        return []


class CsvWriter:
    """Writes frames as CSV; every number reads back exactly as it was.

    Raises
    ------
    RecordingError
        If the file cannot be made.
    """

    def __init__(self, path: Path | str, header: Header) -> None:
        self._file = new_file(path)
        self._sensors = list(header.sensors)
        lines = [*(f"# {key}: {value}" for key, value in _labels(header)), ",".join(columns(self._sensors))]
        self._file.write("\n".join([*lines, ""]).encode())

    def frames(self, frames: Frames) -> None:
        """Append a row for each moment; a sensor's cells stay empty where it is not valid."""
        for rows in rows_of(frames, self._sensors, _ROWS):
            # The JSON encoder writes the shortest text that reads back exactly, in C; nan becomes null.
            text = msgspec.json.encode(rows.tolist())[2:-2].replace(b"],[", b"\n").replace(b"null", b"")
            self._file.write(text + b"\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _header(path: Path, table: TableReader, rate: float) -> Header:
    labels = dict(table.labels)
    known: dict[str, Any] = {field: labels.pop(key) for key, field in _FIELDS.items() if key in labels}
    known["simulated"] = known.get("simulated", "").lower() in {"true", "yes", "1"}
    known.setdefault("session_id", f"csv-{_digest(path)}")
    if known.get("exercise", "auto") not in exercises():
        # A stranger's word for the lift is no reason to refuse the recording.
        labels["exercise"] = known.pop("exercise")
        table.warnings.append(
            f"{path}: the header line '# exercise: {labels['exercise']}' names none that is known, "
            f"so every bend counts; known are {', '.join(exercises())}"
        )
    if not is_tempo(known.get("tempo", "1-0-1")):
        tempo = known["tempo"][:80]
        raise RecordingError(f"{path}: the header line '# tempo: {tempo}' is no tempo; write it as 3-1-1-0")
    if "started_utc" in known:
        _check_utc(path, known["started_utc"])
    return Header(unit="SI", clock="timed", rate_hz=rate, worn=table.worn, labels=labels, **known)


def _check_utc(path: Path, text: str) -> None:
    try:
        datetime.fromisoformat(text)
    except ValueError as error:
        raise RecordingError(
            f"{path}: the header line '# started_utc: {text}' is no date and time; write it as 2025-01-31T17:05:00Z"
        ) from error


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=8)).hexdigest()


def _labels(header: Header) -> Iterator[tuple[str, str]]:
    fields = {key: getattr(header, field) for key, field in _FIELDS.items()}
    fields["simulated"] = "true" if header.simulated else None
    for key, value in {**fields, **header.labels}.items():
        if value is not None:
            yield key, " ".join(value.split())  # a line end would open a row
