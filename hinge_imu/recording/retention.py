"""Which recordings go when the disk fills, or they are old; and which never."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from hinge_imu.config import RecordingConfig

_NAMED = re.compile(r"(\d{8}T\d{6}Z)_[^/]*\.mcap(\.torn)?")
_TORN = ".torn"

_SENSIBLE = datetime(2024, 1, 1, tzinfo=UTC)
"""No session was earlier: a time before it was told by a clock that had not been set."""


class Removed(NamedTuple):
    """A recording that went, and why, in a sentence."""

    path: Path
    why: str


class Tidied(NamedTuple):
    """What went, and a sentence where space is short all the same."""

    removed: list[Removed]
    short: str | None


def free_mb(folder: Path) -> float:
    """Return how many MB are free on the disk of a folder."""
    return shutil.disk_usage(folder).free / 1e6


def tidy(
    folder: Path,
    config: RecordingConfig,
    keep: Collection[Path],
    uploaded: Callable[[Path], bool],
    *,
    now: datetime | None,
    free: Callable[[Path], float] = free_mb,
) -> Tidied:
    """Remove what is older than ``keep_days``, then the oldest while less than ``keep_free_mb`` are free.

    Those in ``keep`` stay, they are being written; so does what ``uploaded`` says has yet to be uploaded (a torn
    recording that was recovered is a copy, and never waits for that). ``now`` is None while the clock is not known:
    then nothing is old. A recording's time is that in its name, else when it was last written; one whose own clock was
    not set is never old, and is the last to go for want of space. ``free`` gives MB.
    """
    if not folder.is_dir():
        return Tidied([], None)
    found = sorted(((_time(path), path) for path in _recordings(folder)), key=_oldest_first)
    held = {path.absolute() for path in keep}
    may_go = [(at, path) for at, path in found if path.absolute() not in held and (_spare(path) or uploaded(path))]
    removed = [
        Removed(path, f"{path}: removed, it was older than {config.keep_days:g} days")
        for at, path in may_go
        if _is_old(at, now, config.keep_days) and _gone(path)
    ]
    old = {each.path for each in removed}
    for _, path in may_go:
        if free(folder) >= config.keep_free_mb:
            break
        if path not in old and _gone(path):
            why = f"{path}: removed, as less than {config.keep_free_mb:g} MB were free and it was the oldest"
            removed.append(Removed(path, why))
    return Tidied(removed, _short(folder, config, waiting=len(found) - len(removed), free=free(folder)))


def _recordings(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.name.endswith((".mcap", f".mcap{_TORN}")) and path.is_file()]


def _spare(path: Path) -> bool:
    """Return whether a whole recording has been made of this torn one."""
    return path.suffix == _TORN and path.with_suffix("").is_file()


def _time(path: Path) -> datetime | None:
    """Return when it was made, None where that is not known."""
    named = _NAMED.fullmatch(path.name)
    try:
        at = datetime.strptime(named[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) if named else None
    except ValueError:
        at = None
    if at is None or at < _SENSIBLE:  # the clock may have been set while it was written
        at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return at if at >= _SENSIBLE else None


def _oldest_first(found: tuple[datetime | None, Path]) -> tuple[bool, datetime, str]:
    at, path = found
    return at is None, at or _SENSIBLE, path.name


def _is_old(at: datetime | None, now: datetime | None, keep_days: float) -> bool:
    return at is not None and now is not None and now - at > timedelta(days=keep_days)


def _gone(path: Path) -> bool:
    try:
        path.unlink()
    except OSError:  # a disk that may not be written; it is said that space is short
        return False
    return True


def _short(folder: Path, config: RecordingConfig, *, waiting: int, free: float) -> str | None:
    if free >= config.keep_free_mb:
        return None
    space = f"{folder}: {free:.0f} MB are free, and {config.keep_free_mb:g} should be"
    if not waiting:
        return f"{space}; no recordings are left in it that could go, so something else needs the space: free some"
    return (
        f"{space}; none of the {waiting} recordings in it may go, being written or yet to be uploaded; "
        "free some space, or see to the upload"
    )
