"""The header of a recording, from its JSON: read, checked, or refused with a sentence."""

from __future__ import annotations

from pathlib import Path

import msgspec

from hinge_imu.recording.base import RecordingError
from hinge_imu.samples import FORMAT, Header

HEADER = "hinge_imu.header"
"""The name of the record, in each format that has room for one."""


def encoded(header: Header) -> str:
    """Return a header as JSON."""
    return msgspec.json.encode(header).decode()


def decoded(path: Path, text: str | bytes) -> Header:
    """Return the header in a recording.

    Raises
    ------
    RecordingError
        Where it is none, or one of a newer format.
    """
    try:
        found = msgspec.json.decode(text)
        if found["format"] > FORMAT:
            raise RecordingError(
                f"{path}: has format {found['format']}, and this version reads up to {FORMAT}; update hinge-imu"
            )
        return msgspec.convert(found, Header)
    except (msgspec.DecodeError, KeyError, TypeError, UnicodeDecodeError, RecursionError) as error:
        raise RecordingError(
            f"{path}: its 'hinge_imu.header' record is not one of this version ({error}); update hinge-imu"
        ) from error
