"""What is asked of the store; every function reads, and none changes anything."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session as Db

from hinge_imu.dashboard.store.models import EditRow, MessageRow, RepRow, SessionRow, SetRow, TraceRow
from hinge_imu.dashboard.store.rows import Athlete, Day, Edit, Recorded, Rep, Session, Set, Trace
from hinge_imu.dashboard.wire import Heard

BACK = frozenset({"spine_rounding", "spine_arching", "butt_wink"})
"""The faults of the back, as in the report."""

_BEGAN = func.coalesce(SessionRow.started_utc, SessionRow.heard_utc)
STANDS = (RepRow.status != "retracted") & RepRow.struck_out.is_(False)
EXERCISE = func.coalesce(SetRow.renamed, RepRow.exercise)
IN_SET = (SetRow.session_id == RepRow.session_id) & (SetRow.number == RepRow.set_number)
LONGEST = timedelta(days=1)
"""No session lasts longer. Chosen."""

_REMARKS = ("mark", "sensor", "notice", "failed", "fault")


def athletes(db: Db, gym: str | None) -> list[Athlete]:
    """Return who has trained, by name."""
    columns = (SessionRow.athlete, SessionRow.gym)
    asked = select(*columns, func.count(), func.max(_BEGAN, type_=SessionRow.heard_utc.type))
    asked = asked.where(SessionRow.athlete.is_not(None), *of(gym=gym)).group_by(*columns).order_by(*columns)
    return [
        Athlete(name=name, gym=where, sessions=count, last_utc=last)
        for name, where, count, last in db.execute(asked)
        if name is not None
    ]


def sessions(db: Db, wanted: Iterable[ColumnElement[bool]], limit: int | None) -> list[Session]:
    """Return sessions, the latest first."""
    asked = select(SessionRow).where(*wanted).order_by(_BEGAN.desc(), SessionRow.id.desc()).limit(limit)
    rows = list(db.scalars(asked))
    found: dict[str, list[tuple[int, str, int]]] = {row.id: [] for row in rows}
    each = select(RepRow.session_id, RepRow.set_number, EXERCISE, func.count()).outerjoin(SetRow, IN_SET)
    each = each.where(RepRow.session_id.in_(found), STANDS)
    for session_id, number, exercise, count in db.execute(
        each.group_by(RepRow.session_id, RepRow.set_number, EXERCISE).order_by(RepRow.set_number)
    ):
        found[session_id].append((number, exercise, count))
    return [_session(row, found[row.id]) for row in rows]


def sets(db: Db, session_id: str) -> list[Set]:
    """Return the sets of a session that have ended, in their order."""
    session = db.get(SessionRow, session_id)
    counts = select(RepRow.set_number, func.count()).where(RepRow.session_id == session_id, STANDS)
    reps = dict(db.execute(counts.group_by(RepRow.set_number)).all())
    rows = db.scalars(select(SetRow).where(SetRow.session_id == session_id).order_by(SetRow.number, SetRow.id))
    return [_set(session, row, reps.get(row.number, 0)) for row in rows if session is not None]


def reps(db: Db, about: str, *, every: bool) -> list[Rep]:
    """Return the reps of a session, or of a set, in the order of time; with ``every`` those that do not stand, too."""
    asked = select(RepRow, SessionRow, EXERCISE).join(SessionRow, SessionRow.id == RepRow.session_id)
    asked = asked.outerjoin(SetRow, IN_SET).where((RepRow.session_id == about) | (SetRow.id == about))
    asked = asked if every else asked.where(STANDS)
    return [_rep(*found) for found in db.execute(asked.order_by(RepRow.start_s, RepRow.id))]


def trace(db: Db, rep_id: str) -> Trace | None:
    """Return the angles over a rep."""
    row = db.get(TraceRow, rep_id)
    return None if row is None else Trace(rep_id=rep_id, **msgspec.json.decode(zlib.decompress(row.packed)))


def lately(db: Db, since: datetime) -> list[tuple[Session, list[tuple[datetime, Heard]]]]:
    """Return the newest session of each strap that has been heard since, with what it said in it and when it came."""
    asked = select(SessionRow).where(since - LONGEST < _BEGAN).order_by(_BEGAN.desc(), SessionRow.id.desc())
    newest: dict[tuple[str, str], SessionRow] = {}
    for row in db.scalars(asked):
        newest.setdefault((row.gym, row.strap), row)
    found = [(_session(row, ()), _heard(db, row)) for row in newest.values()]
    return [each for each in found if any(at > since for at, _ in each[1])]


def version(db: Db, session_id: str) -> int:
    """Return a number that rises with whatever users do in a session."""
    return db.scalar(select(func.max(EditRow.id)).where(EditRow.session_id == session_id)) or 0


def _heard(db: Db, session: SessionRow) -> list[tuple[datetime, Heard]]:
    columns = (MessageRow.heard_utc, MessageRow.strap, MessageRow.level, MessageRow.data)
    rows = db.execute(select(*columns).where(MessageRow.session_id == session.id)).all()

    def order(row: Any) -> tuple[datetime, float, int]:
        # What came in one batch is of one moment.
        moments = (row.data.get(name) for name in ("said_s", "at_s", "end_s"))
        return row.heard_utc, next((at_s for at_s in moments if at_s is not None), 0.0), row.data["revision"]

    return [(at, Heard(session.gym, strap, level, data)) for at, strap, level, data in sorted(rows, key=order)]


def remarks(db: Db, session_id: str) -> list[Recorded]:
    """Return what else was said in a session, in the order of time."""
    session = db.get(SessionRow, session_id)
    asked = select(MessageRow).where(MessageRow.session_id == session_id, MessageRow.level.in_(_REMARKS))
    found = [
        Recorded(
            id=row.id,
            session_id=session_id,
            level=row.level,
            at_s=row.data["at_s"],
            at_utc=_utc(session, row.data["at_s"]),
            data=row.data,
        )
        for row in db.scalars(asked)
    ]
    return sorted(found, key=lambda each: (each.at_s, each.id))


def revisions(db: Db, message_id: str) -> list[dict[str, Any]]:
    """Return every revision of a message, the first first."""
    asked = select(MessageRow.data).where(MessageRow.id == message_id).order_by(MessageRow.revision)
    return list(db.scalars(asked))


def complete(db: Db, session_id: str) -> bool:
    """Return whether all that a session said it came to is there."""
    said = select(MessageRow.data).where(MessageRow.session_id == session_id, MessageRow.level == "session")
    came_to = next(iter(db.scalars(said.order_by(MessageRow.revision.desc()))), None)
    if came_to is None or came_to["state"] != "ended":
        return False
    reps = dict(db.execute(select(RepRow.id, RepRow.status).where(RepRow.session_id == session_id)).all())
    confirmed = {rep for rep, status in reps.items() if status == "confirmed"}
    traces = set(db.scalars(select(TraceRow.rep_id).where(TraceRow.session_id == session_id)))
    sets = db.scalar(select(func.count()).select_from(SetRow).where(SetRow.session_id == session_id))
    counted = (len(confirmed), sets) == (came_to["reps"], came_to["sets"])
    return counted and "provisional" not in reps.values() and confirmed <= traces


def edits(db: Db, session_id: str) -> list[Edit]:
    """Return what users have done in a session, the first first."""
    rows = db.scalars(select(EditRow).where(EditRow.session_id == session_id).order_by(EditRow.id))
    return [Edit(**{name: getattr(row, name) for name in Edit.__struct_fields__}) for row in rows]


def progress(db: Db, athlete: str, gym: str | None) -> list[Day]:
    """Return what an athlete has done, exercise by exercise, the earliest session first."""
    columns = (RepRow.set_number, RepRow.spine_flexion_peak_deg, RepRow.thorax_rom_deg)
    durations = (RepRow.eccentric_s, RepRow.concentric_s, RepRow.faults)
    began = func.coalesce(SessionRow.started_utc, SessionRow.heard_utc, type_=SessionRow.heard_utc.type)
    asked = select(SessionRow.id, began.label("at_utc"), EXERCISE.label("exercise"), *columns, *durations)
    asked = asked.join(RepRow, RepRow.session_id == SessionRow.id).outerjoin(SetRow, IN_SET)
    asked = asked.where(STANDS, *of(athlete=athlete, gym=gym)).order_by(began, SessionRow.id, RepRow.start_s)
    days: dict[tuple[str, datetime, str], list[Any]] = {}
    for row in db.execute(asked):
        days.setdefault((row.id, row.at_utc, row.exercise), []).append(row)
    return [_day(*key, rows) for key, rows in days.items()]


def of(athlete: str | None = None, gym: str | None = None) -> list[ColumnElement[bool]]:
    """Return what sessions are asked for: an athlete's, a gym's, everybody's where nobody is named."""
    named = ((SessionRow.athlete, athlete), (SessionRow.gym, gym))
    return [column == name for column, name in named if name is not None]


