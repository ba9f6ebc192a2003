"""What waits for the broker: on disk before it is sent, and until the broker has it.

Nothing here waits for the disk but a thread of its own, in which all of SQLite's work is done.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Self, TypeVar, cast

from hinge_imu.publish.messages import Key, Message
from hinge_imu.publish.store import Store, UnknownVersionError

RETRY_S = 1.0
"""A disk that could not be written is tried again after so long. Chosen."""

CALM_S = 10.0
"""It is well again when writing succeeds so long after it last failed: a disk is full, and is not, and is. Chosen."""

MEMORY_MB = 20.0
"""How much waits in memory while the disk cannot be written. Chosen: what the smallest Pi can spare."""

T = TypeVar("T")

_log = logging.getLogger(__name__)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class Outbox:
    """Messages on their way, in the file ``path``, or in memory where there is none; safe from any thread.

    What was put with the same id and no higher revision before is passed over: so a session that is worked through
    again after a crash says nothing twice. Other programs may put into the same file; one only may send from it. At
    most ``keep_mb`` wait; when there are more, the oldest traces go, then the oldest others: ``given_up`` is how many.
    While the file cannot be written, messages wait in memory and are sent from there. ``trouble`` is called with a
    sentence when something of this goes wrong, and with None when nothing does any more.
    """

    def __init__(
        self, path: Path | None, keep_mb: float, trouble: Callable[[str | None], object] = lambda _: None
    ) -> None:
        self._path = path
        self._keep_mb = keep_mb
        self._trouble = trouble
        self._broken: str | None = None
        self._full: str | None = None
        self._told: str | None = None
        self._stir: Callable[[], object] = lambda: None
        self._lock = Lock()  # held for as long as it takes to add to a list
        self._fresh: list[Message] = []
        self._coming: Future[None] | None = None  # will bring what is fresh to the disk
        self._out: set[Key] = set()  # handed out, and not acknowledged yet
        self._gone: set[Key] = set()  # acknowledged, and still on the disk
        self.given_up = 0
        self._disk: Store | None = None
        self._memory: Store | None = None
        self._again_s = self._calm_s = 0.0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="outbox")

    def put(self, messages: Iterable[Message]) -> Future[None]:
        """Keep messages, all in one transaction, but those of QoS 0; what is returned tells when they are."""
        kept = [message for message in messages if message.qos]
        with self._lock:
            self._fresh += kept
            if self._coming is None:
                self._coming = self._thread.submit(self._settle)
            return self._coming

    def take(self, most: int, but: Sequence[str] = ()) -> list[Message]:
        """Hand out at most so many that have waited longest, each once, and none of these levels."""
        return self._thread.submit(self._take, most, but).result()

    def done(self, keys: Iterable[Key]) -> None:
        """Forget what was acknowledged."""
        self._thread.submit(self._strike, list(keys))

    def back(self, keys: Iterable[Key] | None = None) -> None:
        """Let these, or all that were handed out, be handed out again."""
        self._thread.submit(self._put_back, None if keys is None else list(keys))

    def listen(self, stir: Callable[[], object]) -> None:
        """Call this, in the outbox's own thread, whenever something has been put."""
        self._stir = stir

    def __len__(self) -> int:
        """How many wait, those handed out included."""
        return self._thread.submit(self._count).result()

    def close(self) -> None:
        """Finish what was begun, and let go of the file; what waits in it stays."""
        with suppress(RuntimeError):  # it was closed before
            self._thread.submit(self._close)
        self._thread.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # From here on everything runs in the outbox's thread.

    def _settle(self) -> None:
        """Bring what is new to the disk, and what is acknowledged off it; into memory while that cannot be."""
        with self._lock:
            fresh, self._fresh, self._coming = self._fresh, [], None
        if not (fresh or self._gone or (self._memory is not None and self._path is not None)):
            return
        if not self._written(fresh):
            if self._memory is None:
                self._memory = Store(None, self._keep_mb if self._path is None else min(MEMORY_MB, self._keep_mb))
            self._given_up(self._memory.put(fresh, self._gone))
            if self._path is None:
                self._gone.clear()
        if fresh:
            self._stir()

    def _written(self, fresh: list[Message]) -> bool:
        disk = self._opened() if time.monotonic() >= self._again_s else None
        if disk is None:
            return False
        try:
            self._given_up(disk.put(fresh, self._gone, self._memory))
        except sqlite3.Error as error:
            self._lose(error, readable=True)
            return False
        self._gone.clear()
        if self._memory is not None:
            self._memory.close()
            self._memory = None
        if time.monotonic() >= self._calm_s:
            self._broken = None
            self._tell()
        return True

    def _take(self, most: int, but: Sequence[str]) -> list[Message]:
        self._settle()
        passed = self._out | self._gone
        found = self._oldest(most, but, passed)
        self._out.update(message.key for message in found)
        if not found and not passed and not but:
            self._full = None
            self._tell()
        return found

    def _oldest(self, most: int, but: Sequence[str], passed: set[Key]) -> list[Message]:
        found = self._read(lambda disk: disk.oldest(most, but, passed)) or []
        if self._memory is not None:
            found += self._memory.oldest(most - len(found), but, passed)
        return found

    def _count(self) -> int:
        self._settle()
        return (self._read(len) or 0) + (len(self._memory) if self._memory is not None else 0)

    def _read(self, work: Callable[[Store], T]) -> T | None:
        disk = self._opened()
        try:
            return work(disk) if disk is not None else None
        except sqlite3.Error as error:
            self._lose(error)
            return None

    def _strike(self, keys: list[Key]) -> None:
        self._out.difference_update(keys)
        self._gone.update(keys)
        self._settle()

    def _put_back(self, keys: list[Key] | None) -> None:
        self._out.difference_update(list(self._out) if keys is None else keys)
        for store in (self._disk, self._memory):
            if store is not None:
                store.again()

    def _close(self) -> None:
        self._again_s = 0.0
        self._settle()
        for store in (self._disk, self._memory):
            if store is not None:
                store.close()

    def _opened(self) -> Store | None:
        if self._disk is None and self._path is not None:
            with suppress(OSError):  # it is SQLite that says what is wrong
                self._path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._disk = Store(self._path, self._keep_mb)
            except sqlite3.Error as error:
                self._lose(error)
        return self._disk

    def _lose(self, error: sqlite3.Error, *, readable: bool = False) -> None:
        """Write no more for a while to a file that cannot be written, or to another one where it is damaged."""
        now = time.monotonic()
        self._again_s, self._calm_s = now + RETRY_S, now + CALM_S
        damaged = isinstance(error, UnknownVersionError) or getattr(error, "sqlite_errorcode", None) in _DAMAGED
        if self._disk is not None and (damaged or not readable):
            self._disk.close()
            self._disk = None
        mend = "what is said waits in memory; make room on the disk, and see that it can be written"
        if damaged:
            aside = self._set_aside()
            mend = f"it is kept as {aside}, and a new one begun; what waited in it is in the recordings"
        self._broken = f"{self._path}: {error}; {mend}"
        self._tell()

    def _set_aside(self) -> Path | None:
        path = cast("Path", self._path)
        free = (path.with_name(f"{path.name}.damaged-{number}") for number in count(1))
        aside = next(each for each in free if not each.exists())
        try:
            for part in ("-wal", "-shm", ""):
                if (torn := Path(f"{path}{part}")).exists():
                    torn.rename(f"{aside}{part}")
        except OSError:
            return None
        self._again_s = 0.0
        return aside

    def _given_up(self, dropped: int) -> None:
        self.given_up += dropped
        if dropped and self._full is None:
            self._full = (
                f"more than {self._keep_mb:g} MB wait for the broker: the oldest are given up, traces first; "
                "the recording keeps everything"
            )
            self._tell()

    def _tell(self) -> None:
        now = self._broken or self._full
        if now == self._told:
            return
        self._told = now
        if now is not None:
            _log.warning("%s", now)
        self._trouble(now)
