"""The computer itself: whether its supply dips, whether it is too warm, and whether its card is nearly full.

The names in sysfs are those of the kernel's raspberrypi-hwmon and of Raspberry Pi's firmware driver; on other
computers they are missing, and then nothing is known, and nothing said.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from hinge_imu.events import SensorEvent, SensorFact

HOT_C, COOL_C = 80.0, 75.0
"""deg C from which on it is too warm, and below which it is well again. From 80 on a Raspberry Pi slows itself down, at
85 it does so in earnest (Raspberry Pi documentation, "Frequency management and thermal control"). 75 is chosen."""

LEAST_MB, ENOUGH_MB = 200.0, 300.0
"""MB free below which a card is nearly full, and from which on it no longer is: chosen; some ten hours of recording."""

CALM = 3
"""So many looks in a row without it end a dip: a supply that is too weak dips with every load. Chosen."""

SUPPLY = "use a supply of 5 V and 3 A with a short, thick cable, or a fresh power bank"
AIR = "give it air, or a heat sink, and keep it out of the sun"
ROOM = "copy recordings away, or set [recording] keep_days lower"
READ_ONLY = "the card is worn out, or was pulled: copy the recordings away and put a new card in"


class Found(NamedTuple):
    """What is known of the computer, None where it does not tell: dipping now, deg C, MB free, not writable."""

    under_voltage: bool | None
    hot_c: float | None
    free_mb: float | None
    read_only: bool


@dataclass
class Fact:
    """Something that is said once when it begins, and may be said again once it has ended."""

    begun: bool = False
    calm: int = 0

    def begins(self, *, now: bool, over: bool, looks: int = 1) -> bool:
        """Return whether it begins with this look; it ends when it has been ``over`` for so many looks."""
        self.calm = self.calm + 1 if over else 0
        if self.begun:
            self.begun = self.calm < looks
            return False
        self.begun = now
        return now


class Host:
    """Looks after the computer: call `look` every ten seconds or so. ``root`` is where sysfs is found."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root
        self._facts: dict[str, Fact] = {name: Fact() for name in ("under_voltage", "hot", "disk", "read_only")}

    def look(self, recordings: Path, at_s: float) -> list[SensorEvent]:
        """Return what has begun since the last look, at ``at_s`` s: each is said once, until it has been well again."""
        found = look(recordings, self._root)
        return [SensorEvent(segment=None, what=what, at_s=at_s, text=text) for what, text in self._begun(found)]

    def _begun(self, found: Found) -> Iterator[tuple[SensorFact, str]]:
        dips, hot_c, free_mb = found.under_voltage, found.hot_c, found.free_mb
        if self._facts["under_voltage"].begins(now=bool(dips), over=not dips, looks=CALM):
            yield (
                "under_voltage",
                f"the computer's supply dips (under-voltage), and it may stop at any moment; {SUPPLY}",
            )
        if hot_c is not None and self._facts["hot"].begins(now=hot_c >= HOT_C, over=hot_c < COOL_C):
            yield "hot", f"the computer is at {hot_c:.0f} °C, and slows itself down from {HOT_C:.0f} on; {AIR}"
        if free_mb is not None and self._facts["disk"].begins(now=free_mb < LEAST_MB, over=free_mb >= ENOUGH_MB):
            yield "disk", f"the card is nearly full, {free_mb:.0f} MB are free; {ROOM}"
        if self._facts["read_only"].begins(now=found.read_only, over=not found.read_only):
            yield "disk", f"the card can no longer be written to; {READ_ONLY}"


def look(recordings: Path, root: Path = Path("/")) -> Found:
    """Return what is known of the computer now, and of the disk that ``recordings`` is on, or will be."""
    free_mb, read_only = _disk(recordings)
    return Found(_under_voltage(root), _temperature_c(root), free_mb, read_only)


def _disk(folder: Path) -> tuple[float | None, bool]:
    with suppress(OSError):
        there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
        return shutil.disk_usage(there).free / 1e6, bool(os.statvfs(there).f_flag & os.ST_RDONLY)
    return None, False


def _under_voltage(root: Path) -> bool | None:
    told = [_number(alarm, 10) for alarm in _alarms(root)]
    # Bit 0: under-voltage now (documentation of vcgencmd, get_throttled).
    throttled = _number(root / "sys/devices/platform/soc/soc:firmware/get_throttled", 16)
    told.append(None if throttled is None else throttled & 1)
    known = [value for value in told if value is not None]
    return any(known) if known else None


def _alarms(root: Path) -> Iterator[Path]:
    for folder in (root / "sys/class/hwmon").glob("hwmon*"):
        with suppress(OSError):
            if (folder / "name").read_text().strip() == "rpi_volt":
                yield folder / "in0_lcrit_alarm"


def _temperature_c(root: Path) -> float | None:
    told = [_number(file, 10) for file in (root / "sys/class/thermal").glob("thermal_zone*/temp")]
    return max((value / 1000 for value in told if value is not None), default=None)


def _number(file: Path, base: int) -> int | None:
    with suppress(OSError, ValueError):
        return int(file.read_text(), base)
    return None
