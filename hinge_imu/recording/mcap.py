"""What is in a recording's MCAP, and reading it: append-only, checksummed, self-describing (https://mcap.dev/spec).

One message a block of samples on ``/samples`` (see `cdr`), one JSON message on ``/sensors`` for what the driver said
between them, one on ``/events`` for what the pipeline made of both, and the whole `Header` as a metadata record in
front. Log times are session times in ns.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
from mcap.records import Channel, Chunk, DataEnd, McapRecord, Message, Metadata
from mcap.stream_reader import StreamReader, breakup_chunk
from mcap.writer import MCAP0_MAGIC

from hinge_imu.events import AnyEvent, Remark, decode
from hinge_imu.recording import cdr
from hinge_imu.recording.base import Recording, RecordingError
from hinge_imu.recording.header import HEADER, decoded
from hinge_imu.samples import NS, Header, Item, RawArray

SAMPLES = "/samples"
SENSORS = "/sensors"
EVENTS = "/events"

_RECORD_LIMIT = 1 << 26  # a torn length must not make the reader reserve gigabytes


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
                return decoded(self._path, record.metadata.get("json", ""))
            if isinstance(record, Chunk):
                break
        raise RecordingError(
            f"{self._path}: has no {HEADER!r} record before its data: it was made by another program, "
            "or cut off within its first bytes; give another recording"
        )
