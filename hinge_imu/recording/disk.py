"""A patient disk: whoever writes to it never waits and never fails, whatever becomes of the card."""

from __future__ import annotations

import errno
import fcntl
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

Trouble = Callable[[str | None], object]
"""Is told a sentence when something is wrong with the disk, and None when it is over."""

KEEP_BYTES = 32_000_000
"""What may wait in memory. Chosen: 47 minutes of two chips at 200 Hz, 28 bytes a sample, without compression."""

TWO_CHIPS_BYTES_S = 11_200.0
"""28 bytes a sample, 2 x 200 samples a second."""

CLOSE_S = 5.0
"""How long a disk is waited for at the end. Chosen: what a strap may take to go off once its button is held."""

_RETRY_S = 1.0
_SLICE = 1 << 20  # as much as is copied while the writer is kept out

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CLOSED = {errno.EROFS, errno.EACCES, errno.EPERM}


class Disk:
    """A file to write to, whose bytes a thread brings to the disk.

    What was written between two calls of `flush` is one piece, and is kept whole or not at all. The thread writes what
    was flushed and syncs it, again and again; where that fails, it stays in memory, and is tried again every second,
    making and opening the file included. Bytes are let go of when the disk has said that they are safe, so a failed
    sync is written anew. When more than ``keep`` bytes wait, new pieces are dropped, and counted in ``dropped``.

    ``trouble`` is called from the thread or from the writer, and must not take long. ``bytes_s`` is how much is coming,
    for the sentence that says how long memory will last. While it is open the file is locked (flock), so that nobody
    takes it for one that is torn.
    """

    def __init__(
        self,
        path: Path | str,
        trouble: Trouble = lambda _: None,
        *,
        bytes_s: float = TWO_CHIPS_BYTES_S,
        keep: int = KEEP_BYTES,
    ) -> None:
        self.dropped = 0
        self._path, self._trouble = Path(path), trouble
        self._bytes_s, self._keep = bytes_s, keep
        self._piece = bytearray()
        self._waiting = bytearray()  # from `_synced` on
        self._taken = self._written = self._synced = 0
        self._file: int | None = None
        self._made = self._closing = self._given_up = self._in_trouble = self._full = False
        self._news = threading.Condition()
        # A daemon: a disk that hangs must not keep the program from ending.
        self._thread = threading.Thread(target=self._run, name="disk", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> int:
        """Append to the piece that has begun."""
        self._piece += data
        return len(data)

    def tell(self) -> int:
        """Return the length of the file, when all that was taken is in it."""
        return self._taken + len(self._piece)

    def flush(self) -> None:
        """Hand over the piece that has begun, to be written and synced."""
        piece, self._piece = self._piece, bytearray()
        if not piece:
            return
        with self._news:
            if kept := len(self._waiting) + len(piece) <= self._keep:
                self._waiting += piece
                self._taken += len(piece)
                self._news.notify_all()
        if kept:
            self._full = False
            return
        self.dropped += 1
        if not self._full:
            self._full = True
            self._trouble(
                f"{self._path}: the disk still takes nothing and memory is used up: from now on the session is "
                "published, and not recorded; free some space"
            )

    def wait(self, seconds: float) -> bool:
        """Wait until all that was flushed is safe on the disk; return whether it is."""
        with self._news:
            return self._news.wait_for(lambda: not self._waiting, seconds)

    def close(self) -> None:
        """Write and sync what is left, and close the file; a dead disk is given up after `CLOSE_S`, with a sentence."""
        if self._closing:
            return
        self.flush()
        with self._news:
            self._closing = True
            self._news.notify_all()
        self._thread.join(CLOSE_S)
        if self._thread.is_alive():
            with self._news:
                self._given_up, left = True, len(self._waiting)
                self._news.notify_all()
            self._trouble(
                f"{self._path}: the disk has not taken the last {left / self._bytes_s:.0f} s of the session, and they "
                "are lost; see to the disk before the next session"
            )
        if self.dropped:
            self._trouble(
                f"{self._path}: {self.dropped} stretches of about 1 s are missing, as neither disk nor memory had room"
            )

    def _run(self) -> None:
        while self._work():
            try:
                self._turn()
            except OSError as error:
                if error.errno not in _FULL:
                    self._let_go()  # a card that was out is another file, under the same name
                self._complain(error)
                with self._news:
                    self._news.wait_for(lambda: self._given_up, _RETRY_S)
            else:
                self._relax()
        self._let_go()

    def _work(self) -> bool:
        """Wait for something to write; return False at the end."""
        with self._news:
            self._news.wait_for(lambda: self._waiting or self._closing)
            return bool(self._waiting) and not self._given_up

    def _turn(self) -> None:
        file = self._opened()
        try:
            while piece := self._next():
                self._written += os.pwrite(file, piece, self._written)
        finally:
            # What fitted on the disk is safe, even where the rest did not.
            self._sync(file)

    def _next(self) -> bytes:
        with self._news:
            begin = self._written - self._synced
            return bytes(self._waiting[begin : begin + _SLICE])

    def _sync(self, file: int) -> None:
        try:
            os.fsync(file)
        except OSError:
            # Linux drops pages that it could not write, and says so once: only memory still has them.
            self._written = self._synced
            raise
        with self._news:
            del self._waiting[: self._written - self._synced]
            self._synced = self._written
            self._news.notify_all()

    def _opened(self) -> int:
        if self._file is None:
            self._file = self._open_again() if self._made else self._make()
        return self._file

    def _make(self) -> int:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
        self._made = True
        self._file = file
        _lock(file)
        sync_folder(self._path.parent)
        return file

    def _open_again(self) -> int:
        # Never made anew: where its beginning is not, on another card say, it cannot go on.
        file = os.open(self._path, os.O_WRONLY | os.O_CLOEXEC)
        _lock(file)
        return file

    def _let_go(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):
                os.close(file)

    def _complain(self, error: OSError) -> None:
        if self._in_trouble:
            return
        self._in_trouble = True
        what, mend = _told(error)
        minutes = max(0.0, (self._keep - len(self._waiting)) / self._bytes_s / 60)
        self._trouble(
            f"{self._path}: {what}: the session is published, and kept in memory for the next {minutes:.0f} minutes; "
            f"{mend}"
        )

    def _relax(self) -> None:
        if self._in_trouble:
            self._in_trouble = False
            self._trouble(None)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk: without it, a power cut may take a file that was synced."""
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def in_use(path: Path) -> bool:
    """Return whether somebody is writing the recording at ``path``."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # a file system without locks
        return False
    finally:
        os.close(file)
    return False


def _lock(file: int) -> None:
    with suppress(OSError):  # some file systems have none
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _told(error: OSError) -> tuple[str, str]:
    """Return what is wrong, and the mend."""
    if error.errno in _FULL:
        return "the disk is full", "free some space"
    if error.errno in _CLOSED:
        return f"it may not be written ({error.strerror})", "mount the disk for writing, or mend the permissions"
    return f"the disk does not answer ({error.strerror})", "see to the card and its contacts"
