"""The coach's dashboard: broker, store, users, uploads and pages, in one process behind one door."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hinge_imu.config import PublishConfig


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a dashboard is, what it keeps where, and what it is behind.

    ``uploads`` is the folder into which recordings come; ``gym`` the only one that is heard, ``group`` with whom the
    work of storing is shared; ``trusted`` are the addresses of proxies, ``base`` the path that they serve it under.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    database: str | None = None
    uploads: Path | None = None
    gym: str | None = None
    group: str | None = None
    trusted: Sequence[str] = ()
    base: str = ""


def dashboard(config: PublishConfig, place: Place, *, say: Callable[[str], None]) -> None:
    """Serve until a signal asks to end; ``say`` is told where, and on the first day by which link one comes in.

    Raises
    ------
    ValueError
        What is configured cannot be used, or the extra ``dashboard`` is not installed.
    OSError
        The port is taken.
    """
    try:
        from hinge_imu.app import coaching
    except ModuleNotFoundError as error:
        raise ValueError(f"{error.name} is missing; install it: pip install 'hinge-imu[dashboard]'") from error
    coaching.run(config, place, say=say)
