"""What a chip's samples look like that are no measurements: dead, frozen, torn on the way, at the end of the range.

Plain numbers, one sample after the other: for the four or five of a poll that is quicker than arrays are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from hinge_imu.config import ChipConfig
from hinge_imu.samples import Flag
from hinge_imu.sensing import settings

Row: TypeAlias = Sequence[int]
"""One sample as the chip counts: accelerometer x y z, gyroscope x y z."""

JUMP_G, JUMP_DPS, JUMP_S = 2.0, 125.0, 0.01
"""No trunk gets further from one sample to the next, at periods of up to so many seconds: a sixteenth of 2000 deg/s
and an eighth of 16 g, whatever the ranges."""

END = 32767
STEP = 3
"""So many samples in a row that stand together are a step, and no spikes."""

STANDING = 60
"""So many equal readings of the thermometer in a row; its noise is a few counts, as everything's."""

NOISY = 2.0
"""Counts rms; of quieter numbers the two lowest bits are not even chances."""

SATURATED, SPIKE, FROZEN, DEAD = (int(flag) for flag in (Flag.SATURATED, Flag.SPIKE, Flag.FROZEN, Flag.DEAD))


def shared(words: NDArray[np.int16]) -> bool:
    """Return whether words (N,6) of one address come from two chips, which answer at once.

    Both pull at the same open-drain line, so one reads the AND of the two. Of a noisy number each of the lowest bits
    is set half of the time; of two such numbers, both at once, a quarter of the time.
    """
    noisy = words[:, words.std(axis=0) > NOISY]
    lowest = np.concatenate([noisy & 1, noisy >> 1 & 1])
    return bool(lowest.size) and float(lowest.mean()) < (1 / 2 + 1 / 4) / 2


class Screen:
    """Looks at one chip's samples in order; call `forget` where some are missing in between.

    A sample is good while each axis stands near the last good one; it is a `Flag.SPIKE` else, until the third in a
    row stands with the two before: that is a real step. `Flag.FROZEN` is one that equals those before it for longer
    than noise can, and ``stuck`` says that this has lasted five times as long. ``dead`` counts `Flag.DEAD` ones in
    the last look.
    """

    def __init__(self, chip: ChipConfig) -> None:
        rate_hz = settings.rate_hz(chip)
        longer = max(1.0, 1 / (rate_hz * JUMP_S))
        self._acc = int(JUMP_G / chip.acc_range_g * settings.FULL_SCALE * longer)
        self._gyr = int(JUMP_DPS / chip.gyr_range_dps * settings.FULL_SCALE * longer)
        # What a low-pass of B Hz leaves of noise takes about 1 / 2B s to change: two samples as shipped.
        self._alike = max(2, math.floor(rate_hz / chip.low_pass_hz / 2))
        self.dead = 0
        self._last: Row = ()
        self._same = 0
        self.forget()

    def forget(self) -> None:
        """Begin anew: what comes next need not stand near what came last, but if it equals it, nothing has moved."""
        self._good: Row | None = None
        self._suspects: list[Row] = []

    @property
    def stuck(self) -> bool:
        """Whether the sensor has stopped."""
        return self._same > 5 * self._alike

    def look(self, rows: Sequence[Row]) -> list[int]:
        """Return the flags of these samples."""
        if self._good is None and rows:
            # The first may be the torn one; the middle one of three on each axis is not.
            self._good = [sorted(axis)[len(axis) // 2] for axis in zip(*rows[:STEP], strict=True)]
        flags = [self._flags(row) for row in rows]
        self.dead = flags.count(DEAD)
        return flags

    def _flags(self, row: Row) -> int:
        highest, lowest = max(row), min(row)
        if highest == lowest and highest & 0xFF == highest >> 8 & 0xFF:
            return DEAD
        flags = SATURATED if highest >= END or lowest <= -END else 0
        self._same = self._same + 1 if row == self._last else 0
        self._last = row
        if self._same >= self._alike:
            flags |= FROZEN
        return flags if self._stands(row) else flags | SPIKE

    def _stands(self, row: Row) -> bool:
        if self._near(row, self._good):
            self._suspects.clear()
        else:
            self._suspects = [*self._suspects[1 - STEP :], row]
            if len(self._suspects) < STEP or not all(self._near(row, other) for other in self._suspects):
                return False
            self._suspects.clear()
        self._good = row
        return True

    def _near(self, row: Row, other: Row | None) -> bool:
        if other is None:
            return True
        acc, gyr = self._acc, self._gyr
        ax, ay, az, gx, gy, gz = row
        bx, by, bz, hx, hy, hz = other
        return (
            -acc <= ax - bx <= acc
            and -acc <= ay - by <= acc
            and -acc <= az - bz <= acc
            and -gyr <= gx - hx <= gyr
            and -gyr <= gy - hy <= gyr
            and -gyr <= gz - hz <= gyr
        )


class Thermometer:
    """Looks at the readings of one chip's thermometer, one a second."""

    def __init__(self) -> None:
        self.counts = 0
        self._alike = 0
        self._stood = False

    def stands(self, counts: int) -> bool:
        """Take the next reading; return whether it is the first by which the thermometer stands still."""
        self._alike = self._alike + 1 if counts == self.counts else 1
        self.counts = counts
        before, self._stood = self._stood, self._stood or self._alike == STANDING
        return self._stood and not before
