"""Writing MCAP while a session happens; `hinge_imu.recording.mcap` says what is in the file."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Self

import msgspec
import numpy as np
from mcap.well_known import MessageEncoding, SchemaEncoding
from mcap.writer import Writer

from hinge_imu.events import AnyEvent, Remark
from hinge_imu.recording import cdr
from hinge_imu.recording.base import new_file
from hinge_imu.recording.header import HEADER, encoded
from hinge_imu.recording.mcap import EVENTS, SAMPLES, SENSORS
from hinge_imu.samples import NS, Header, Item, RawArray

_SCHEMA_NAMES = {"counts": "hinge_imu/msg/CountSamples", "SI": "hinge_imu/msg/SiSamples"}
_MESSAGE_NS = 500_000_000  # one message a sample would read 20 times slower
_SYNC_NS = 1_000_000_000  # what a power cut may take


class McapWriter:
    """Writes a session while it happens, so that a power cut costs its last second.

    Samples are gathered to messages of 0.5 s on the session's own time grid, so the file does not depend on
    how they came in; once a second of session time everything is flushed and synced to the disk.

    Raises
    ------
    RecordingError
        If the file cannot be made.
    """

    def __init__(self, path: Path | str, header: Header) -> None:
        self._file = new_file(path)
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="disk")
        self._syncing: Future[None] | None = None
        self._writer = Writer(self._file)
        self._waiting: list[RawArray] = []
        self._window = -(1 << 62)
        self._now_ns = 0
        self._synced_s = 0
        self._begin(header)

    def _begin(self, header: Header) -> None:
        writer = self._writer
        writer.start(library="hinge-imu")
        writer.add_metadata(HEADER, {"json": encoded(header)})
        block = writer.register_schema(
            _SCHEMA_NAMES[header.unit], SchemaEncoding.ROS2, cdr.schema(header.dtype).encode()
        )
        said = msgspec.json.encode(msgspec.json.schema(AnyEvent))
        event = writer.register_schema("hinge_imu.Event", SchemaEncoding.JSONSchema, said)
        self._samples = writer.register_channel(SAMPLES, MessageEncoding.CDR, block)
        self._events = writer.register_channel(EVENTS, MessageEncoding.JSON, event)
        self._sensors = writer.register_channel(SENSORS, MessageEncoding.JSON, event)
        self._sync()

    def put(self, item: Item) -> None:
        """Append what came from a source, in order of arrival."""
        if isinstance(item, Remark):
            # What was said stands between the samples before and after it.
            self._write_waiting()
            self._append(self._sensors, msgspec.json.encode(item), round(item.at_s / NS))
        else:
            self.samples(item)

    def samples(self, raw: RawArray) -> None:
        """Append samples (``header.dtype``) in order of arrival."""
        if len(raw) == 0:
            return
        windows = np.maximum(np.maximum.accumulate(raw["t_ns"]) // _MESSAGE_NS, self._window)
        cuts = np.flatnonzero(np.diff(windows, prepend=self._window))
        for i, piece in enumerate(np.split(raw, cuts)):
            if i > 0:
                self._write_waiting()
            # A copy: the caller may fill its buffer anew.
            self._waiting.append(piece.copy())
        self._window = int(windows[-1])
        self._now_ns = max(self._now_ns, int(raw["t_ns"].max()))

    def event(self, event: AnyEvent) -> None:
        """Append what was just said, at the time of the last sample that had arrived."""
        self._append(self._events, msgspec.json.encode(event), self._now_ns)

    def close(self) -> None:
        """Write what is waiting, the index and the footer, and sync all of it to the disk."""
        if self._file.closed:
            return
        try:
            self._write_waiting()
            self._writer.finish()  # type: ignore[no-untyped-call] # mcap leaves it without types
            self._sync()
            self._synced()
        finally:
            self._disk.shutdown()
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        if not any(map(len, waiting)):
            return
        block = np.concatenate(waiting)
        last_ns = int(block["t_ns"][-1])
        self._append(self._samples, cdr.encode(block), last_ns)
        # The message that ends a second syncs it, so that at most that second is ever at risk.
        second = (last_ns // _MESSAGE_NS + 1) * _MESSAGE_NS // _SYNC_NS
        if second > self._synced_s:
            self._synced_s = second
            self._sync()

    def _append(self, channel: int, data: bytes, t_ns: int) -> None:
        # MCAP's log times are unsigned, and a CSV's time axis may begin below zero.
        log_time = max(t_ns, 0)
        self._writer.add_message(channel, log_time=log_time, publish_time=log_time, data=data)

    def _sync(self) -> None:
        """Ask the disk, without waiting: it may take a tenth of a second, and a cue may not."""
        self._synced()
        self._writer.flush()  # type: ignore[no-untyped-call] # mcap leaves it without types
        self._syncing = self._disk.submit(os.fsync, self._file.fileno())

    def _synced(self) -> None:
        """Raise what the last sync met, if anything; one that still runs is waited for."""
        if self._syncing is not None:
            self._syncing.result()
