"""Writing MCAP while a session happens; `hinge_imu.recording.mcap` says what is in the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO, Self

import msgspec
import numpy as np
from mcap.data_stream import RecordBuilder
from mcap.records import DataEnd, Footer
from mcap.well_known import MessageEncoding, SchemaEncoding
from mcap.writer import Writer

from hinge_imu.events import AnyEvent, ClockEvent, MarkEvent, Remark
from hinge_imu.recording import cdr
from hinge_imu.recording.base import new_file
from hinge_imu.recording.disk import Disk, Trouble
from hinge_imu.recording.header import HEADER, encoded
from hinge_imu.recording.mcap import TOPICS
from hinge_imu.recording.scan import LATER, MAGIC
from hinge_imu.samples import NS, Header, Item, RawArray

_SCHEMA_NAMES = {"counts": "hinge_imu/msg/CountSamples", "SI": "hinge_imu/msg/SiSamples"}
_MESSAGE_NS = 500_000_000  # one message a sample would read 20 times slower
_FLUSH_NS = 1_000_000_000  # what a kill or a power cut may take

SAMPLES_ID, EVENTS_ID, SENSORS_ID = TOPICS


class McapWriter:
    """Writes a session while it happens.

    Samples are gathered to messages of 0.5 s on the session's own time grid, so the file does not depend on how they
    came in. Of the header, the UTC of session time 0 and the wearer may become known later.

    With ``trouble`` the file is a `Disk`: it is flushed and synced once a second of session time and at every remark,
    nobody ever waits for it, and what is wrong with it is told to ``trouble``. Without, it is a file as any other, for
    what can be made again.

    Raises
    ------
    RecordingError
        If the file cannot be made, where there is no ``trouble`` to tell.
    """

    def __init__(self, path: Path | str, header: Header, trouble: Trouble | None = None) -> None:
        bytes_s = header.rate_hz * len(header.sensors) * header.dtype.itemsize
        self._disk = Disk(path, trouble, bytes_s=bytes_s) if trouble is not None else None
        self._file: BinaryIO | Disk = self._disk or new_file(path)
        self._closed = False
        self._waiting: list[RawArray] = []
        self._window = -(1 << 62)
        self._now_ns = 0
        self._flushed_s = 0
        self._writer = begin(self._file, header, encoded(header))
        self._flush()

    def put(self, item: Item) -> None:
        """Append what came from a source, in order of arrival."""
        if not isinstance(item, Remark):
            self.samples(item)
            return
        # What was said stands between the samples before and after it.
        self._write_waiting()
        self._append(SENSORS_ID, msgspec.json.encode(item), round(item.at_s / NS))
        if later := _later(item):
            self.known(**later)
        self._flush()  # it is rare, and may be the last for a long while: that both chips are lost, say

    def known(self, **fields: Any) -> None:
        """Append fields of the header that have become known (`Recording.known`)."""
        self._writer.add_metadata(LATER, {"json": msgspec.json.encode(fields).decode()})

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
        self._append(EVENTS_ID, msgspec.json.encode(event), self._now_ns)

    def close(self) -> None:
        """Write what is waiting, the index and the footer, and sync all of it to the disk."""
        if self._closed:
            return
        self._closed = True
        try:
            self._write_waiting()
            self._flush()
            finish(self._writer, self._file, indexed=self._disk is None or not self._disk.dropped)
        finally:
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
        self._append(SAMPLES_ID, cdr.encode(block), last_ns)
        # The message that ends a second flushes it, so that at most that second is ever at risk.
        second = (last_ns // _MESSAGE_NS + 1) * _MESSAGE_NS // _FLUSH_NS
        if second > self._flushed_s:
            self._flushed_s = second
            self._flush()

    def _append(self, channel: int, data: bytes, t_ns: int) -> None:
        # MCAP's log times are unsigned, and a CSV's time axis may begin below zero.
        log_time = max(t_ns, 0)
        self._writer.add_message(channel, log_time=log_time, publish_time=log_time, data=data)

    def _flush(self) -> None:
        self._writer.flush()  # type: ignore[no-untyped-call] # mcap leaves it without types


def begin(file: BinaryIO | Disk, header: Header, text: str) -> Writer:
    """Begin a recording: magic, the header as JSON ``text``, the schemas, and the channels with the numbers they have.

    ``file`` needs ``write``, ``tell`` and ``flush``.
    """
    writer = Writer(file)  # type: ignore[arg-type]  # it asks for no more than these three
    writer.start(library="hinge-imu")
    writer.add_metadata(HEADER, {"json": text})
    block = writer.register_schema(_SCHEMA_NAMES[header.unit], SchemaEncoding.ROS2, cdr.schema(header.dtype).encode())
    said = msgspec.json.encode(msgspec.json.schema(AnyEvent))
    event = writer.register_schema("hinge_imu.Event", SchemaEncoding.JSONSchema, said)
    for number, topic in TOPICS.items():
        samples = number == SAMPLES_ID
        encoding, schema = (MessageEncoding.CDR, block) if samples else (MessageEncoding.JSON, event)
        writer.register_channel(topic, encoding, schema)
    return writer


def finish(writer: Writer, file: BinaryIO | Disk, *, indexed: bool) -> None:
    """End a recording; without its index where that would point at what is not there."""
    if indexed:
        writer.finish()  # type: ignore[no-untyped-call] # mcap leaves it without types
        return
    end = RecordBuilder()
    DataEnd(0).write(end)
    Footer(summary_start=0, summary_offset_start=0, summary_crc=0).write(end)
    file.write(end.end() + MAGIC)  # type: ignore[no-untyped-call] # mcap leaves it without types


def _later(item: Remark) -> dict[str, Any]:
    """Return the fields of the header that are known by a remark."""
    if isinstance(item, ClockEvent):
        return {"started_utc": item.started_utc}
    if isinstance(item, MarkEvent) and item.what == "athlete":
        return {"athlete": item.text}
    return {}
