"""Every rep in one table, for a spreadsheet or for pandas: CSV, or Parquet."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any, get_type_hints

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session as Db

from hinge_imu.dashboard.store.models import RepRow, SessionRow, SetRow
from hinge_imu.dashboard.store.queries import EXERCISE, IN_SET, STANDS
from hinge_imu.events import RepEvent

_ABOUT = ("gym", "strap", "athlete", "session_id", "start_utc")
_KINDS = {name: kind for name, kind in get_type_hints(RepEvent).items() if name in RepEvent.__struct_fields__}
_NUMBERS = {name: kind for name, kind in _KINDS.items() if kind in {int, float, float | None}}
COLUMNS = (*_ABOUT, *(name for name in _KINDS if name != "faults"), "faults")
"""Who and when, the fields of a rep in their order (docs/metrics.md), and the names of its faults."""

_ROWS = 1000  # at once

_Row = dict[str, Any]


def write(db: Db, path: Path, wanted: Iterable[ColumnElement[bool]]) -> int:
    """Write the reps that stand, in the order of time, and return how many.

    Raises
    ------
    ValueError
        If the suffix is neither ``.csv`` nor ``.parquet``, or pyarrow is not installed.
    """
    writers = {".csv": _csv, ".parquet": _parquet}
    if path.suffix not in writers:
        raise ValueError(f"{path}: is written as .csv or .parquet; choose one of these suffixes")
    rows = (_row(*found) for found in _found(db, wanted))
    return writers[path.suffix](path, rows)


def _found(db: Db, wanted: Iterable[ColumnElement[bool]]) -> Iterator[tuple[RepRow, SessionRow, str]]:
    asked = select(RepRow, SessionRow, EXERCISE).join(SessionRow, SessionRow.id == RepRow.session_id)
    asked = asked.outerjoin(SetRow, IN_SET).where(STANDS, *wanted)
    began = func.coalesce(SessionRow.started_utc, SessionRow.heard_utc)
    asked = asked.order_by(began, SessionRow.id, RepRow.start_s).execution_options(yield_per=_ROWS)
    yield from db.execute(asked)


def _row(rep: RepRow, session: SessionRow, exercise: str) -> _Row:
    began = session.started_utc
    start = None if began is None else (began + timedelta(seconds=rep.start_s)).isoformat(timespec="milliseconds")
    about = {"gym": session.gym, "strap": session.strap, "athlete": session.athlete, "session_id": session.id}
    faults = " ".join(sorted({fault["name"] for fault in rep.faults}))
    said = {name: rep.data.get(name) for name in _KINDS}
    return {**said, **about, "start_utc": start, "exercise": exercise, "faults": faults}


def _csv(path: Path, rows: Iterable[_Row]) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for count, row in enumerate(rows, 1):  # noqa: B007 - the last is how many
            writer.writerow({name: _plain(value) for name, value in row.items()})
    return count


def _plain(value: object) -> object:
    """Return a cell that no spreadsheet takes for a formula (OWASP, "CSV Injection")."""
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value


def _parquet(path: Path, rows: Iterable[_Row]) -> int:
    try:
        import pyarrow as pa
        from pyarrow.parquet import ParquetWriter
    except ImportError as error:
        raise ValueError(f"{path}: Parquet needs pyarrow; pip install 'hinge-imu[parquet]'") from error
    kinds = {int: pa.int64()}
    fields = [(name, kinds.get(_NUMBERS[name], pa.float64()) if name in _NUMBERS else pa.string()) for name in COLUMNS]
    schema = pa.schema(fields)
    count = 0
    writer: AbstractContextManager[Any] = ParquetWriter(path, schema, compression="zstd")
    with writer as open_writer:
        for piece in _pieces(rows):
            open_writer.write_table(pa.Table.from_pylist(piece, schema))
            count += len(piece)
    return count


def _pieces(rows: Iterable[_Row]) -> Iterator[list[_Row]]:
    piece: list[_Row] = []
    for row in rows:
        piece.append(row)
        if len(piece) == _ROWS:
            yield piece
            piece = []
    yield piece
