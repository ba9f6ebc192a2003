"""MCAP in and out: append-only, checksummed, self-describing (https://mcap.dev/spec).

One message a block of samples on ``/samples`` (see `cdr`), one JSON message on ``/sensors`` for what the driver said
between them, one on ``/events`` for what the pipeline made of both, and the whole `Header` as a metadata record in
front. Log times are session times in ns.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Self

import msgspec
import numpy as np
from mcap.records import Channel, Chunk, DataEnd, McapRecord, Message, Metadata
from mcap.stream_reader import StreamReader, breakup_chunk
from mcap.well_known import MessageEncoding, SchemaEncoding
from mcap.writer import MCAP0_MAGIC, Writer

from hinge_imu.events import AnyEvent, Remark, decode
from hinge_imu.recording import cdr
from hinge_imu.recording.base import Recording, RecordingError, new_file
from hinge_imu.samples import FORMAT, NS, Header, Item, RawArray

HEADER = "hinge_imu.header"
SAMPLES = "/samples"
SENSORS = "/sensors"
EVENTS = "/events"

_SCHEMA_NAMES = {"counts": "hinge_imu/msg/CountSamples", "SI": "hinge_imu/msg/SiSamples"}
_MESSAGE_NS = 500_000_000  # one message a sample would read 20 times slower
_SYNC_NS = 1_000_000_000  # what a power cut may take
_RECORD_LIMIT = 1 << 26  # a torn length must not make the reader reserve gigabytes


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
        writer.add_metadata(HEADER, {"json": msgspec.json.encode(header).decode()})
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


class McapRecording(Recording):
    """A session in an MCAP file, also one whose end is torn off or that is still being written.

    Raises
    ------
    RecordingError
        If it is no MCAP file, not one of this project, or one of a newer version.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = path.stat().st_size
        self._torn = False
        self._damaged = 0
        self.warnings = []
        self.fraction = 0.0
        self.header = self._read_header()

    def stream(self) -> Iterator[Item]:
        """Yield everything whole; `warnings` says afterwards what is torn off or damaged."""
        self.warnings = []
        first_ns: int | None = None
        whole_ns = 0
        for topic, message in self._messages(SAMPLES, SENSORS):
            if topic == SENSORS:
                yield self._remark(message)
                continue
            block = self._block(message)
            first_ns = int(block["t_ns"][0]) if first_ns is None else first_ns
            whole_ns = int(block["t_ns"][-1]) - first_ns
            yield block
        self.fraction = 1.0
        self._warn(whole_ns * NS)

    def events(self) -> list[AnyEvent]:
        """Return what was said live, in the order it was said."""
        return [self._event(message) for _, message in self._messages(EVENTS)]

    def _block(self, message: bytes) -> RawArray:
        try:
            return cdr.decode(message, self.header.dtype)
        except ValueError as error:
            raise RecordingError(
                f"{self._path}: a block of samples cannot be read ({error}); "
                "it was written by another version of hinge-imu, replay it with that one"
            ) from error

    def _event(self, message: bytes) -> AnyEvent:
        try:
            return decode(message)
        except msgspec.DecodeError as error:
            raise RecordingError(
                f"{self._path}: an event in it is not known ({error}); update hinge-imu to read it"
            ) from error

    def _remark(self, message: bytes) -> Remark:
        event = self._event(message)
        if not isinstance(event, Remark):
            tag = event.__struct_config__.tag
            raise RecordingError(f"{self._path}: has a {tag!r} event among those of the sensors; it is not whole")
        return event

    def _warn(self, whole_s: float) -> None:
        if self._damaged:
            self.warnings.append(f"{self._path}: {self._damaged} damaged stretches of about 1 s were left out")
        if self._torn:
            self.warnings.append(f"{self._path}: the end is torn; {whole_s:.1f} s of it are whole")

    def _messages(self, *wanted: str) -> Iterator[tuple[str, bytes]]:
        self._damaged = 0
        # The writer's own numbers, should the chunk that names them be the damaged one.
        topics = {1: SAMPLES, 2: EVENTS, 3: SENSORS}
        for record in self._records():
            for inner in self._inside(record):
                if isinstance(inner, Channel):
                    topics[inner.id] = inner.topic
                elif isinstance(inner, Message) and (topic := topics.get(inner.channel_id)) in wanted:
                    yield topic, inner.data

    def _inside(self, record: McapRecord) -> list[McapRecord]:
        if not isinstance(record, Chunk):
            return [record]
        try:
            return breakup_chunk(record, validate_crc=True)
        except Exception:  # noqa: BLE001 - checksum, zstd and parser each raise types of their own
            self._damaged += 1
            return []

    def _records(self) -> Iterator[McapRecord]:
        """Yield what is whole, up to the end of the data, or to where the file is torn."""
        self._torn = True
        with self._path.open("rb") as file:
            records = StreamReader(file, emit_chunks=True, record_size_limit=_RECORD_LIMIT).records
            try:
                for record in records:
                    self.fraction = min(file.tell() / self._size, 1.0)
                    yield record
                    if isinstance(record, DataEnd):
                        self._torn = False
                        return
            except Exception:  # noqa: BLE001 - at a torn end the parser raises whatever the bytes lead it to
                return

    def _read_header(self) -> Header:
        with self._path.open("rb") as file:
            magic = file.read(len(MCAP0_MAGIC))
        if magic != MCAP0_MAGIC:
            raise RecordingError(
                f"{self._path}: is no MCAP file (it begins with {magic!r}); a CSV must be named .csv, "
                "anything else cannot be read"
            )
        for record in self._records():
            if isinstance(record, Metadata) and record.name == HEADER:
                return self._decode(record.metadata.get("json", ""))
            if isinstance(record, Chunk):
                break
        raise RecordingError(
            f"{self._path}: has no {HEADER!r} record before its data: it was made by another program, "
            "or cut off within its first bytes; give another recording"
        )

    def _decode(self, text: str) -> Header:
        try:
            found = msgspec.json.decode(text)
            if found["format"] > FORMAT:
                raise RecordingError(
                    f"{self._path}: has format {found['format']}, and this version reads up to {FORMAT}; "
                    "update hinge-imu"
                )
            return msgspec.convert(found, Header)
        except (msgspec.DecodeError, KeyError, TypeError) as error:
            raise RecordingError(
                f"{self._path}: its {HEADER!r} record is not one of this version ({error}); update hinge-imu"
            ) from error
