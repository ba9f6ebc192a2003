"""What users change or add: a row as it stands now, and who has made it so, when, and from what."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session as Db

from hinge_imu.dashboard.store.models import EditRow, RepRow, SessionRow, SetRow

_TABLES: dict[str, type[SessionRow | SetRow | RepRow]] = {"session": SessionRow, "set": SetRow, "rep": RepRow}

LONGEST = 5000
"""A note has no more characters. Chosen: a page."""


class User(NamedTuple):
    """Who does it, and when."""

    name: str
    now: datetime


def strike_out(db: Db, user: User, rep_id: str, *, out: bool) -> None:
    """Let a rep count no longer, or again."""
    row = _row(db, "rep", rep_id)
    if row.struck_out != out:
        row.struck_out = out
        _remember(db, user, "strike_out" if out else "restore", row)


def rename(db: Db, user: User, set_id: str, exercise: str | None) -> None:
    """Let a set have been another exercise; None lets it be what the strap has said."""
    row = _row(db, "set", set_id)
    before, row.renamed = row.renamed, exercise
    if before != exercise:
        _remember(db, user, "rename", row, before=before or row.exercise, value=exercise or row.exercise)


def assign(db: Db, user: User, session_id: str, athlete: str | None) -> None:
    """Say who wore the strap; None lets it be whom the strap has said."""
    row = _row(db, "session", session_id)
    before = row.athlete
    row.assigned = athlete is not None
    row.athlete = athlete if athlete is not None else row.said_athlete
    if before != row.athlete:
        _remember(db, user, "assign", row, before=before, value=row.athlete)


def add(db: Db, user: User, what: str, about: str, about_id: str, *, text: str) -> None:
    """Keep a note, or that something hurt, with a session, a set or a rep; raises `ValueError` where it is too long."""
    if "\x00" in text or len(text) > LONGEST:
        raise ValueError(f"a note has at most {LONGEST} characters, and no U+0000; this one has {len(text)}")
    _remember(db, user, what, _row(db, about, about_id), value=text)


def _row(db: Db, about: str, about_id: str) -> Any:
    row = db.get(_TABLES[about], about_id, with_for_update=True)
    if row is None:
        raise LookupError(f"there is no {about} {about_id!r}; it may have been deleted")
    return row


def _remember(db: Db, user: User, what: str, row: Any, *, before: str | None = None, value: str | None = None) -> None:
    about = next(name for name, table in _TABLES.items() if isinstance(row, table))
    session_id = row.id if about == "session" else row.session_id
    who = {"by": user.name, "at_utc": user.now, "before": before, "value": value}
    db.add(EditRow(session_id=session_id, about=about, about_id=row.id, what=what, **who))
