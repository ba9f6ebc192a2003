"""Messages in an SQLite file: what waits for the broker, and what has ever been said."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Self

from hinge_imu.publish.messages import Key, Message

VERSION = 1
SAID_A_MB = 1000
"""How many ids are remembered for each MB that may wait: 0.1 MB of them. Chosen: 100,000, as shipped, are 50 h."""

_BUSY_S = 5.0  # another program may be writing

_TABLES = """
BEGIN IMMEDIATE;
CREATE TABLE waiting (
    seq INTEGER PRIMARY KEY, level TEXT, topic TEXT, payload BLOB, id TEXT, revision INTEGER, UNIQUE (id, revision)
);
CREATE INDEX by_level ON waiting (level);
CREATE TABLE said (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, revision INTEGER);
CREATE TABLE size (bytes INTEGER);
INSERT INTO size VALUES (0);
CREATE TRIGGER more AFTER INSERT ON waiting BEGIN UPDATE size SET bytes = bytes + length(new.payload); END;
CREATE TRIGGER less AFTER DELETE ON waiting BEGIN UPDATE size SET bytes = bytes - length(old.payload); END;
PRAGMA user_version = 1;
COMMIT;
"""
_SAY = """INSERT INTO said (id, revision) VALUES (?, ?)
ON CONFLICT (id) DO UPDATE SET revision = excluded.revision WHERE excluded.revision > revision"""
_WAIT = "INSERT OR IGNORE INTO waiting (level, topic, payload, id, revision) VALUES (?, ?, ?, ?, ?)"
_MESSAGE = "SELECT level, topic, payload, id, revision"
_OLDEST = "DELETE FROM waiting WHERE seq = (SELECT min(seq) FROM waiting{})"


class UnknownVersionError(sqlite3.DatabaseError):
    """A file that this program does not know how to read."""


class Store:
    """A file of messages, or the same in memory; used by one thread, though other programs may use the file as well.

    Every method raises `sqlite3.Error` where the file cannot be read or written; what it began is then undone.
    """

    def __init__(self, path: Path | None, keep_mb: float) -> None:
        self._limit = round(keep_mb * 1e6)
        self._ids = round(keep_mb * SAID_A_MB)
        self._but: list[str] = []
        self._after = 0  # up to here all has been passed over, but for those levels
        self._db = sqlite3.connect(path or ":memory:", timeout=_BUSY_S, isolation_level=None)
        try:
            self._set_up()
        except sqlite3.Error:
            self._db.close()
            raise

    def put(self, messages: Iterable[Message], gone: Collection[Key] = (), other: Self | None = None) -> int:
        """Take messages that were not said before, all or none of them; return how many there was no room for.

        In the same transaction strike off what is ``gone``, and take what another store holds and remembers. Where
        there is no room the oldest traces go, and when there are none, whatever is oldest.
        """
        with self._transaction():
            if other is not None:
                self._take_over(other)
            for message in messages:
                if self._db.execute(_SAY, message.key).rowcount:
                    self._db.execute(_WAIT, message)
            self._db.executemany("DELETE FROM waiting WHERE id = ? AND revision = ?", gone)
            self._db.execute("DELETE FROM said WHERE seq <= (SELECT max(seq) FROM said) - ?", [self._ids])
            dropped = self._make_room()
            (last,) = self._db.execute("SELECT max(seq) FROM waiting").fetchone()
            self._after = min(self._after, last or 0)  # the next one gets the number after the last that is there
            return dropped

    def oldest(self, most: int, but: Sequence[str] = (), passed: AbstractSet[Key] = frozenset()) -> list[Message]:
        """Return so many of those that have waited longest, none of these levels, and none that is passed over.

        What was passed over once is not looked at again before `again`.
        """
        if self._but != [*but]:
            self._but, self._after = [*but], 0
        places = ",".join("?" * len(but))
        query = f"{_MESSAGE}, seq FROM waiting WHERE seq > ? AND level NOT IN ({places}) ORDER BY seq"
        found: list[Message] = []
        with closing(self._db.execute(query, [self._after, *but])) as rows:
            while len(found) < most and (row := rows.fetchone()) is not None:
                message = Message(*row[:-1])
                if message.key not in passed:
                    found.append(message)
                elif not found:
                    self._after = row[-1]
        return found

    def again(self) -> None:
        """Look at everything again, as what was passed over no longer is."""
        self._after = 0

    def __len__(self) -> int:
        """How many wait."""
        return int(self._db.execute("SELECT count(*) FROM waiting").fetchone()[0])

    def close(self) -> None:
        """Let go of the file."""
        with suppress(sqlite3.Error):  # it may be what was broken
            self._db.close()

    def _set_up(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")  # what is said to be kept has reached the disk
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version == 0:
            self._db.executescript(_TABLES)
        elif version != VERSION:
            raise UnknownVersionError(f"it was made by another version of this program ({version})")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _take_over(self, other: Self) -> None:
        known = "SELECT 1 FROM said WHERE id = ? AND revision >= ?"
        messages = (Message(*row) for row in other._db.execute(f"{_MESSAGE} FROM waiting ORDER BY seq"))
        new = [message for message in messages if self._db.execute(known, message.key).fetchone() is None]
        self._db.executemany(_WAIT, new)
        self._db.executemany(_SAY, other._db.execute("SELECT id, revision FROM said ORDER BY seq"))

    def _make_room(self) -> int:
        dropped = 0
        while self._db.execute("SELECT bytes FROM size").fetchone()[0] > self._limit:
            if not self._db.execute(_OLDEST.format(" WHERE level = 'trace'")).rowcount:
                self._db.execute(_OLDEST.format(""))
            dropped += 1
        return dropped
