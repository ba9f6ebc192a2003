"""Finds, in the samples of one sensor, where it lay still, and how it was turned from there to where it lay next."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hinge_imu.samples import Bools, Floats

HOLD_S = 2.0
"""So long it must lie still. The mean of the noise is then 0.3 mg (2.7 mg rms at 44 Hz: PS-MPU-6000A rev 3.4, 6.2)."""

PIECE_S = 0.1
"""Samples are looked at in pieces of this length."""

STILL_ACC, STILL_GYR = 0.4, np.radians(2.0)
"""Largest spread within a piece of a still stretch, and largest way of its mean from that of the first piece, m/s^2
and rad/s: four times the noise of the most restless setting, and less than any hand can hold. Chosen."""

EDGE_PIECES = 3
"""A turn is cut out with so many pieces of rest before and after it: its first and last moments are slow, and look
still."""

LONGEST_TURN_S = 20.0
"""After that the gyroscope has lost its way too far for the turn to say anything."""


class Still(NamedTuple):
    """A stretch of lying still: the means of acc (3,) m/s^2 and gyr (3,) rad/s, in sensor axes, as measured."""

    acc: Floats
    gyr: Floats


class Turn(NamedTuple):
    """The samples on the way from one still stretch to the next, by their numbers: acc and gyr (N,3), m/s^2, rad/s."""

    start: int
    stop: int
    acc: Floats
    gyr: Floats
    rate_hz: float


class Positions:
    """Watches one sensor; ``stills`` and ``turns`` fill up while samples are pushed.

    What it finds does not depend on how the samples are cut into blocks.
    """

    def __init__(self, rate_hz: float) -> None:
        self.stills: list[Still] = []
        self.turns: list[Turn] = []
        self._rate_hz = rate_hz
        self._piece = max(2, round(PIECE_S * rate_hz))
        self._hold = max(2, round(HOLD_S * rate_hz / self._piece))
        self._open = np.empty((0, 7))
        self._run: list[Floats] = []
        self._still_pieces = 0
        self._way: list[Floats] | None = None

    @property
    def still_s(self) -> float:
        """For how long it has been still by now."""
        return self._still_pieces * self._piece / self._rate_hz

    @property
    def taken(self) -> bool:
        """Whether where it lies now has been taken."""
        return self._still_pieces >= self._hold

    def push(self, acc: Floats, gyr: Floats, valid: Bools) -> list[Still]:
        """Take (N,3) m/s^2, (N,3) rad/s and which of them were measured (N,); return the positions taken with them."""
        self._open = np.concatenate([self._open, np.column_stack([acc, gyr, valid])])
        whole = len(self._open) // self._piece
        *pieces, self._open = np.split(self._open, self._piece * np.arange(1, whole + 1))
        return [still for piece in pieces if (still := self._look(piece)) is not None]

    def _look(self, piece: Floats) -> Still | None:
        if not piece[:, 6].all():
            self._run, self._still_pieces, self._way = [], 0, None
            return None
        if self._run and not (_quiet(piece) and _near(piece, self._run[0])):
            self._leave()
        if not self._run and not _quiet(piece):
            self._move([piece])
            return None
        self._run.append(piece)
        self._still_pieces += 1
        if self._still_pieces == self._hold:
            return self._take()
        if self.taken:  # the first, to compare with, and the last, from which it may set off
            self._run = [self._run[0], *self._run[1:][-EDGE_PIECES:]]
        return None

    def _leave(self) -> None:
        """Begin a turn where a position was taken; a stop on the way belongs to the turn."""
        if self.taken:
            self._way = []
        self._move(self._run[1:] if self.taken else self._run)
        self._run, self._still_pieces = [], 0

    def _move(self, pieces: list[Floats]) -> None:
        if self._way is not None:
            self._way += pieces
            if len(self._way) * self._piece > LONGEST_TURN_S * self._rate_hz:
                self._way = None

    def _take(self) -> Still:
        settled = np.concatenate(self._run[EDGE_PIECES:]).mean(axis=0)
        still = Still(settled[:3], settled[3:6])
        if self._way:
            way = np.concatenate([*self._way, *self._run[:EDGE_PIECES]])
            last = len(self.stills) - 1
            self.turns.append(Turn(last, last + 1, way[:, :3], way[:, 3:6], self._rate_hz))
        self._way = None
        self.stills.append(still)
        return still


def _quiet(piece: Floats) -> bool:
    acc, gyr = np.split(piece[:, :6].std(axis=0), 2)
    return bool(acc.max() < STILL_ACC and gyr.max() < STILL_GYR)


def _near(piece: Floats, first: Floats) -> bool:
    acc, gyr = np.split(np.abs(piece.mean(axis=0) - first.mean(axis=0))[:6], 2)
    return bool(acc.max() < STILL_ACC and gyr.max() < STILL_GYR)
