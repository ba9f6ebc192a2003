"""What many straps have said against what a store holds: what is missing, what is there that nobody said, how late."""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple

import msgspec
from sqlalchemy import Engine, create_engine, event, select
from sqlalchemy.exc import SQLAlchemyError

from hinge_imu.app.housekeeping import Housekeeping
from hinge_imu.dashboard.store.models import MessageRow, RepRow, TraceRow

EVERY_S = 0.02
"""So often it is looked what has arrived, so a latency is too long by half of this. Chosen."""

AT_ONCE = 300
"""Messages that are looked for at once, the oldest first. Chosen."""

_STORED = {"rep", "set", "fault", "session"}  # what has a row a revision


class Note(msgspec.Struct, frozen=True):
    """One message that was said, as the straps wrote it down; ``at`` is the time of day, in s.

    Of live angles ``t_s`` is the session time of the last point.
    """

    at: float
    level: str
    strap: str
    session_id: str
    id: str
    revision: int
    status: str | None
    rep_id: str | None
    t_s: float | None = None

    @property
    def key(self) -> tuple[str, int]:
        """What it is known by."""
        return self.id, self.revision


class Holes(NamedTuple):
    """How the store differs from what was said; all zero is as it should be.

    ``lost`` messages and traces are not there; ``strange`` ones nobody said; ``stale`` reps do not stand as their last
    revision has them.
    """

    reps: int
    lost: int
    strange: int
    stale: int

    @property
    def none(self) -> bool:
        """Whether everything is there, once."""
        return not self.lost and not self.strange and not self.stale


def reader(url: str) -> Engine:
    """Return a way to the database that reads only."""
    made = create_engine(url, pool_pre_ping=True)
    if made.dialect.name == "sqlite":
        event.listen(made, "connect", lambda each, _: each.execute("PRAGMA query_only = ON"))
    return made


def notes(path: Path) -> list[Note]:
    """Return what was said."""
    decoder = msgspec.json.Decoder(Note)
    return [decoder.decode(line) for line in path.read_bytes().splitlines()]


def compare(said: list[Note], engine: Engine) -> Holes:
    """Hold a store against what was said."""
    keys = {note.key for note in said if note.level in _STORED}
    latest = {note.id: (note.revision, note.status) for note in sorted(said, key=lambda note: note.revision)}
    reps = {note.id: latest[note.id] for note in said if note.level == "rep"}
    traces = {note.rep_id for note in said if note.level == "trace"}
    with engine.connect() as database:
        kept = select(MessageRow.id, MessageRow.revision).where(MessageRow.session_id.is_not(None))
        there = {(row.id, row.revision) for row in database.execute(kept)}
        standing = {
            row.id: (row.revision, row.status)
            for row in database.execute(select(RepRow.id, RepRow.revision, RepRow.status))
        }
        traced = set(database.scalars(select(TraceRow.rep_id)))
    stale = sum(standing.get(rep, state) != state for rep, state in reps.items()) + len(reps.keys() ^ standing.keys())
    return Holes(len(reps), len(keys - there) + len(traces - traced), len(there - keys) + len(traced - traces), stale)


def complete(path: Path, engine: Engine, patience_s: float) -> Holes:
    """Wait until everything is there; return what is missing when the patience is over."""
    said, until_s = notes(path), time.monotonic() + patience_s
    while True:
        try:
            holes = compare(said, engine)
        except SQLAlchemyError:  # the database is away
            holes = Holes(0, len(said), 0, 0)
        if holes.none or time.monotonic() > until_s:
            return holes
        time.sleep(0.1)


class Watch(Housekeeping):
    """Context manager around a thread that sees how long each revision of a rep takes until a reader finds it.

    ``late_s`` are those times, in s.
    """

    def __init__(self, path: Path, engine: Engine) -> None:
        super().__init__([self._read, self._look], EVERY_S)
        self.late_s: list[float] = []
        path.touch()
        self._file = path.open("rb")
        self._decoder, self._rest = msgspec.json.Decoder(Note), b""
        self._engine = engine
        self._missing: dict[tuple[str, int], float] = {}

    def __exit__(self, *how: object) -> None:
        """Stop."""
        super().__exit__(*how)
        self._file.close()

    def _read(self) -> None:
        *lines, self._rest = (self._rest + self._file.read()).split(b"\n")
        for note in map(self._decoder.decode, lines):
            if note.level == "rep":
                self._missing[note.key] = note.at

    def _look(self) -> None:
        oldest = list(self._missing)[:AT_ONCE]
        if not oldest:
            return
        asked = select(MessageRow.id, MessageRow.revision).where(MessageRow.id.in_({key[0] for key in oldest}))
        with self._engine.connect() as database:
            found = [(row.id, row.revision) for row in database.execute(asked)]
        now = time.time()
        for key in found:
            at = self._missing.pop(key, None)
            if at is not None:
                self.late_s.append(now - at)
