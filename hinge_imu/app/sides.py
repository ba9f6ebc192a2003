"""Which sides of a sensor have pointed up so far, and which are still wanted."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from hinge_imu.config import Segment
from hinge_imu.motion.positions import HOLD_S, Positions, Still
from hinge_imu.motion.sixpositions import Fit, fit
from hinge_imu.samples import Bools, Floats

FACES = ("x up", "x down", "y up", "y down", "z up", "z down")
EDGES = (("x", "y"), ("x", "z"), ("y", "z"))

ON_FACE = np.cos(np.radians(35.0))
"""Nearer to an axis than this, and it lies on that side; the rest leans. An offset of 100 mg looks like 6 degrees."""

APART = np.cos(np.radians(20.0))
"""A position nearer to an earlier one than this is the same again."""

FEWEST, MOST = 6, 15
"""Different positions: without six nothing can be fitted, and after so many more would tell no more."""

DONE_TILT = np.radians(0.3)
"""How well the tilt must be known for no further position to be asked for."""


class Side(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="position"):
    """A position that was taken: the ``side`` that points up, or between which it leans; whether it was ``new``.

    ``missing`` are the sides still wanted, ``advice`` what else would help, ``tilt_error_deg`` how far off the tilt
    may be by now, null before six different positions.
    """

    segment: Segment
    side: str
    new: bool
    positions: int
    missing: list[str]
    advice: str | None
    tilt_error_deg: float | None

    def plain(self) -> dict[str, Any]:
        """Return it as plain values, ``"event": "position"`` among them."""
        built: dict[str, Any] = msgspec.to_builtins(self)
        return built


class Sides:
    """What one sensor has shown of itself; ``positions`` are its still stretches and turns, ``fit`` what they say."""

    def __init__(self, segment: Segment, rate_hz: float) -> None:
        self.segment = segment
        self.positions = Positions(rate_hz)
        self.fit: Fit | None = None
        self.names: list[str] = []
        self._different: list[Floats] = []

    @property
    def different(self) -> int:
        """How many different positions there were."""
        return len(self._different)

    @property
    def missing(self) -> list[str]:
        """The sides that have not pointed up yet."""
        return [face for face in FACES if face not in self.names]

    @property
    def done(self) -> bool:
        """Whether no further position is wanted."""
        known = self.fit is not None and self.different >= FEWEST
        return known and (self.different >= MOST or (self.fit is not None and self.fit.tilt <= DONE_TILT))

    @property
    def advice(self) -> str | None:
        """Which leaning position would tell most, where all sides are there and not yet enough is known."""
        if self.missing or self.done or self.fit is None:
            return None
        first, second = EDGES[int(np.argmin(self.fit.known[6:]))]
        leans = [f"between {first} up and {second} {way}" for way in ("up", "down")]
        return next((lean for lean in leans if lean not in self.names), leans[0])

    @property
    def hold_s(self) -> float:
        """For how much longer it must lie still to be taken; 0 once it was."""
        return max(0.0, HOLD_S - self.positions.still_s)

    def push(self, acc: Floats, gyr: Floats, valid: Bools) -> list[Side]:
        """Take measured samples (N,3), (N,3), (N,); return the positions that were taken with them."""
        return [self._seen(still) for still in self.positions.push(acc, gyr, valid)]

    def _seen(self, still: Still) -> Side:
        up = still.acc / np.linalg.norm(still.acc)
        new = all(up @ other < APART for other in self._different)
        if new:
            self._different.append(up)
        self.names.append(named(up))
        if self.different >= FEWEST:
            self.fit = fit(self.positions.stills, self.positions.turns)
        known = None if self.fit is None else float(np.degrees(self.fit.tilt))
        return Side(
            segment=self.segment,
            side=self.names[-1],
            new=new,
            positions=self.different,
            missing=self.missing,
            advice=self.advice,
            tilt_error_deg=known,
        )


def named(up: Floats) -> str:
    """Return how it lies when ``up`` (3,), in sensor axes, points up."""
    first, second, _ = np.argsort(-np.abs(up))
    if abs(up[first]) > ON_FACE:
        return f"{'xyz'[first]} {_way(up[first])}"
    first, second = sorted((int(first), int(second)))
    sign = np.sign(up[first])
    # A lean and its opposite are told apart by the first axis alone.
    return f"between {'xyz'[first]} {_way(sign)} and {'xyz'[second]} {_way(up[second])}"


def _way(value: float) -> str:
    return "up" if value > 0 else "down"
