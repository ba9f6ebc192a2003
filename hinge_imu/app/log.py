"""What the program logs: lines for a person in a terminal, records with fields for systemd's journal.

The journal is told by its native protocol (https://systemd.io/JOURNAL_NATIVE_PROTOCOL), so that a session, or a kind
of event, can be asked for: ``journalctl HINGE_SESSION=... HINGE_EVENT=sensor``.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TextIO

NAME = "hinge-imu"
JOURNAL = Path("/run/systemd/journal/socket")

LEVELS = {logging.CRITICAL: 2, logging.ERROR: 3, logging.WARNING: 4, logging.INFO: 6, logging.DEBUG: 7}
"""What each level is called in the journal: the priorities of syslog (RFC 5424, table 2)."""

FIELD = "HINGE_"
"""What is given with a record under such a name, by ``extra=``, is a field of the journal."""


class Context(logging.Filter):
    """Puts the session that goes on into every record; there is none as long as ``session`` is None."""

    session: str | None = None

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the session; every record passes."""
        if self.session is not None:
            record.__dict__.setdefault(f"{FIELD}SESSION", self.session)
        return True


class Lines(logging.Formatter):
    """A time, a level where it is worth one, and the sentence."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(word)s%(message)s", "%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - its name in the standard library
        """Return the first line."""
        record.word = f"{record.levelname.lower()}: " if record.levelno > logging.INFO else ""
        return super().formatMessage(record)


class Prefixed(logging.Formatter):
    """Each line with its priority in front, as the journal takes them from standard error (sd-daemon(3))."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines."""
        return "\n".join(f"<{_priority(record)}>{line}" for line in super().format(record).splitlines())


class Journal(logging.Handler):
    """Sends records to the journal with what is known of them; what it does not take goes to ``otherwise``."""

    def __init__(self, path: Path, otherwise: logging.Handler) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter())
        self._path = str(path)
        self._otherwise = otherwise
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)

    def emit(self, record: logging.LogRecord) -> None:
        """Send a record; never waits."""
        try:
            data = b"".join(_encoded(name, value) for name, value in self._fields(record))
            self._socket.sendto(data, socket.MSG_DONTWAIT, self._path)
        except OSError:
            self._otherwise.handle(record)

    def close(self) -> None:
        """Let go of the socket."""
        self._socket.close()
        super().close()

    def _fields(self, record: logging.LogRecord) -> Iterator[tuple[str, object]]:
        yield "MESSAGE", self.format(record)
        yield "PRIORITY", _priority(record)
        yield "SYSLOG_IDENTIFIER", NAME
        yield "LOGGER", record.name
        yield "THREAD_NAME", record.threadName
        yield "CODE_FILE", record.pathname
        yield "CODE_LINE", record.lineno
        yield "CODE_FUNC", record.funcName
        yield from ((name, value) for name, value in record.__dict__.items() if name.startswith(FIELD))


def set_up(
    stream: TextIO | None = None,
    *,
    level: int = logging.INFO,
    environ: Mapping[str, str] = os.environ,
    journal: Path = JOURNAL,
) -> Context:
    """Let everything that is logged go to the journal where ``stream`` (standard error) leads there, else onto it.

    Returns what is to be told which session goes on. Called again, it takes the place of what it did before.
    """
    stream = stream or sys.stderr
    plain = logging.StreamHandler(stream)
    to_journal = leads_to_journal(stream, environ)
    plain.setFormatter(Prefixed() if to_journal else Lines())
    handler: logging.Handler = Journal(journal, plain) if to_journal and journal.exists() else plain
    context = Context()
    handler.addFilter(context)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # SIGABRT is what systemd's watchdog ends a program with; this says where it hung.
    faulthandler.enable(stream)
    return context


def leads_to_journal(stream: TextIO, environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether systemd has connected a stream with the journal: ``JOURNAL_STREAM`` is its device and inode."""
    with suppress(OSError, ValueError):
        found = os.fstat(stream.fileno())
        return environ.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"
    return False


def _priority(record: logging.LogRecord) -> int:
    return next((number for level, number in LEVELS.items() if record.levelno >= level), 7)


def _encoded(name: str, value: object) -> bytes:
    """Return a field; one of several lines goes with its length, as 64 bits, little end first."""
    data = str(value).encode(errors="replace")
    if b"\n" in data:
        return name.encode() + b"\n" + len(data).to_bytes(8, "little") + data + b"\n"
    return name.encode() + b"=" + data + b"\n"
