"""Recordings of earlier formats, as they are read today."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hinge_imu.samples import FORMAT

Fields = dict[str, Any]


def _from_1(header: Fields) -> Fields:
    """Format 1 did not say what had made it."""
    return {**header, "made_with": {}}


LIFTS: dict[int, Callable[[Fields], Fields]] = {1: _from_1}
"""What makes a header of the next format of one of each earlier format."""


def lift(header: Fields) -> Fields:
    """Return a header, as JSON has it, in today's format.

    Raises
    ------
    ValueError
        If its format is newer than this version, or no format at all; the message says what to do.
    """
    found = header["format"]
    if not isinstance(found, int) or found < min(LIFTS):
        raise ValueError(f"has format {found!r}, which there never was; give another recording")
    if found > FORMAT:
        raise ValueError(f"has format {found}, and this version reads up to {FORMAT}; update hinge-imu")
    for number in range(found, FORMAT):
        header = {**LIFTS[number](header), "format": number + 1}
    return header
