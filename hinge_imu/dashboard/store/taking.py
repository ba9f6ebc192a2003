"""Messages into rows: what comes twice, late or in another order leaves the very same rows."""

from __future__ import annotations

import hashlib
import logging
import zlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from hinge_imu.dashboard.store.models import ForgottenRow, MessageRow, RepRow, SessionRow, SetRow, TraceRow
from hinge_imu.dashboard.wire import Heard

KEPT = frozenset({"rep", "set", "fault", "failed", "mark", "sensor", "notice", "session"})
"""The levels of which every revision is kept."""

STORED = KEPT | {"meta", "trace"}
"""The levels that leave something in the store; the others are for the moment."""

_Key = tuple[str, int]
_Row = TypeVar("_Row", RepRow, SetRow, TraceRow)

_log = logging.getLogger(__name__)


def take(db: Session, batch: Sequence[Heard], now: datetime) -> list[bool]:
    """Bring messages into the rows, in one transaction; return which of them were news (what describes is none)."""
    return _Taking(db, batch, now).all(batch)


def hashed(session_id: str) -> str:
    """Return what is kept of the id of a session that is deleted."""
    return hashlib.sha256(session_id.encode()).hexdigest()


class _Taking:
    """What the store has of the things that a batch speaks of; sessions are locked, so nobody else changes these."""

    def __init__(self, db: Session, batch: Sequence[Heard], now: datetime) -> None:
        self._db = db
        self._now = now
        batch = [heard for heard in batch if heard.level in STORED]
        self._kept: list[dict[str, Any]] = []
        self._sessions = self._lock(batch)
        self._had: set[_Key] = {
            (row.id, row.revision)
            for row in db.execute(select(MessageRow.id, MessageRow.revision).where(MessageRow.id.in_(_ids(batch))))
        }
        self._rows: dict[type, dict[str, Any]] = {
            RepRow: self._find(RepRow, RepRow.id, _ids(batch, "rep")),
            SetRow: self._find(SetRow, SetRow.id, _ids(batch, "set")),
            TraceRow: self._find(TraceRow, TraceRow.rep_id, {h.fields["rep_id"] for h in batch if h.level == "trace"}),
        }

    def all(self, batch: Sequence[Heard]) -> list[bool]:
        news = [self._take(heard) for heard in batch]
        self._insert(MessageRow, self._kept)
        return news

    def _take(self, heard: Heard) -> bool:
        fields, session_id = heard.fields, heard.fields["session_id"]
        if heard.level not in STORED or (session_id is None and heard.level == "meta"):
            return False
        session = self._sessions.get(session_id) if session_id is not None else None
        if session_id is not None and session is None:  # it has been deleted
            return False
        if session is not None and session.gym != heard.gym:
            _log.warning("%s/%s speaks of a session of another gym; it is left out", heard.gym, heard.strap)
            return False
        if heard.level in KEPT and not self._keep(heard):
            return False
        return self._apply(heard, session, fields)

    def _apply(self, heard: Heard, session: SessionRow | None, fields: dict[str, Any]) -> bool:
        if session is None:
            return True
        if heard.level == "session":
            _know(session, fields)
        elif heard.level == "meta":
            _describe(session, fields)
        if session.said_athlete is None:
            _wear(session, fields["athlete"])
        if heard.level == "trace":
            return self._put(TraceRow, fields["rep_id"], fields, _trace(fields))
        if heard.level == "rep":
            self._put(RepRow, fields["id"], fields, _rep(fields))
        elif heard.level == "set":
            self._put(SetRow, fields["id"], fields, _set(fields))
        return heard.level in KEPT

    def _keep(self, heard: Heard) -> bool:
        """Keep a revision; return whether it is news."""
        fields = heard.fields
        key = fields["id"], fields["revision"]
        if key in self._had:
            return False
        self._had.add(key)
        values = {"id": key[0], "revision": key[1], "session_id": fields["session_id"], "level": heard.level}
        about = {"gym": heard.gym, "strap": heard.strap, "heard_utc": self._now, "data": fields}
        self._kept.append({**values, **about})
        return True

    def _put(self, table: type[_Row], key: str, fields: dict[str, Any], values: dict[str, Any]) -> bool:
        """Let a row be as this message says, where no higher revision has said otherwise."""
        row = self._rows[table].get(key)
        if row is None:
            row = self._rows[table][key] = table(session_id=fields["session_id"], revision=0)
            self._db.add(row)
        elif row.session_id != fields["session_id"]:
            _log.warning("%r is said in two sessions; the second is left out", key)
            return False
        if fields["revision"] <= row.revision:
            return False
        for name, value in {**values, "revision": fields["revision"]}.items():
            setattr(row, name, value)
        return True

    def _lock(self, batch: Iterable[Heard]) -> dict[str, SessionRow]:
        """Return the sessions that are spoken of, new ones too, but for those that were deleted."""
        first: dict[str, Heard] = {}
        for heard in batch:
            if heard.fields["session_id"] is not None:
                first.setdefault(heard.fields["session_id"], heard)
        hashes = {hashed(session_id): session_id for session_id in first}
        for gone in self._db.scalars(select(ForgottenRow.hash).where(ForgottenRow.hash.in_(hashes))):
            del first[hashes[gone]]
        self._insert(SessionRow, [self._new(session_id, first[session_id]) for session_id in sorted(first)])
        # In order, so that two who take at once do not wait for each other.
        rows = select(SessionRow).where(SessionRow.id.in_(first)).order_by(SessionRow.id).with_for_update()
        return {row.id: row for row in self._db.scalars(rows)}

    def _new(self, session_id: str, heard: Heard) -> dict[str, Any]:
        return {"id": session_id, "gym": heard.gym, "strap": heard.strap, "heard_utc": self._now}

    def _insert(self, table: type[SessionRow | MessageRow], rows: list[dict[str, Any]]) -> None:
        """Insert rows, but for those that are there."""
        if rows:
            insert = (postgresql if self._db.get_bind().dialect.name == "postgresql" else sqlite).insert
            self._db.execute(insert(table).on_conflict_do_nothing(), rows)

    def _find(self, table: type[_Row], column: Any, ids: set[str]) -> dict[str, _Row]:
        found = self._db.scalars(select(table).where(column.in_(ids))) if ids else ()
        return {getattr(row, column.key): row for row in found}


