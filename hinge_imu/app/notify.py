"""What systemd is told: that the program is ready, what it is doing, and that its reader still turns.

The protocol is that of sd_notify(3): lines of ``NAME=value`` in one datagram, to the socket in ``NOTIFY_SOCKET``.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress

SHARE = 4
"""Beats in the time after which systemd takes the program for dead; sd_watchdog_enabled(3) asks for two. Chosen."""


def notify(environ: Mapping[str, str] = os.environ, **fields: str | int) -> None:
    """Tell systemd, as in ``notify(READY=1, STATUS="waiting for a bend")``; without systemd, nobody is told.

    It never waits, and never raises: what systemd does not take is lost.
    """
    address = environ.get("NOTIFY_SOCKET")
    if not address:
        return
    text = "\n".join(f"{name}={' '.join(str(value).splitlines())}" for name, value in fields.items())
    # A leading @ stands for the null byte of an abstract socket (unix(7)).
    where = f"\0{address[1:]}" if address.startswith("@") else address
    with suppress(OSError), closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as door:
        door.sendto(text.encode(), socket.MSG_DONTWAIT, where)


class Watchdog:
    """Shows systemd that the loop which calls `beat` still turns; where nobody watches, a beat does nothing.

    ``clock`` gives ns. Safe from one thread.
    """

    def __init__(self, clock: Callable[[], int] = time.monotonic_ns, environ: Mapping[str, str] = os.environ) -> None:
        self._clock = clock
        self._environ = environ
        self._every_ns = _watched_us(environ) * 1000 // SHARE
        self._due_ns = 0

    def beat(self) -> None:
        """Say that all is well, at most four times within ``WATCHDOG_USEC``; cheap enough for every turn of a loop."""
        if self._every_ns and (now := self._clock()) >= self._due_ns:
            self._due_ns = now + self._every_ns
            notify(self._environ, WATCHDOG=1)


def _watched_us(environ: Mapping[str, str]) -> int:
    """Return after how many us of silence systemd ends this process, 0 where it does not watch it."""
    if environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return 0
    told = environ.get("WATCHDOG_USEC", "")
    return int(told) if told.isascii() and told.isdigit() else 0
