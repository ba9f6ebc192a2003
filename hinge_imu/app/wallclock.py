"""Whether the computer knows what time it is: a Pi has no clock that runs without power, and begins in the past."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

EARLIEST = datetime(2025, 1, 1, tzinfo=UTC)
"""No session was before this program."""

_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
_ROOM = 512  # bytes, more than any struct timex


class Wallclock:
    """Tells the UTC of a session's start, once the computer's clock can be trusted.

    It can where the kernel says that it is kept in step (adjtimex(2), or timedatectl(1) for a service that may not ask
    the kernel), where systemd-timesyncd has said so since the computer was switched on, and on a computer that is no
    single board, whose clock runs on a battery.

    Parameters
    ----------
    now
        The wall clock.
    root
        Where ``/proc`` and ``/run`` are.
    kept_in_step
        What the kernel says.
    """

    def __init__(
        self,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        root: Path = Path("/"),
        kept_in_step: Callable[[], bool] | None = None,
    ) -> None:
        self._now = now
        self._root = root
        self._kept_in_step = kept_in_step or _kept_in_step

    @property
    def known(self) -> bool:
        """Whether the time can be trusted."""
        if self._now() < EARLIEST:
            return False
        single_board = (self._root / "proc/device-tree/model").exists()
        synchronised = (self._root / "run/systemd/timesync/synchronized").exists()
        return not single_board or synchronised or self._kept_in_step()

    def began(self, ago_s: float) -> str | None:
        """Return the UTC (ISO 8601) of what was so long ago, None where the time is not known."""
        return (self._now() - timedelta(seconds=ago_s)).isoformat() if self.known else None

    def now(self) -> datetime:
        """Return what the clock shows, true or not."""
        return self._now()


def _kept_in_step() -> bool:
    try:
        state = int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_ROOM)))
    except (OSError, AttributeError):
        state = -1
    return _told_by_systemd() if state == -1 else state != _TIME_ERROR


def _told_by_systemd() -> bool:
    if (program := shutil.which("timedatectl")) is None:
        return False
    command = [program, "show", "--property=NTPSynchronized", "--value"]
    with suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(command, capture_output=True, text=True, timeout=5.0, check=False)  # noqa: S603 - its path
        return done.stdout.strip() == "yes"
    return False
