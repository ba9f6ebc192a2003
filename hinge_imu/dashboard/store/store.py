"""The store as everyone uses it: a method is a transaction, and all are safe from any thread and any process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError, StatementError
from sqlalchemy.orm import Session as Db

from hinge_imu.dashboard.store import edits, erase, export, queries, taking
from hinge_imu.dashboard.store.engine import connect, writing
from hinge_imu.dashboard.store.models import SessionRow
from hinge_imu.dashboard.store.rows import Athlete, Day, Edit, Extent, Recorded, Rep, Session, Set, Trace, Waiting
from hinge_imu.dashboard.wire import Heard

About = Literal["session", "set", "rep"]


class AwayError(ConnectionError):
    """The database does not answer, or cannot be written: the same may work later."""


class Store:
    """What a database holds; its tables are brought to their newest form first.

    Parameters
    ----------
    url
        ``sqlite:///PATH``, a path alone, or ``postgresql://[USER@]HOST/NAME``.
    uploads
        The folder into which recordings are uploaded, where there is one.
    now
        Tells the time.

    Raises
    ------
    hinge_imu.config.ConfigError
        If the database cannot be used, as `LateError` where it may be later; every method raises `AwayError` where it
        no longer can.
    """

    def __init__(
        self, url: str, uploads: Path | None = None, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.engine = connect(url)
        self._uploads = uploads
        self._now = now

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    # What straps say

    def take(self, heard: Heard) -> bool:
        """Take a message in; return whether it was news, which is so once for each id and revision."""
        return self.take_all([heard])[0]

    def take_all(self, batch: Sequence[Heard]) -> list[bool]:
        """Take messages in, all or none of them; return which were news. Once it returns they are on the disk.

        Raises
        ------
        ValueError
            If there is one among them that the database cannot hold.
        """
        try:
            with self._writing() as db:
                return taking.take(db, batch, self._now())
        except (DataError, IntegrityError, StatementError) as error:
            raise ValueError(" ".join(str(error).split())[:200]) from None

    def recorded(self, path: Path, about: Mapping[str, str]) -> None:
        """Take note of a recording that was uploaded; one of a deleted session is deleted."""
        with self._writing() as db:
            kept = erase.keep(db, path, about, self._now())
        if not kept:
            path.unlink(missing_ok=True)

    def waiting(self) -> list[Waiting]:
        """Return the recordings that have not been worked through yet, the oldest first."""
        with self._reading() as db:
            return erase.waiting(db)

    def settle(self, path: Path, outcome: str) -> None:
        """Take note that a recording has been worked through, or of why it never will be."""
        with self._writing() as db:
            erase.settle(db, path, outcome)

    # What is known

    def athletes(self, gym: str | None = None) -> list[Athlete]:
        """Return who has trained, by name."""
        with self._reading() as db:
            return queries.athletes(db, gym)

    def sessions(self, athlete: str | None = None, limit: int | None = 50, *, gym: str | None = None) -> list[Session]:
        """Return the sessions, the latest first; of everyone where nobody is named."""
        with self._reading() as db:
            return queries.sessions(db, queries.of(athlete, gym), limit)

    def unassigned(self, limit: int | None = 50, *, gym: str | None = None) -> list[Session]:
        """Return the sessions of which nobody has said who wore the strap."""
        with self._reading() as db:
            return queries.sessions(db, [SessionRow.athlete.is_(None), *queries.of(None, gym)], limit)

    def session(self, session_id: str) -> Session | None:
        """Return a session."""
        with self._reading() as db:
            return next(iter(queries.sessions(db, [SessionRow.id == session_id], 1)), None)

    def sets(self, session_id: str) -> list[Set]:
        """Return the sets of a session that have ended, in their order."""
        with self._reading() as db:
            return queries.sets(db, session_id)

    def reps(self, about: str, *, every: bool = False) -> list[Rep]:
        """Return the reps of a session or a set; with ``every``, what was retracted or struck out, too."""
        with self._reading() as db:
            return queries.reps(db, about, every=every)

    def trace(self, rep_id: str) -> Trace | None:
        """Return the angles over a rep; None where they have not come."""
        with self._reading() as db:
            return queries.trace(db, rep_id)

    def lately(self, since: datetime) -> list[tuple[Session, list[tuple[datetime, Heard]]]]:
        """Return the newest session of each strap that has been heard since, with what it said, and when that came."""
        with self._reading() as db:
            return queries.lately(db, since)

    def version(self, session_id: str) -> int:
        """Return a number that is another one once a user has changed or added something in a session."""
        with self._reading() as db:
            return queries.version(db, session_id)

    def remarks(self, session_id: str) -> list[Recorded]:
        """Return the marks, notices, faults, failed attempts, and what happened to sensors, in the order of time."""
        with self._reading() as db:
            return queries.remarks(db, session_id)

    def revisions(self, message_id: str) -> list[dict[str, Any]]:
        """Return every revision of a rep, or of what else was said, the first first."""
        with self._reading() as db:
            return queries.revisions(db, message_id)

    def edits(self, session_id: str) -> list[Edit]:
        """Return what users have changed and noted in a session, the first first."""
        with self._reading() as db:
            return queries.edits(db, session_id)

    def progress(self, athlete: str, *, gym: str | None = None) -> list[Day]:
        """Return what an athlete has done, a session and an exercise each, the earliest first."""
        with self._reading() as db:
            return queries.progress(db, athlete, gym)

    def complete(self, session_id: str) -> bool:
        """Return whether all that a session said it came to is there: its end, its sets, its reps and their traces."""
        with self._reading() as db:
            return queries.complete(db, session_id)

    def recording(self, session_id: str) -> Path | None:
        """Return the recording of a session, the latest that is there."""
        with self._reading() as db:
            return next((path for path in erase.recordings(db, [session_id]) if path.exists()), None)

    def export(self, path: Path, *, athlete: str | None = None, gym: str | None = None) -> int:
        """Write every rep that stands into a CSV or Parquet file, by the suffix; return how many they are."""
        with self._reading() as db:
            return export.write(db, path, queries.of(athlete, gym))

    # What users do

    def strike_out(self, rep_id: str, *, by: str) -> None:
        """Let a rep count no longer; every method of this kind raises `LookupError` where there is no such thing."""
        self._edit(edits.strike_out, by, rep_id, out=True)

    def restore(self, rep_id: str, *, by: str) -> None:
        """Let a rep count again."""
        self._edit(edits.strike_out, by, rep_id, out=False)

    def rename(self, set_id: str, exercise: str | None, *, by: str) -> None:
        """Let a set have been another exercise; None: what the strap has said."""
        self._edit(edits.rename, by, set_id, exercise)

    def assign(self, session_id: str, athlete: str | None, *, by: str) -> None:
        """Say who wore the strap; None: whom the strap has said."""
        self._edit(edits.assign, by, session_id, athlete)

    def note(self, about: About, about_id: str, text: str, *, by: str) -> None:
        """Keep a line with a session, a set or a rep."""
        self._edit(edits.add, by, "note", about, about_id, text=text)

    def pain(self, about: About, about_id: str, text: str = "", *, by: str) -> None:
        """Keep that something hurt."""
        self._edit(edits.add, by, "pain", about, about_id, text=text)

    def extent(self, athlete: str, *, gym: str | None = None) -> Extent:
        """Return how much there is of an athlete, which is what `delete` deletes."""
        with self._reading() as db:
            return erase.extent(db, queries.of(athlete, gym))

    def delete(self, athlete: str, *, gym: str | None = None) -> int:
        """Delete an athlete with everything: sessions, edits, recordings; return how many sessions there were.

        What still waits somewhere does not bring them back. Backups are the operator's to clear.
        """
        with self._writing() as db:
            gone = erase.erase(db, queries.of(athlete, gym), self._uploads)
        with _answering():
            erase.clear(self.engine)
        return gone

    def _edit(self, edit: Callable[..., None], by: str, *what: Any, **how: Any) -> None:
        with self._writing() as db:
            edit(db, edits.User(by, self._now()), *what, **how)

    @contextmanager
    def _writing(self) -> Iterator[Db]:
        with _answering(), Db(writing(self.engine)) as db, db.begin():
            yield db

    @contextmanager
    def _reading(self) -> Iterator[Db]:
        with _answering(), Db(self.engine) as db:
            yield db


@contextmanager
def _answering() -> Iterator[None]:
    """Tell a database that is away from a value that it does not take."""
    try:
        yield
    except (DataError, IntegrityError):
        raise
    except SQLAlchemyError as error:
        if isinstance(error, StatementError) and not isinstance(error, DBAPIError):
            raise
        raise AwayError(" ".join(str(getattr(error, "orig", None) or error).split())[:200]) from error
