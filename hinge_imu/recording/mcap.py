"""What is in a recording's MCAP, and reading it: append-only, checksummed, self-describing (https://mcap.dev/spec).

One message a block of samples on ``/samples`` (see `cdr`), one JSON message on ``/sensors`` for what driver, wearer and
clock said between them, one on ``/events`` for what the pipeline made of both, and the whole `Header` as a metadata
record in front. What of the header became known later is in metadata records of its own. Log times are session times
in ns.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
from mcap.reader import make_reader
from mcap.records import Channel, Chunk, McapRecord, Message, Metadata

from hinge_imu.events import AnyEvent, Remark, decode
from hinge_imu.recording import cdr
from hinge_imu.recording.base import Recording, RecordingError, shown
from hinge_imu.recording.header import HEADER, fields_of, header_of
from hinge_imu.recording.scan import LATER, MAGIC, Scan, is_whole
from hinge_imu.recording.trust import Samples, check_remark, refused, whole
from hinge_imu.samples import NS, Header, Item, RawArray

SAMPLES = "/samples"
SENSORS = "/sensors"
EVENTS = "/events"

TOPICS = {1: SAMPLES, 2: EVENTS, 3: SENSORS}
"""The writer's own numbers, should the chunk that names them be the damaged one."""


class McapRecording(Recording):
    """A session in an MCAP file, also one whose end is torn off or that is still being written.

    After `stream` has run, ``torn`` says whether its end is missing, ``whole_s`` from when to when there are samples,
    ``damaged`` how many stretches between them were left out, and ``left_out_s`` how long they were together.

    Raises
    ------
    RecordingError
        If it is no MCAP file, not one of this project, or one of a newer version.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._scan = Scan(path)
        self.warnings = []
        self.left_out_s = self.whole_s = 0.0
        self.header = self._read_header()

    @property
    def fraction(self) -> float:  # type: ignore[override]  # to be read alone
        """How much of the file has been read (0..1)."""
        return self._scan.fraction

    @property
    def torn(self) -> bool:
        """Whether the end of the data is missing."""
        return self._scan.torn

    @property
    def damaged(self) -> int:
        """How many stretches were left out."""
        return self._scan.damaged

    @cached_property
    def known(self) -> Header:
        """The header with what became known later."""
        known = self.header
        fields: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(known))
        for record in self._metadata():
            if record.name == LATER:
                with suppress(RecordingError):  # it is damaged: what was known before holds
                    known = header_of(self._path, fields | self._json(record), LATER)
                    fields |= self._json(record)
        return known

    def stream(self) -> Iterator[Item]:
        """Yield everything whole; `warnings` says afterwards what is torn off or damaged."""
        self.warnings = []
        self.left_out_s = 0.0
        times: list[int] = []  # of the first sample, and of the last so far
        damaged = 0
        trusted = Samples(self.header)
        for topic, message in self._messages(SAMPLES, SENSORS):
            if topic == SENSORS:
                yield self._remark(message)
                continue
            block = self._block(message, trusted)
            if not len(block):
                continue
            begin_ns, end_ns = int(block["t_ns"][0]), int(block["t_ns"][-1])
            times = times or [begin_ns, begin_ns]
            if self.damaged > damaged:
                damaged = self.damaged
                self.left_out_s += max(0, begin_ns - times[1]) * NS
            times[1] = end_ns
            yield block
        self.whole_s = (times[1] - times[0]) * NS if times else 0.0
        self._warn()

    def events(self) -> list[AnyEvent]:
        """Return what was said live, in the order it was said."""
        return [self._event(message) for _, message in self._messages(EVENTS)]

    def pieces(self) -> Iterator[Metadata | list[tuple[str, Message]]]:
        """Yield what is whole as it was written: metadata, and the messages of each chunk with their topics."""
        topics = dict(TOPICS)
        for record in self._scan:
            if isinstance(record, Metadata):
                yield record
                continue
            inner = self._scan.inside(record)
            topics |= {each.id: each.topic for each in inner if isinstance(each, Channel)}
            messages = [each for each in inner if isinstance(each, Message) and each.channel_id in topics]
            if messages:
                yield [(topics[each.channel_id], each) for each in messages]

    @property
    def header_text(self) -> str:
        """The header as it was written, as JSON."""
        return self._header_record.metadata["json"]

    def _messages(self, *wanted: str) -> Iterator[tuple[str, bytes]]:
        for piece in self.pieces():
            if not isinstance(piece, Metadata):
                yield from ((topic, message.data) for topic, message in piece if topic in wanted)

    def _metadata(self) -> list[Metadata]:
        if is_whole(self._path):
            try:
                with self._path.open("rb") as file:
                    return list(make_reader(file).iter_metadata())
            except Exception:  # noqa: BLE001, S110 - an index that is damaged is no reason to know less
                pass
        return [record for record in Scan(self._path) if isinstance(record, Metadata)]

    def _block(self, message: bytes, trusted: Samples) -> RawArray:
        try:
            block = whole(cdr.decode(message, self.header.dtype))
            if len(block):
                trusted.check(block)
        except ValueError as error:
            raise RecordingError(
                f"{self._path}: a block of samples cannot be read ({shown(error)}); "
                "it was written by another version of hinge-imu, replay it with that one"
            ) from error
        return block

    def _event(self, message: bytes) -> AnyEvent:
        try:
            return decode(message)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise RecordingError(
                f"{self._path}: an event in it is not known ({shown(error)}); update hinge-imu to read it"
            ) from error

    def _remark(self, message: bytes) -> Remark:
        event = self._event(message)
        if not isinstance(event, Remark):
            tag = event.__struct_config__.tag
            raise RecordingError(f"{self._path}: has a {tag!r} event among those of the sensors; it is not whole")
        try:
            check_remark(self.header, event)
        except ValueError as error:
            raise refused(self._path, error) from error
        return event

    def _warn(self) -> None:
        if self.damaged:
            self.warnings.append(
                f"{self._path}: {self.damaged} damaged stretches, {self.left_out_s:.1f} s of it, were left out"
            )
        if self.torn:
            self.warnings.append(f"{self._path}: the end is torn; {self.whole_s:.1f} s of it are whole")

    def _read_header(self) -> Header:
        with self._path.open("rb") as file:
            magic = file.read(len(MAGIC))
        if magic != MAGIC:
            raise RecordingError(
                f"{self._path}: is no MCAP file (it begins with {magic!r}); a CSV must be named .csv, "
                "anything else cannot be read"
            )
        record: McapRecord
        for record in self._scan:
            if isinstance(record, Metadata) and record.name == HEADER:
                self._header_record = record
                return header_of(self._path, self._json(record))
            if isinstance(record, Chunk):
                break
        raise RecordingError(
            f"{self._path}: has no {HEADER!r} record before its data: it was made by another program, "
            "or cut off within its first bytes; give another recording"
        )

    def _json(self, record: Metadata) -> dict[str, Any]:
        return fields_of(self._path, record.metadata.get("json", ""), record.name)
