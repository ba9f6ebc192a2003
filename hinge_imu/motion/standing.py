"""When a board takes its stance: what is up, in its axes, while the wearer stands.

In the first second that it is still. One that joins late may never see the wearer stand still: it takes its stance when
the other one is upright, and again after every bend, as its filter settles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeAlias

import numpy as np

from hinge_imu.motion.block import ACC, UP, Block
from hinge_imu.motion.mount import Mount
from hinge_imu.motion.orientation import STANDARD_GRAVITY
from hinge_imu.motion.rest import STILL_S
from hinge_imu.samples import SEGMENTS, Bools, Floats, Header

NEAR, MOMENT_S, COMING = np.radians(5.0), 0.3, np.radians(0.5)
"""Between two reps the wearer leans no more than this, for so long at least, and comes no nearer to upright meanwhile
than by the third."""

Lesson: TypeAlias = tuple[int, Callable[[Block, int], None]]
"""The sample with which something is learnt, and how."""


class Standing:
    """Lets each of ``mounts`` take its stance; ``stood`` hears of whom, then."""

    def __init__(self, header: Header, mounts: list[Mount], stood: Callable[[int], None]) -> None:
        self._sensors = header.sensors
        self._mounts = mounts
        self._stood = stood
        self._second = max(2, round(STILL_S * header.rate_hz))
        self._moment = max(2, round(MOMENT_S * header.rate_hz))
        self._late = [False for _ in SEGMENTS]
        self._due = [True for _ in SEGMENTS]  # who takes a stance at the next occasion
        self._moved = False

    def bent(self) -> None:
        """Hear that a bend has begun."""
        self._moved = True

    def straightened(self) -> None:
        """Hear that a bend is over."""
        self._due = [due or late for due, late in zip(self._due, self._late, strict=True)]

    def lessons(self, block: Block, start: int) -> Iterator[Lesson]:
        """Yield where a board may take its stance: when still, but once the wearer moves, when the other is upright."""
        for sensor in self._sensors:
            if self._due[sensor]:
                yield from self._stances(block, start, sensor)

    def _stances(self, block: Block, start: int, sensor: int) -> Iterator[Lesson]:
        still = block.still[sensor, start:]
        others = [other for other in self._sensors if self._mounts[other].neutral is not None and other != sensor]
        if self._moved and others:
            known = block.valid[others[0], start:]
            tilt = self._mounts[others[0]].tilt(block.past[:, UP, others[0]])
            upright = self._upright(tilt, block.past[:, UP, sensor])[block.before + start :]
            upright = upright & known & block.valid[sensor, start:]
            yield from first(upright, start, partial(self._stand, sensor=sensor, samples=self._moment, late=True))
            still = still & ~known
        if self._mounts[sensor].neutral is None:
            yield from first(still, start, partial(self._stand, sensor=sensor, samples=self._second, late=False))

    def _upright(self, tilt: Floats, up: Floats) -> Bools:
        """Return where (N,) the other board, by its tilt, has been upright for a moment in which this one was seen."""
        near = (tilt < NEAR) & np.isfinite(up[0])
        sums = np.cumsum(np.concatenate([[0], near]))
        upright = np.zeros(len(tilt), bool)
        lasting = sums[self._moment :] - sums[: -self._moment] == self._moment
        upright[self._moment - 1 :] = lasting & (tilt[self._moment - 1 :] > tilt[: len(lasting)] - COMING)
        return upright

    def _stand(self, block: Block, index: int, sensor: int, samples: int, *, late: bool) -> None:
        end = block.before + index + 1
        seen = block.past[:, :, sensor, max(0, end - samples) : end]
        # The first still second teaches the filter the gyroscope's bias; until then only the force is to be trusted.
        recent = seen[:, UP] if late else seen[:, ACC] + STANDARD_GRAVITY * seen[:, UP]
        self._mounts[sensor].stand(np.cumsum(recent[:, np.isfinite(recent[0])], axis=1)[:, -1])
        self._late[sensor], self._due[sensor] = late, False
        self._stood(sensor)


def first(mask: Bools, start: int, learn: Callable[[Block, int], None]) -> Iterator[Lesson]:
    """Yield the index of the first True, if there is one."""
    index = int(np.argmax(mask)) if len(mask) else 0
    if index < len(mask) and mask[index]:
        yield start + index, learn
