"""Parquet in and out: the rows of `hinge_imu.recording.rows`, null where a sample was lost, for pandas and the like.

The whole `Header` stands as JSON in the metadata of the schema; a file of someone else's, with the same columns, has
none and needs none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import msgspec
import numpy as np

from hinge_imu.events import AnyEvent
from hinge_imu.recording.base import Recording, RecordingError, new_file, shown
from hinge_imu.recording.header import HEADER, encoded, fields_of, header_of
from hinge_imu.recording.rows import check_holes, columns, rate_hz, rows_of, samples, times_ns, worn_in
from hinge_imu.samples import SEGMENTS, Floats, Frames, Header, Item

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS = 8192  # read at once
_GROUP = 12_000  # rows written at once, a minute at 200 Hz: what a reader may skip, and what waits in memory
_MOST_ROWS = 20_000_000  # more than a day at 200 Hz; a few bytes can claim any number of rows


class ParquetRecording(Recording):
    """A session in a Parquet file; its times are checked when it is opened, the rest is read row group by row group.

    The stream is SI and timed: ``t_ns`` is ``t_s`` rounded to ns, ``seq`` the row, ``temp`` nan.

    Raises
    ------
    RecordingError
        If the file is no such table, or pyarrow is not installed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.warnings = []
        self.fraction = 0.0
        arrow = _arrow(path)
        try:
            self._open(arrow)
        except RecordingError:
            raise
        except Exception as error:
            raise self._not_parquet(error) from error

    def _open(self, arrow: Any) -> None:
        from pyarrow.parquet import ParquetFile

        self._arrow, self._file = arrow, ParquetFile(self._path, memory_map=False)
        if (rows := self._file.metadata.num_rows) > _MOST_ROWS:
            raise RecordingError(f"{self._path}: claims {rows} rows, and at most {_MOST_ROWS} can be read; cut it")
        schema = self._file.schema_arrow
        worn = worn_in(self._path, schema.names)
        self._names = columns(map(SEGMENTS.index, worn))
        if twice := [name for name in self._names if schema.names.count(name) > 1]:
            raise RecordingError(f"{self._path}: has the column {twice[0]} twice; leave one of them out")
        t_s = np.concatenate([piece[:, 0] for piece in self._pieces(["t_s"])] or [np.empty(0)])
        t_ns = times_ns(self._path, t_s, self._wrong)
        stored = (schema.metadata or {}).get(HEADER.encode())
        if stored is None:
            name = f"parquet-{hashlib.blake2b(t_s.tobytes(), digest_size=8).hexdigest()}"
            self.header = Header(
                session_id=name, unit="SI", clock="timed", rate_hz=rate_hz(self._path, t_ns), worn=worn
            )
        else:
            header = header_of(self._path, fields_of(self._path, stored))
            check_holes(self._path, t_ns, header.rate_hz)
            self.header = msgspec.structs.replace(header, unit="SI", clock="timed", worn=worn)

    def stream(self) -> Iterator[Item]:
        """Yield the samples row by row, pelvis before thorax, about 8000 rows a block."""
        row = 0
        try:
            for piece in self._pieces(self._names):
                block = samples(piece, row, self.header.sensors)
                row += len(piece)
                self.fraction = row / self._file.metadata.num_rows
                yield block
        except Exception as error:
            raise self._not_parquet(error) from error

    def events(self) -> list[AnyEvent]:
        """Return nothing: a Parquet file holds samples only."""
        return []

    def _pieces(self, names: list[str]) -> Iterator[Floats]:
        number = self._arrow.float64()
        for batch in self._file.iter_batches(_ROWS, columns=names):
            cells = [batch.column(name).cast(number).to_numpy(zero_copy_only=False) for name in names]
            yield np.column_stack(cells)

    def _wrong(self, row: int, sentence: str) -> RecordingError:
        return RecordingError(f"{self._path}: row {row + 1}: {sentence}")

    def _not_parquet(self, error: Exception) -> RecordingError:
        return RecordingError(
            f"{self._path}: cannot be read as Parquet ({shown(error)}); write it again, or give another file"
        )


class ParquetWriter:
    """Writes frames as Parquet (zstd), a row group a minute; every number reads back exactly as it was.

    Raises
    ------
    RecordingError
        If the file cannot be made, or pyarrow is not installed.
    """

    def __init__(self, path: Path | str, header: Header) -> None:
        self._arrow = _arrow(path)
        from pyarrow.parquet import ParquetWriter as Writer

        self._sensors = header.sensors
        names = [(name, self._arrow.float64()) for name in columns(self._sensors)]
        self._schema: pa.Schema = self._arrow.schema(names, metadata={HEADER: encoded(header)})
        self._file = new_file(path)
        self._writer = Writer(self._file, self._schema, compression="zstd")
        self._waiting: list[Floats] = []

    def frames(self, frames: Frames) -> None:
        """Append a row for each moment; a sensor's cells are null where it is not valid."""
        for rows in rows_of(frames, self._sensors, _GROUP):
            self._waiting.append(rows)
            if sum(map(len, self._waiting)) >= _GROUP:
                self._write()

    def close(self) -> None:
        """Write what is waiting, and the footer, without which nothing can be read."""
        if not self._file.closed:
            self._write()
            self._writer.close()
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self) -> None:
        if self._waiting:
            rows = np.concatenate(self._waiting)
            cells = [self._arrow.array(column, from_pandas=True) for column in rows.T]
            self._writer.write_batch(self._arrow.record_batch(cells, schema=self._schema))
            self._waiting = []


def _arrow(path: Path | str) -> Any:
    try:
        import pyarrow as pa
    except ImportError as error:
        raise RecordingError(f"{path}: Parquet needs pyarrow; pip install 'hinge-imu[parquet]'") from error
    return pa