def _ids(batch: Iterable[Heard], level: str | None = None) -> set[str]:
    return {heard.fields["id"] for heard in batch if level in {None, heard.level}}


def _know(session: SessionRow, fields: dict[str, Any]) -> None:
    """Take what a session says of itself; its highest revision holds, but a clock or a name is not forgotten."""
    if fields["revision"] <= session.revision:
        return
    session.revision = fields["revision"]
    session.state, session.end_s = fields["state"], fields["end_s"]
    session.sensors, session.bus = fields["sensors"], fields["bus"]
    session.started_utc = _moment(fields["started_utc"]) or session.started_utc
    if fields["athlete"] is not None:
        _wear(session, fields["athlete"])


def _describe(session: SessionRow, fields: dict[str, Any]) -> None:
    session.exercise, session.tempo = fields["exercise"], fields["tempo"]
    session.simulated, session.labels = fields["simulated"], fields["labels"]
    session.started_utc = session.started_utc or _moment(fields["started_utc"])


def _wear(session: SessionRow, athlete: str | None) -> None:
    session.said_athlete = athlete
    if not session.assigned:
        session.athlete = athlete


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    moment = msgspec.convert(text, datetime)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _rep(fields: dict[str, Any]) -> dict[str, Any]:
    own = ("exercise", "status", "start_s", "end_s", "eccentric_s", "concentric_s")
    measured = ("thorax_rom_deg", "spine_flexion_peak_deg", "faults")
    numbers = {"id": fields["id"], "set_number": fields["set"], "rep_number": fields["rep"], "data": fields}
    return {**{name: fields[name] for name in (*own, *measured)}, **numbers}


def _set(fields: dict[str, Any]) -> dict[str, Any]:
    return {"id": fields["id"], "number": fields["set"], "exercise": fields["exercise"], "data": fields}


def _trace(fields: dict[str, Any]) -> dict[str, Any]:
    points = {name: fields[name] for name in ("t_s", "pelvis_deg", "thorax_deg", "spine_deg")}
    return {"rep_id": fields["rep_id"], "packed": zlib.compress(msgspec.json.encode(points))}
