"""CSV in and out: a row a moment, the six columns of each worn sensor, an empty cell where a sample was lost.

``t_s`` in seconds; ``acc`` in m/s^2 and ``gyr`` in rad/s, sensor axes; lines ``# key: value`` in front say more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import msgspec
import numpy as np

from hinge_imu.events import AnyEvent
from hinge_imu.profiles import exercises
from hinge_imu.recording.base import Recording, RecordingError, new_file
from hinge_imu.recording.table import TableReader, columns_of
from hinge_imu.samples import RAW_SI, SEGMENTS, Floats, Frames, Header, Item, RawArray, Times

RATES_HZ = (20.0, 1000.0)

_SLACK = 0.02  # a nominal 20 Hz or 1 kHz may be a little off
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
        t_ns = _times(table, np.concatenate([piece[:, 0] for piece in self._pieces] or [np.empty(0)]))
        self.header = _header(path, table, _rate_hz(path, t_ns))

    def stream(self) -> Iterator[Item]:
        """Yield the samples row by row, pelvis before thorax, about 8000 rows a block."""
        row = 0
        for i, piece in enumerate(self._pieces, 1):
            block = _samples(piece, row, self.header.sensors)
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
        names = ["t_s", *(name for i in self._sensors for name in columns_of(SEGMENTS[i]))]
        lines = [*(f"# {key}: {value}" for key, value in _labels(header)), ",".join(names)]
        self._file.write("\n".join([*lines, ""]).encode())

    def frames(self, frames: Frames) -> None:
        """Append a row for each moment; a sensor's cells stay empty where it is not valid."""
        for start in range(0, len(frames.t_ns), _ROWS):
            part = slice(start, start + _ROWS)
            measured = np.concatenate([frames.acc[part], frames.gyr[part]], axis=2)
            values = np.where(frames.valid[part, :, None], measured, np.nan)[:, self._sensors]
            # A division is rounded correctly, so 300000000 ns is 0.3; a product with 1e-9 would not be.
            rows = np.column_stack([frames.t_ns[part] / 1e9, values.reshape(len(values), -1)]).tolist()
            # The JSON encoder writes the shortest text that reads back exactly, in C; nan becomes null.
            text = msgspec.json.encode(rows)[2:-2].replace(b"],[", b"\n").replace(b"null", b"")
            self._file.write(text + b"\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def frames_of(blocks: Iterable[RawArray]) -> Iterator[Frames]:
    """Join timed SI samples of equal ``t_ns`` into frames, without resampling; block edges split no frame.

    Raises
    ------
    ValueError
        If the samples are counts: two chips' polled stamps share no time grid.
    """
    held = np.empty(0, RAW_SI)
    for block in blocks:
        if block.dtype != RAW_SI:
            raise ValueError("counts of polled chips share no time grid; give timed SI samples")
        raw = np.concatenate([held, block])
        # The other sensor's sample of the last moment may open the next block.
        last = raw["t_ns"] == raw["t_ns"].max(initial=np.iinfo(np.int64).min)
        held = raw[last]
        if not last.all():
            yield _joined(raw[~last])
    if len(held):
        yield _joined(held)


def _joined(raw: RawArray) -> Frames:
    t_ns, row = np.unique(raw["t_ns"], return_inverse=True)
    shape = (len(t_ns), len(SEGMENTS))
    acc, gyr = np.full((*shape, 3), np.nan), np.full((*shape, 3), np.nan)
    valid = np.zeros(shape, np.bool_)
    place = row, raw["sensor"]
    acc[place], gyr[place], valid[place] = raw["acc"], raw["gyr"], True
    return Frames(t_ns, acc, gyr, valid, np.zeros_like(valid))


def _samples(piece: Floats, first_row: int, sensors: tuple[int, ...]) -> RawArray:
    raw = np.zeros((len(piece), len(sensors)), RAW_SI)
    values = piece[:, 1:].reshape(len(piece), len(sensors), 2, 3)
    raw["t_ns"] = _nanoseconds(piece[:, :1])
    raw["seq"] = first_row + np.arange(len(piece))[:, None]
    raw["acc"], raw["gyr"] = values[:, :, 0], values[:, :, 1]
    raw["temp"] = np.nan
    raw["sensor"] = sensors
    return raw[np.isfinite(values).all(axis=(2, 3))]


def _nanoseconds(t_s: Floats) -> Times:
    return np.rint(t_s * 1e9).astype(np.int64)


def _times(table: TableReader, t_s: Floats) -> Times:
    """Return the times of all rows in ns; raises where one is no time, or does not rise."""
    if len(t_s) < 2:
        raise RecordingError(f"{table.path}: has {len(t_s)} rows of samples; a recording needs at least 2")
    no_time = ~(np.abs(t_s) < 9e9)  # what int64 holds as ns; a nan fails too
    if no_time.any():
        row = int(no_time.argmax())
        raise table.wrong(row, f"t_s is {t_s[row]}, which is no time in seconds; every row needs one")
    t_ns = _nanoseconds(t_s)
    falls = np.diff(t_ns) <= 0
    if falls.any():
        row = int(falls.argmax()) + 1
        how = "stands still at" if t_ns[row] == t_ns[row - 1] else f"runs back from {t_s[row - 1]} to"
        raise table.wrong(row, f"t_s {how} {t_s[row]}; times must rise, sort the rows and take out doubles")
    return t_ns


def _rate_hz(path: Path, t_ns: Times) -> float:
    """Return the slope of a straight line through row times; a gap counts as the whole intervals it spans."""
    steps = np.diff(t_ns).astype(np.float64)
    k = np.concatenate([[0.0], np.cumsum(np.rint(steps / np.median(steps)))])
    k -= k.mean()
    # Nine digits: what is left of the rounding to ns must not make 200 Hz 199.9999999.
    rate = float(f"{1e9 * (k @ k) / (k @ (t_ns - t_ns[0])):.9g}")
    low, high = RATES_HZ
    if not low * (1 - _SLACK) <= rate <= high * (1 + _SLACK):
        raise RecordingError(
            f"{path}: has {rate:.6g} rows a second; from {low:g} to {high:g} can be used "
            "(is t_s in seconds? resample if so)"
        )
    return rate


def _header(path: Path, table: TableReader, rate_hz: float) -> Header:
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
    if "started_utc" in known:
        _check_utc(path, known["started_utc"])
    return Header(unit="SI", clock="timed", rate_hz=rate_hz, worn=table.worn, labels=labels, **known)


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
