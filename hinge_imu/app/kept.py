"""Calibrations as JSON files: written whole, the older one kept, and read with a sentence for whatever is wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

import msgspec

from hinge_imu.config import ConfigError


class CalibrationError(ConfigError):
    """A calibration that cannot be used; the message names the file, what was found, and the mend."""


class Dated(Protocol):
    """What is kept says when it was made (UTC, ISO 8601)."""

    @property
    def made_utc(self) -> str:
        """When it was made."""


T = TypeVar("T", bound=Dated)


class Kind(NamedTuple):
    """One kind of file: what it says of itself, what to call it, its format version, and what makes one anew."""

    kind: str
    called: str
    version: int
    again: str


def write(stored: Dated, path: Path) -> tuple[Path, Path | None]:
    """Write a file; return its path, and that of the older one that had its name, which is kept.

    Raises
    ------
    CalibrationError
        Where the folder cannot be written to.
    """
    fresh = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_bytes(msgspec.json.format(msgspec.json.encode(stored), indent=1) + b"\n")
        kept = _set_aside(path) if path.exists() else None
        fresh.replace(path)
    except OSError as error:
        raise CalibrationError(
            f"{path}: cannot be written ({error.strerror}); name another folder, --out DIR"
        ) from error
    return path, kept


def read(path: Path, stored: type[T], kind: Kind, check: Callable[[T], None]) -> T:
    """Read a file of a kind; ``check`` raises ValueError where its numbers cannot be right.

    Raises
    ------
    CalibrationError
        It is missing, damaged, something else, or of another version.
    """
    mend = f"calibrate again with `{kind.again}`, or remove it"
    try:
        fields = msgspec.json.decode(path.read_bytes())
    except OSError as error:
        raise CalibrationError(f"{path}: cannot be read ({error.strerror}); make one with `{kind.again}`") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CalibrationError(f"{path}: is damaged ({error}); {mend}") from error
    if not isinstance(fields, dict) or fields.get("kind") != kind.kind:
        raise CalibrationError(f"{path}: is no {kind.called}; name a file that `{kind.again}` has stored, or remove it")
    if (version := fields.get("version")) != kind.version:
        raise CalibrationError(f"{path}: is of format version {version}, and this program reads {kind.version}; {mend}")
    try:
        found = msgspec.convert(fields, stored)
        check(found)
    except ValueError as error:
        raise CalibrationError(f"{path}: is damaged ({error}); {mend}") from error
    return found


def _set_aside(path: Path) -> Path:
    """Give an older file its own date for a name, and a number where that is taken."""
    try:
        made = datetime.fromisoformat(msgspec.json.decode(path.read_bytes())["made_utc"]).astimezone(UTC)
        date = f"{made:%Y%m%dT%H%M%SZ}"
    except (ValueError, TypeError, KeyError):
        date = "damaged"
    names = (path.with_name(f"{path.stem}.{date}{number}.json") for number in ("", *(f"-{n}" for n in range(2, 1000))))
    return path.rename(next(name for name in names if not name.exists()))