def _day(session_id: str, at_utc: datetime, exercise: str, rows: Sequence[Any]) -> Day:
    measured = [row for row in rows if row.spine_flexion_peak_deg is not None]
    names = [{fault["name"] for fault in row.faults} for row in rows]
    middle = ("spine_flexion_peak_deg", "thorax_rom_deg", "eccentric_s", "concentric_s")
    return Day(
        session_id=session_id,
        at_utc=at_utc,
        exercise=exercise,
        sets=len({row.set_number for row in rows}),
        reps=len(rows),
        measured=len(measured),
        held=sum(not any(fault["name"] in BACK for fault in row.faults) for row in measured),
        faults=dict(sorted(Counter(name for each in names for name in each).items())),
        **{name: _median([getattr(row, name) for row in rows]) for name in middle},
    )


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _utc(session: SessionRow | None, at_s: float) -> datetime | None:
    if session is None or session.started_utc is None:
        return None
    return session.started_utc + timedelta(seconds=at_s)


def _session(row: SessionRow, found: Sequence[tuple[int, str, int]]) -> Session:
    own = ("id", "gym", "strap", "athlete", "said_athlete", "exercise", "tempo", "started_utc", "state", "end_s")
    about = ("simulated", "labels", "sensors", "bus")
    return Session(
        **{name: getattr(row, name) for name in (*own, *about)},
        at_utc=row.started_utc or row.heard_utc,
        exercises=tuple(dict.fromkeys(exercise for _, exercise, _ in found)),
        sets=len({number for number, _, _ in found}),
        reps=sum(count for _, _, count in found),
    )


def _set(session: SessionRow, row: SetRow, reps: int) -> Set:
    start_s, end_s = row.data["start_s"], row.data["end_s"]
    return Set(
        id=row.id,
        session_id=row.session_id,
        athlete=session.athlete,
        set=row.number,
        exercise=row.renamed or row.exercise,
        said_exercise=row.exercise,
        reps=reps,
        start_s=start_s,
        end_s=end_s,
        start_utc=_utc(session, start_s),
        data=row.data,
    )


def _rep(row: RepRow, session: SessionRow, exercise: str) -> Rep:
    own = ("id", "session_id", "revision", "status", "struck_out", "start_s", "end_s", "data")
    return Rep(
        **{name: getattr(row, name) for name in own},
        athlete=session.athlete,
        set=row.set_number,
        rep=row.rep_number,
        exercise=exercise,
        start_utc=_utc(session, row.start_s),
        faults=tuple(row.faults),
    )
