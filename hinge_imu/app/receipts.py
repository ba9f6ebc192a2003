"""Which recordings the dashboard has acknowledged: a small file for each, in ``.uploads`` beside the recordings.

One file for each, so that the service and a person who uploads by hand cannot undo each other's.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import msgspec

FOLDER = ".uploads"
_PROBLEM = "problem.txt"


class Seen(NamedTuple):
    """What a recording looked like: its length, and when it was last written to (ns since 1970)."""

    length: int
    changed_ns: int


class Receipt(msgspec.Struct, frozen=True):
    """That a dashboard has a recording, as it looked then: one that has been relabelled is another."""

    url: str
    length: int
    changed_ns: int


# Made here, as more than one thread reads receipts, and msgspec bears no two that meet a form for the first time.
_RECEIPTS = msgspec.json.Decoder(Receipt)


class Receipts:
    """The receipts in a folder of recordings, from one dashboard."""

    def __init__(self, recordings: Path, url: str) -> None:
        self._recordings = recordings
        self._folder = recordings / FOLDER
        self._url = url

    def has(self, path: Path) -> bool:
        """Return whether the dashboard has a recording as it is now."""
        try:
            kept = _RECEIPTS.decode(self._of(path).read_bytes())
            return kept == Receipt(self._url, *seen(path))
        except (OSError, msgspec.DecodeError):
            return False

    def keep(self, path: Path, as_it_was: Seen) -> None:
        """Remember that the dashboard has a recording as it was when it began to be sent."""
        self._write(self._of(path), msgspec.json.encode(Receipt(self._url, *as_it_was)))

    def forget_the_gone(self) -> None:
        """Remove the receipts of recordings that are no longer there."""
        for receipt in self._folder.glob("*.json"):
            if not (self._recordings / receipt.stem).exists():
                receipt.unlink(missing_ok=True)

    @property
    def problem(self) -> str | None:
        """What the last attempt met, for whoever looks after the strap; None where it met nothing."""
        try:
            return (self._folder / _PROBLEM).read_text(encoding="utf-8") or None
        except OSError:
            return None

    @problem.setter
    def problem(self, sentence: str | None) -> None:
        if sentence is None:
            (self._folder / _PROBLEM).unlink(missing_ok=True)
        elif sentence != self.problem:
            self._write(self._folder / _PROBLEM, sentence.encode())

    def _of(self, path: Path) -> Path:
        return self._folder / f"{path.name}.json"

    def _write(self, path: Path, data: bytes) -> None:
        self._folder.mkdir(exist_ok=True)
        fresh = path.with_name(f"{path.name}.new")
        with fresh.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)


def seen(path: Path) -> Seen:
    """Return what a recording looks like now."""
    now = path.stat()
    return Seen(now.st_size, now.st_mtime_ns)
