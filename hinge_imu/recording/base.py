"""What every recording offers, whichever its format."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from io import BufferedWriter, FileIO
from pathlib import Path
from typing import BinaryIO

import numpy as np

from hinge_imu.events import AnyEvent, Remark
from hinge_imu.samples import Flag, Header, Item, RawArray

SPAN_NS = 300_000_000_000
"""No block is worked on that is longer: 5 min at 1 kHz is some 100 MB on the grid, and a few samples may span it."""

_SHOWN = 300  # characters


class RecordingError(ValueError):
    """A recording that cannot be used; the message names the file, what was found, and the mend."""


class Recording(ABC):
    """A session on disk: its header at once, its samples block after block.

    ``header`` says what the samples mean, as it was known when the session began: the pipeline is given this one, so
    that a replay is what was said live. ``known`` also has what became known later (the UTC, the wearer), for whatever
    shows the session to people. ``warnings`` are sentences for people, filled while `stream` runs; ``fraction`` (0..1)
    is how much of the file `stream` has read.
    """

    header: Header
    warnings: list[str]
    fraction: float

    @property
    def known(self) -> Header:
        """The header with what became known later."""
        return self.header

    @abstractmethod
    def stream(self) -> Iterator[Item]:
        """Yield the samples (``header.dtype``) in blocks as the file has them, and what was said in between."""

    def blocks(self) -> Iterator[RawArray]:
        """Yield the samples alone, in order of arrival."""
        return (item for item in self.stream() if not isinstance(item, Remark))

    @abstractmethod
    def events(self) -> list[AnyEvent]:
        """Return what was said live, in the order it was said; empty where the format has no place for it."""


def shown(error: Exception) -> str:
    """Return what an error says in one line that a terminal can show, whoever wrote what it quotes."""
    said = " ".join(str(error).split())
    return "".join(each if each.isprintable() else "?" for each in said[:_SHOWN])


def not_a_file(path: Path) -> str | None:
    """Return the sentence that says why nothing can be read at ``path``, or None where something can."""
    if not path.exists():
        return f"{path}: there is no such file; check the name and the folder"
    if path.is_dir():
        return f"{path}: is a folder; give the path of one recording in it"
    if not os.access(path, os.R_OK):
        return f"{path}: may not be read by this user; mend its permissions (chmod +r)"
    if path.stat().st_size == 0:
        return f"{path}: is empty; nothing was ever written to it, give another recording"
    return None


class _Synced(BufferedWriter):
    """A file that is on the disk when it is closed."""

    def close(self) -> None:
        if not self.closed:
            try:
                self.flush()
                os.fsync(self.fileno())
            finally:
                super().close()


def new_file(path: Path | str) -> BinaryIO:
    """Make a file to write a recording to; raises `RecordingError` where that cannot be."""
    try:
        return _Synced(FileIO(path, "wb"))
    except OSError as error:
        raise RecordingError(f"{path}: cannot be written ({error.strerror}); give another place") from error


def batched(stream: Iterable[Item], samples: int) -> Iterator[Item]:
    """Join consecutive blocks until each has at least ``samples`` samples; fewer before an event, and in `SPAN_NS`.

    What comes of a block, with all its holes, must fit into memory.
    """
    waiting: list[RawArray] = []
    count = 0
    for item in stream:
        if not isinstance(item, Remark):
            waiting.append(item)
            count += len(item)
            if count < samples:
                continue
        if waiting:
            yield from _spans(_joined(waiting))
        waiting, count = [], 0
        if isinstance(item, Remark):
            yield item
    if waiting:
        yield from _spans(_joined(waiting))


def rounds(stream: Iterable[Item], chips: int) -> Iterator[Item]:
    """Join the polls of so many chips, one of each; fewer before a remark, and where one comes again before another.

    Nothing is decided before every chip has been heard, so no shorter pieces are worth a push, and no longer ones the
    wait. The last sample of each piece is marked, so that `pushes` finds the very pieces again.
    """
    waiting: dict[int, RawArray] = {}
    for item in stream:
        sensor = None if isinstance(item, Remark) else int(item["sensor"][0])
        if waiting and (sensor is None or sensor in waiting):
            yield _marked([*waiting.values()])
            waiting = {}
        if isinstance(item, Remark):
            yield item
        elif sensor is not None:
            waiting[sensor] = item
            if len(waiting) == chips:
                yield _marked([*waiting.values()])
                waiting = {}
    if waiting:
        yield _marked([*waiting.values()])


def pushes(stream: Iterable[Item], most: int) -> Iterator[Item]:
    """Cut a recorded stream where it was cut live; where it has no marks (`Flag.LAST_OF_PUSH`), at ``most`` samples."""
    rest: RawArray | None = None
    for item in stream:
        if isinstance(item, Remark):
            if rest is not None and len(rest):
                yield rest
            rest = None
            yield item
            continue
        raw = item if rest is None else _joined([rest, item])
        ends = np.flatnonzero(raw["flags"] & np.uint8(Flag.LAST_OF_PUSH)) + 1
        *whole, rest = np.split(raw, ends)
        for piece in whole:
            yield from _spans(piece)
        if len(rest) >= most or _long(rest):
            yield from _spans(rest)
            rest = None
    if rest is not None and len(rest):
        yield rest


def _spans(raw: RawArray) -> Iterator[RawArray]:
    """Yield a block in pieces of `SPAN_NS` at most: nearly always it is one."""
    if not _long(raw):
        yield raw
        return
    newest = np.maximum.accumulate(raw["t_ns"])
    yield from np.split(raw, np.flatnonzero(np.diff(newest // SPAN_NS)) + 1)


def _long(raw: RawArray) -> bool:
    return bool(len(raw)) and int(raw["t_ns"].max()) - int(raw["t_ns"][0]) >= SPAN_NS


def _marked(blocks: list[RawArray]) -> RawArray:
    joined = _joined(blocks)
    joined["flags"][-1] |= Flag.LAST_OF_PUSH
    return joined


def _joined(blocks: list[RawArray]) -> RawArray:
    # As bytes: of structured arrays, numpy would join field by field.
    joined: RawArray = np.concatenate([block.view(np.uint8) for block in blocks]).view(blocks[0].dtype)
    return joined
