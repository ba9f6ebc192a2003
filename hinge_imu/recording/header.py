"""The header of a recording, from its JSON: read, lifted, checked, or refused with a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from hinge_imu.recording.base import RecordingError, shown
from hinge_imu.recording.lift import lift
from hinge_imu.recording.trust import check_header, refused
from hinge_imu.samples import Header

HEADER = "hinge_imu.header"
"""The name of the record, in each format that has room for one."""

# Made here, as more than one thread reads recordings, and msgspec bears no two that meet a form for the first time.
_HEADERS = msgspec.json.Decoder(Header)


def encoded(header: Header) -> str:
    """Return a header as JSON."""
    return msgspec.json.encode(header).decode()


def fields_of(path: Path, text: str | bytes, record: str = HEADER) -> dict[str, Any]:
    """Return what stands in a record; raises `RecordingError` where it is no JSON."""
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise _not_ours(path, record, error) from error


def header_of(path: Path, fields: dict[str, Any], record: str = HEADER) -> Header:
    """Return the header that the fields make.

    Raises
    ------
    RecordingError
        Where they make none, one of a newer format, or one that cannot be worked with.
    """
    try:
        lifted = lift(fields)
    except KeyError as error:
        raise _not_ours(path, record, error) from error
    except ValueError as error:
        raise RecordingError(f"{path}: {shown(error)}") from error
    try:
        # By way of JSON, in which the keys of every dict are words.
        header = _HEADERS.decode(msgspec.json.encode(lifted))
    except (msgspec.MsgspecError, RecursionError) as error:
        raise _not_ours(path, record, error) from error
    try:
        check_header(header)
    except ValueError as error:
        raise refused(path, error) from error
    return header


def _not_ours(path: Path, record: str, error: Exception) -> RecordingError:
    return RecordingError(
        f"{path}: its {record!r} record is not one of this version ({shown(error)}); update hinge-imu"
    )
