"""One block of samples as one CDR message of typed arrays, the form that ROS 2 tools read.

Layout: OMG DDSI-RTPS 2.3, clause 10 (encapsulation header), and OMG DDS-XTypes 1.3, clause 7.4.3 (plain CDR):
little-endian, every value aligned to its own size counted from the byte after the 4-byte encapsulation header,
a sequence led by its uint32 length.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from hinge_imu.samples import RawArray

_LITTLE_ENDIAN = b"\x00\x01\x00\x00"
_LENGTH = 4  # bytes of a sequence's length


def schema(dtype: np.dtype[np.void]) -> str:
    """Return the ``ros2msg`` definition of a block of ``dtype``: an array a field, vectors flat (x y z x y z)."""
    return "\n".join(f"{base.name}[] {name}" for name, base, _ in _fields(dtype))


def encode(raw: RawArray) -> bytes:
    """Return the message of a block that has at least one sample."""
    body = bytearray()
    for name, base, _ in _fields(raw.dtype):
        values = raw[name]
        body += _padding(len(body), _LENGTH)
        body += values.size.to_bytes(_LENGTH, "little")
        body += _padding(len(body), base.itemsize)
        body += values.tobytes()
    return _LITTLE_ENDIAN + body


def decode(message: bytes, dtype: np.dtype[np.void]) -> RawArray:
    """Return the block of ``dtype`` in a message; raises `ValueError` where it is not one."""
    if message[:4] != _LITTLE_ENDIAN:
        raise ValueError(f"a block begins with {_LITTLE_ENDIAN.hex()}, this one with {message[:4].hex()}")
    at, columns = 0, []
    for _, base, _ in _fields(dtype):
        at += -at % _LENGTH
        count = int.from_bytes(message[len(_LITTLE_ENDIAN) + at : len(_LITTLE_ENDIAN) + at + _LENGTH], "little")
        at += _LENGTH
        at += -at % base.itemsize
        columns.append(np.frombuffer(message, base, count, len(_LITTLE_ENDIAN) + at))
        at += count * base.itemsize
    raw = np.empty(len(columns[0]), dtype)
    for (name, _, width), column in zip(_fields(dtype), columns, strict=True):
        if len(column) != width * len(raw):
            raise ValueError(f"{len(column)} numbers of {name} for {len(raw)} samples")
    for (name, _, width), column in zip(_fields(dtype), columns, strict=True):
        raw[name] = column if width == 1 else column.reshape(-1, width)
    return raw


def _padding(at: int, size: int) -> bytes:
    return bytes(-at % size)


@cache
def _fields(dtype: np.dtype[np.void]) -> list[tuple[str, np.dtype[np.generic], int]]:
    """Return name, type of one number, and numbers a sample, of each field."""
    return [(name, dtype[name].base, int(np.prod(dtype[name].shape))) for name in dtype.names or ()]
