"""The records of an MCAP file, however it ends and whatever has happened to it."""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from mcap.data_stream import ReadDataStream
from mcap.opcode import Opcode
from mcap.records import Channel, Chunk, DataEnd, McapRecord, Message, Metadata, Schema
from mcap.stream_reader import breakup_chunk
from mcap.writer import MCAP0_MAGIC
from zstandard import ZstdDecompressor, frame_content_size

MAGIC = MCAP0_MAGIC
LATER = "hinge_imu.later"

_HEAD = struct.Struct("<BQ")  # of every record: what it is, and how long
_LIMIT = 1 << 26  # a torn length must not make the reader reserve gigabytes
_CHUNK_LIMIT = 1 << 24  # what may come out of a chunk, some ten times the usual: a few bytes can claim any size
_FOOTER = _HEAD.pack(Opcode.FOOTER, 20)
_PRIVATE = 0x80  # from here on records are other programs' own, and to be passed over
_PIECES = 1 << 12, 1 << 20  # the next chunk is near as a rule, and looked for in larger pieces where it is not

# What records are found again by, behind damage: a chunk by its compression, after times, sizes and checksum; metadata
# by its name. Both lead with their length.
_ZSTD = b"\x04\0\0\0zstd"
_SIGNS = re.compile(re.escape(_ZSTD) + b"|" + re.escape(len(LATER).to_bytes(4, "little") + LATER.encode()))
_BEFORE_ZSTD = _HEAD.size + 28
_OVERLAP = 32  # no sign is longer
_CHUNK_FIELDS = 28 + len(_ZSTD) + 8
_LATER_LIMIT = 1 << 13  # a name, a load, a note

_READ: dict[int, Callable[[ReadDataStream], McapRecord]] = {
    Opcode.CHUNK: Chunk.read,
    Opcode.METADATA: Metadata.read,
    Opcode.DATA_END: DataEnd.read,
    Opcode.CHANNEL: Channel.read,
    Opcode.SCHEMA: Schema.read,
}


class Scan:
    """Iterate over it: what is in the data section and whole, in order; passes over whatever is damaged.

    Afterwards ``torn`` says whether the end of the data is missing, ``damaged`` how many stretches were passed over;
    ``fraction`` (0..1) is how much of the file has been read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = path.stat().st_size
        self.torn = True
        self.damaged = 0
        self.fraction = 0.0
        self._zstd = ZstdDecompressor()

    def __iter__(self) -> Iterator[McapRecord]:
        self.torn, self.damaged = True, 0
        with self._path.open("rb") as file:
            file.seek(at := len(MAGIC))
            while at < self._size:
                record = _record(file, self._size)
                at = file.tell() if record is not None else _next_sign(file, at + 1)
                self.fraction = min(at / self._size, 1.0)
                if isinstance(record, DataEnd):
                    self.torn = False
                    break
                if record is not None:
                    yield record
                elif at < self._size:
                    self.damaged += 1
        self.fraction = 1.0

    def inside(self, record: McapRecord) -> list[McapRecord]:
        """Return what is in a chunk, nothing of one that is damaged; any other record is itself."""
        if not isinstance(record, Chunk):
            return [record]
        try:
            if record.compression not in {"", "zstd"} or _unpacked_size(record) > _CHUNK_LIMIT:
                raise ValueError("it would not fit into memory")  # noqa: TRY301 - as damaged as one that is cut
            return breakup_chunk(self._unpacked(record), validate_crc=True)
        except Exception:  # noqa: BLE001 - checksum, zstd and parser each raise types of their own
            self.damaged += 1
            return []

    def _unpacked(self, chunk: Chunk) -> Chunk:
        """Return a chunk as if it had never been compressed: mcap would set zstd up anew for each."""
        if chunk.compression == "":
            return chunk
        data = self._zstd.decompress(chunk.data, chunk.uncompressed_size)
        return replace(chunk, compression="", data=data)


def _unpacked_size(chunk: Chunk) -> int:
    """Return how many bytes come out of a chunk: what zstd's own frame says, for that is what it reserves."""
    if chunk.compression == "":
        return len(chunk.data)
    return max(chunk.uncompressed_size, frame_content_size(chunk.data))


def is_whole(path: Path) -> bool:
    """Return whether the recording at ``path`` was closed: quick, it looks at both ends alone."""
    with path.open("rb") as file:
        begin = file.read(len(MAGIC))
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - len(_FOOTER) - 20 - len(MAGIC)))
        end = file.read()
    return begin == MAGIC and end.startswith(_FOOTER) and end.endswith(MAGIC)


def _record(file: BinaryIO, size: int) -> McapRecord | None:
    """Return the next record, None where there is no whole one."""
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    opcode, length = _HEAD.unpack(head)
    if not (Opcode.HEADER <= opcode <= Opcode.DATA_END or opcode >= _PRIVATE) or length > min(
        _LIMIT, size - file.tell()
    ):
        return None
    try:
        return _parsed(opcode, file.read(length))
    except Exception:  # noqa: BLE001 - the parser raises whatever the bytes lead it to
        return None


def _parsed(opcode: int, body: bytes) -> McapRecord:
    stream = ReadDataStream(BytesIO(body + b"\0"))  # mcap reads less where there is less: one more shows it
    if opcode == Opcode.MESSAGE:
        return Message.read(stream, len(body))  # type: ignore[no-any-return] # mcap leaves it without types
    if opcode not in _READ:
        return McapRecord()
    record: McapRecord = _READ[opcode](stream)
    if stream.count != len(body):
        raise ValueError("a length that is wrong hides what comes after")
    return record


def _next_sign(file: BinaryIO, start: int) -> int:
    """Go to the next whole record with a sign from ``start`` on, and return where; the end of the file without one."""
    end = file.seek(0, os.SEEK_END)
    file.seek(at := start)
    seen = b""
    size, largest = _PIECES
    while piece := file.read(size):
        size = min(2 * size, largest)
        seen += piece
        for found in _SIGNS.finditer(seen):
            begin = at + found.start() - (_BEFORE_ZSTD if found[0] == _ZSTD else _HEAD.size)
            if begin >= start and _is_record(file, begin, end):
                return file.seek(begin)
        at, seen = at + max(0, len(seen) - _OVERLAP), seen[-_OVERLAP:]
        file.seek(at + len(seen))
    return file.tell()


def _is_record(file: BinaryIO, at: int, size: int) -> bool:
    """Return whether a record begins there; what cannot be one is not read, for there may be millions of signs."""
    file.seek(at)
    fields = file.read(_HEAD.size + _CHUNK_FIELDS)
    if len(fields) < _HEAD.size:
        return False
    opcode, length = _HEAD.unpack_from(fields)
    if opcode == Opcode.CHUNK:
        whole = at + _HEAD.size + length <= size
        return whole and bool(length == _CHUNK_FIELDS + int.from_bytes(fields[-8:], "little"))
    file.seek(at)
    return length <= _LATER_LIMIT and _record(file, size) is not None
