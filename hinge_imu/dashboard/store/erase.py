"""Recordings, and what is deleted: rows, files, and what the database would keep of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from pathlib import Path

from sqlalchemy import ColumnElement, Engine, delete, func, select, update
from sqlalchemy.orm import Session as Db

from hinge_imu.dashboard.incoming import forget
from hinge_imu.dashboard.store.models import Base, ForgottenRow, RecordingRow, RepRow, SessionRow
from hinge_imu.dashboard.store.rows import Extent, Waiting
from hinge_imu.dashboard.store.taking import hashed


def keep(db: Db, path: Path, about: Mapping[str, str], now: datetime) -> bool:
    """Take note of a recording; return False where it is of a deleted session, or says to be of another gym's."""
    session_id = about["session_id"]
    if db.get(ForgottenRow, hashed(session_id)) is not None:
        return False
    session = db.get(SessionRow, session_id)
    if session is None:
        who = about.get("athlete")
        named = {"athlete": who, "said_athlete": who}
        session = SessionRow(id=session_id, gym=about["gym"], strap=about["strap"], heard_utc=now, **named)
        db.add(session)
        db.flush()
    if session.gym != about["gym"]:
        return False
    db.merge(RecordingRow(path=str(path.absolute()), session_id=session_id, heard_utc=now))
    return True


def recordings(db: Db, sessions: Collection[str]) -> list[Path]:
    """Return the recordings of sessions, the latest first."""
    asked = select(RecordingRow.path).where(RecordingRow.session_id.in_(sessions))
    return [Path(path) for path in db.scalars(asked.order_by(RecordingRow.heard_utc.desc(), RecordingRow.path))]


def extent(db: Db, wanted: Iterable[ColumnElement[bool]]) -> Extent:
    """Return how much would be deleted."""
    gone = select(SessionRow.id).where(*wanted)
    rows = {"reps": RepRow.session_id, "recordings": RecordingRow.session_id}
    counts = {name: select(func.count()).where(column.in_(gone)) for name, column in rows.items()}
    counts["sessions"] = select(func.count()).select_from(gone.subquery())
    return Extent(**{name: db.execute(count).scalar_one() for name, count in counts.items()})


def waiting(db: Db) -> list[Waiting]:
    """Return the recordings that have not been worked through, the oldest first."""
    asked = select(RecordingRow.path, RecordingRow.session_id).where(RecordingRow.outcome.is_(None))
    rows = db.execute(asked.order_by(RecordingRow.heard_utc, RecordingRow.path))
    return [Waiting(Path(row.path), row.session_id) for row in rows]


def settle(db: Db, path: Path, outcome: str) -> None:
    """Take note of what became of a recording; of one that was deleted meanwhile nothing is noted."""
    db.execute(update(RecordingRow).where(RecordingRow.path == str(path)).values(outcome=outcome))


def erase(db: Db, wanted: Iterable[ColumnElement[bool]], uploads: Path | None) -> int:
    """Delete sessions, first their files, so that none is left without a row that leads to it; return how many."""
    gone = list(db.scalars(select(SessionRow.id).where(*wanted).with_for_update()))
    for path in recordings(db, gone):
        path.unlink(missing_ok=True)
    if uploads is not None:
        forget(uploads, gone)
    for session_id in gone:
        db.merge(ForgottenRow(hash=hashed(session_id)))
    db.execute(delete(SessionRow).where(SessionRow.id.in_(gone)))
    return len(gone)


def clear(engine: Engine) -> None:
    """Let nothing of what was deleted be left in the database's own files."""
    if engine.dialect.name == "sqlite":
        connection = engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connected:
        connected.exec_driver_sql(f"VACUUM {', '.join(Base.metadata.tables)}")
