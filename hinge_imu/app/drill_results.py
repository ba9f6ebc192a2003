"""Verdicts and coaches' decisions on disk: a file of JSON lines for each athlete, to which is only ever added."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import msgspec

from hinge_imu.app.calibrations import default_folder
from hinge_imu.app.wearers import named, plain_name
from hinge_imu.config import ConfigError
from hinge_imu.protocols.levels import Decision, Gate, gates
from hinge_imu.verdict import DrillEvent


class Result(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="result"):
    """One verdict as it is kept: of whom, when (UTC) and of what it was made."""

    athlete: str
    made_utc: str
    made_from: str
    simulated: bool
    verdict: DrillEvent


class Kept(NamedTuple):
    """All that is kept of an athlete, the oldest first, and how many lines of it could not be read."""

    results: tuple[Result, ...]
    decisions: tuple[Decision, ...]
    damaged: int

    @property
    def simulated(self) -> bool:
        """Whether any of it was nobody's."""
        return any(result.simulated for result in self.results)

    @property
    def gates(self) -> list[Gate]:
        """Every level, as it stands by all this."""
        return gates([result.verdict for result in self.results], self.decisions)


_DECODER: msgspec.json.Decoder[Result | Decision] = msgspec.json.Decoder(Result | Decision)


def default_results() -> Path:
    """Return where verdicts are kept: beside the calibrations."""
    return default_folder().parent / "drills"


def path_of(athlete: str, folder: Path) -> Path:
    """Return the file of an athlete."""
    return folder / f"drills_{plain_name(named(athlete))}.jsonl"


def add(entry: Result | Decision, folder: Path) -> Path:
    """Write a line more; return the file.

    Raises
    ------
    hinge_imu.config.ConfigError
        It cannot be written there.
    """
    path = path_of(entry.athlete, folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        whole = not path.exists() or path.read_bytes().endswith(b"\n")
        with path.open("ab") as file:
            # A line that a power cut has torn stays a line of its own.
            file.write((b"" if whole else b"\n") + msgspec.json.encode(entry) + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be written ({error.strerror}); name another folder, --results DIR"
        ) from error
    return path


def read(athlete: str, folder: Path) -> Kept:
    """Return all that is kept of an athlete, which may be nothing; lines that cannot be read are counted.

    Raises
    ------
    hinge_imu.config.ConfigError
        The file cannot be read at all.
    """
    path = path_of(athlete, folder)
    try:
        lines = path.read_bytes().splitlines() if path.exists() else []
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); name another folder, --results DIR") from error
    entries, damaged = [], 0
    for line in filter(None, lines):
        try:
            entries.append(_DECODER.decode(line))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            damaged += 1
    results = (entry for entry in entries if isinstance(entry, Result))
    decisions = tuple(entry for entry in entries if isinstance(entry, Decision))
    return Kept(tuple(sorted(results, key=lambda result: result.made_utc)), decisions, damaged)
