"""Wearers on disk: how the boards sit on an athlete, and how far the spine goes; found by name, never overwritten."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal
from unicodedata import normalize

import msgspec
import numpy as np

from hinge_imu.app.kept import CalibrationError, Kind, read, write
from hinge_imu.config import ConfigError, Segment
from hinge_imu.profiles import OwnLimits, load_limits
from hinge_imu.samples import SEGMENTS, Wearer, Worn

VERSION: Final = 1
KIND: Final = "hinge-imu wearer calibration"
AGAIN = "hinge-imu calibrate wearer"
LONGEST_NAME = 40
FLEXION_DEG, EXTENSION_DEG = (0.0, 150.0), (-90.0, 0.0)
"""No spine goes further from sacrum to upper back. Chosen, generously."""


class Stored(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a wearer's file says; ``worn`` are unit vectors in each board's own axes (`hinge_imu.samples.Worn`).

    ``hinges`` is how many there were, ``disagreement_deg`` by how much they went different ways.
    """

    kind: Literal["hinge-imu wearer calibration"] = KIND
    version: Literal[1] = VERSION
    athlete: str
    made_utc: str
    made_from: str
    simulated: bool = False
    hinges: int
    disagreement_deg: float
    worn: dict[Segment, Worn]
    spine_flexion_deg: float | None = None
    spine_extension_deg: float | None = None

    @property
    def wearer(self) -> Wearer:
        """What goes into the header of a session."""
        return Wearer(
            made_utc=self.made_utc,
            worn=self.worn,
            spine_flexion_deg=self.spine_flexion_deg,
            spine_extension_deg=self.spine_extension_deg,
        )


def named(athlete: str | None) -> str:
    """Return an athlete's name without blanks around it, the same however its accents were typed.

    Raises
    ------
    hinge_imu.config.ConfigError
        There is none.
    """
    name = normalize("NFC", athlete or "").strip()
    if not name:
        raise ConfigError("whose calibration is it? Say so with --athlete NAME; `hinge-imu live` finds it by that name")
    return name


def file_name(athlete: str) -> str:
    """Return what an athlete's file is called."""
    return f"wearer_{plain_name(athlete)}.json"


def plain_name(athlete: str) -> str:
    """Return an athlete's name as part of a file's; one with more than letters and digits gets a number of its own."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", athlete)[:LONGEST_NAME].strip("-")
    if plain != athlete:
        plain = f"{plain}-{hashlib.sha256(athlete.encode()).hexdigest()[:8]}".lstrip("-")
    return plain


def store(stored: Stored, folder: Path) -> tuple[Path, Path | None]:
    """Write a wearer's file; return its path, and that of the older one that had its name, which is kept.

    Raises
    ------
    CalibrationError
        Where the folder cannot be written to.
    """
    return write(stored, folder / file_name(stored.athlete))


def load(path: Path) -> Stored:
    """Read a wearer's file.

    Raises
    ------
    CalibrationError
        It is missing, damaged, something else, or of another version.
    """
    return read(path, Stored, Kind(KIND, "wearer's calibration", VERSION, AGAIN), _check)


def find(athlete: str | None, folders: Sequence[Path]) -> Wearer | None:
    """Return what is known of an athlete, from the first of the folders that has a file; None where none has.

    Raises
    ------
    CalibrationError
        There is a file, and it cannot be used.
    """
    if athlete is None or not athlete.strip():
        return None
    name = named(athlete)
    path = next((path for folder in folders if (path := folder / file_name(name)).exists()), None)
    if path is None:
        return None
    stored = load(path)
    if stored.athlete != name:
        mend = f"make one with `{AGAIN} --athlete {name}`, or remove the file"
        raise CalibrationError(f"{path}: is {stored.athlete}'s, not {name}'s; {mend}")
    return stored.wearer


def limits(athlete: str | None, folders: Sequence[Path]) -> OwnLimits:
    """Return the athlete's own limits, from ``limits_NAME.toml`` in the first of the folders that has one.

    Raises
    ------
    hinge_imu.config.ConfigError
        There is a file, and it cannot be used.
    """
    if athlete is None or not athlete.strip():
        return {}
    name = f"limits_{plain_name(named(athlete))}.toml"
    path = next((path for folder in folders if (path := folder / name).exists()), None)
    return {} if path is None else load_limits(path)


def told(athlete: str | None, wearer: Wearer) -> str:
    """Return the sentence that says that an athlete is known."""
    return (
        f"note: {athlete} is known since {wearer.made_utc[:10]}, so forward is known before the first bend. "
        f"Do the boards sit another way round now? Then `{AGAIN}` once more"
    )


def _check(stored: Stored) -> None:
    """Raise ValueError where the numbers cannot be those of a wearer."""
    for segment in SEGMENTS:
        if segment not in stored.worn:
            raise ValueError(f"how the {segment}'s board sits is missing")
        axes = np.array([stored.worn[segment].up, stored.worn[segment].falls])
        # Written in full, they are unit vectors at a right angle to many digits.
        if not np.allclose(axes @ axes.T, np.eye(2), rtol=0, atol=1e-3):
            raise ValueError(f"up and falls of the {segment} are no unit vectors at a right angle")
    limits = (("spine_flexion_deg", FLEXION_DEG), ("spine_extension_deg", EXTENSION_DEG))
    for name, (least, most) in limits:
        value = getattr(stored, name)
        if value is not None and not least <= value <= most:
            raise ValueError(f"{name} is {value:g}, and no spine goes beyond {least:g} to {most:g}")
