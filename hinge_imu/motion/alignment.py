"""Which way round the boards are: standing still shows where up is, the first bends show where forward is.

Nobody can lean back or sideways as far as a bend goes forward, so the trunk's first far lean is forward. The pelvis may
tilt little, and backwards at first; there the hips tell, which go back when the trunk goes forward. What the first bend
lacks in exactness every whole bend mends, and only while the wearer stands upright again, where a new direction changes
no angle that one could see.

A board that joins late may never see the wearer stand still: it takes its stance when the other one is upright, and
again after every bend, as its filter settles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from hinge_imu.motion.mount import Mount
from hinge_imu.motion.recoil import Recoil
from hinge_imu.motion.rest import STILL_S
from hinge_imu.samples import SEGMENTS, Bools, Floats, Header, Poses, SagittalAngles

FAR = np.radians(20.0)
"""Leaning further than this, the leading sensor has begun a bend."""

DEEP = np.radians(30.0)
"""Leaning further than this, the trunk is well on its way, and what the hips did meanwhile tells where back is."""

UPRIGHT = np.radians(12.0)
"""Leaning less than this, the wearer is upright again and the bend is over."""

NEAR, MOMENT_S, COMING = np.radians(5.0), 0.3, np.radians(0.5)
"""Between two reps the wearer leans no more than this, for so long at least, and comes no nearer to upright meanwhile
than by the third."""

HINT, SURE_M = np.sin(np.radians(15.0)), 0.1
"""What the hips say weighs as much as a tilt of 15 degrees, where their lever is at least so long; a pelvis that tilts
further does so forward."""


class Block(NamedTuple):
    """What one push works on: the poses, up with a second before them, tilts and angles (N,2) to be filled in.

    What was not measured is nan in ``past``.
    """

    poses: Poses
    past: Floats
    tilt: Floats
    angles: Floats


Lesson = tuple[int, Callable[[Block, int], None]]
"""The sample with which something is learnt, and how."""


class Alignment:
    """Poses in, inclinations out; learns each board's mounting on the way."""

    def __init__(self, header: Header) -> None:
        self._sensors = header.sensors
        self._leader, self._followers = self._sensors[-1], self._sensors[:-1]
        self._mounts = [Mount() for _ in SEGMENTS]
        self._recoil = Recoil(header.rate_hz)
        self._lever = np.zeros(3)
        self._second = max(2, round(STILL_S * header.rate_hz))
        self._recent = np.empty((0, len(SEGMENTS), 3))
        self._late = [False for _ in SEGMENTS]
        self._due = [True for _ in SEGMENTS]  # who takes a stance at the next occasion
        self._moment = max(2, round(MOMENT_S * header.rate_hz))
        self._bent = self._deep = self._moved = False
        self._whole = True  # no board was lost in this bend

    def push(self, poses: Poses) -> SagittalAngles:
        """Take poses, return the inclinations; each is what was known at its own moment."""
        shape, end = poses.valid.shape, len(poses.t_ns)
        past = np.concatenate([self._recent, np.where(poses.up.any(axis=2, keepdims=True), poses.up, np.nan)])
        block = Block(poses, past, np.full(shape, np.nan), np.full(shape, np.nan))
        for sensor in self._sensors:
            self._tilt(block, sensor)
        start = 0
        while start < end:
            stop, learn = min(self._lessons(block, start), key=itemgetter(0), default=(end, None))
            self._go(block, slice(start, stop))
            if learn is not None:
                learn(block, stop)
            start = stop
        self._recent = past[-self._second :]
        pelvis, thorax = block.angles.T
        return SagittalAngles(poses.t_ns, pelvis, thorax, thorax - pelvis)

    def in_hindsight(self, poses: Poses) -> SagittalAngles:
        """Return the inclinations of poses that were pushed, with what is known by now, from the first stance on."""
        angles = np.full(poses.valid.shape, np.nan)
        for sensor in self._sensors:
            if self._mounts[sensor].axes is None:
                self._make_do(sensor, poses.up[poses.valid[:, sensor], sensor])
            stood = np.maximum.accumulate(poses.still.any(axis=1)) & poses.valid[:, sensor]
            angles[stood, sensor] = self._mounts[sensor].angle(poses.up[stood, sensor])
        pelvis, thorax = angles.T
        return SagittalAngles(poses.t_ns, pelvis, thorax, thorax - pelvis)

    def _make_do(self, sensor: int, up: Floats) -> None:
        """Take all there was for one bend, where there was no deeper one."""
        mount = self._mounts[sensor]
        if sensor in self._followers:
            mount.hint = self._backwards()
        mount.gather(up)
        mount.settle()

    def _backwards(self) -> Floats:
        """Return what the hips say of where back is."""
        hint: Floats = HINT * self._lever / max(float(np.linalg.norm(self._lever)), SURE_M)
        return hint

    def _lessons(self, block: Block, start: int) -> Iterator[Lesson]:
        """Yield what can be learnt next, and where; what comes first is learnt first."""
        for sensor in self._sensors:
            if self._due[sensor]:
                yield from self._stances(block, start, sensor)
        lead = _lead(block.tilt[start:])
        if not self._bent:
            yield from _first(lead > FAR, start, self._bend)
        else:
            yield from _first(lead < UPRIGHT, start, self._straighten)
            if not self._deep:
                yield from _first(lead > DEEP, start, self._deepen)

    def _stances(self, block: Block, start: int, sensor: int) -> Iterator[Lesson]:
        """Yield where a board may take its stance: when still, but once the wearer moves, when the other is upright."""
        still = block.poses.still[start:, sensor]
        others = [other for other in self._sensors if self._mounts[other].neutral is not None and other != sensor]
        if self._moved and others:
            known = block.poses.valid[start:, others[0]]
            tilt = self._mounts[others[0]].tilt(block.past[:, others[0]])
            upright = self._upright(tilt, block.past[:, sensor])[len(self._recent) + start :]
            upright = upright & known & block.poses.valid[start:, sensor]
            yield from _first(upright, start, partial(self._stand, sensor=sensor, samples=self._moment, late=True))
            still = still & ~known
        if self._mounts[sensor].neutral is None:
            yield from _first(still, start, partial(self._stand, sensor=sensor, samples=self._second, late=False))

    def _upright(self, tilt: Floats, up: Floats) -> Bools:
        """Return where (N,) the other board, by its tilt, has been upright for a moment in which this one was seen."""
        near = (tilt < NEAR) & np.isfinite(up[:, 0])
        sums = np.cumsum(np.concatenate([[0], near]))
        upright = np.zeros(len(tilt), bool)
        lasting = sums[self._moment :] - sums[: -self._moment] == self._moment
        upright[self._moment - 1 :] = lasting & (tilt[self._moment - 1 :] > tilt[: len(lasting)] - COMING)
        return upright

    def _stand(self, block: Block, index: int, sensor: int, samples: int, *, late: bool) -> None:
        end = len(self._recent) + index + 1
        recent = block.past[max(0, end - samples) : end, sensor]
        self._mounts[sensor].stand(np.cumsum(recent[np.isfinite(recent[:, 0])], axis=0)[-1])
        self._late[sensor], self._due[sensor] = late, False
        self._tilt(block, sensor)

    def _bend(self, _block: Block, _index: int) -> None:
        self._bent = self._moved = True

    def _deepen(self, _block: Block, _index: int) -> None:
        self._deep = True
        for sensor in self._followers:
            if self._whole:
                self._mounts[sensor].hint = self._backwards()

    def _straighten(self, block: Block, index: int) -> None:
        if not self._deep:
            self._deepen(block, index)
        for sensor in self._sensors:
            if self._whole or self._mounts[sensor].clear:
                self._mounts[sensor].settle()
            else:
                self._mounts[sensor].forget()
        self._due = [due or late for due, late in zip(self._due, self._late, strict=True)]
        self._recoil.restart()
        self._bent = self._deep = False
        self._whole = True

    def _tilt(self, block: Block, sensor: int) -> None:
        tilt = self._mounts[sensor].tilt(block.poses.up[:, sensor])
        block.tilt[:, sensor] = np.where(block.poses.valid[:, sensor], tilt, np.nan)

    def _go(self, block: Block, part: slice) -> None:
        """Fill in the angles of a stretch with what is known, and gather what it shows."""
        for sensor in self._sensors:
            mount, valid = self._mounts[sensor], block.poses.valid[part, sensor]
            up = block.poses.up[part, sensor][valid]
            showing = self._deep or (self._bent and sensor == self._leader)
            follows = showing and mount.axes is None and mount.neutral is not None
            block.angles[part, sensor][valid] = mount.follow(up) if follows else mount.angle(up)
            if self._bent and mount.neutral is not None:
                mount.gather(up)
                self._whole &= bool(valid.all())
        for sensor in self._followers:
            if self._mounts[sensor].axes is None and part.stop > part.start:
                level = self._mounts[sensor].upright(block.poses.acc[part, sensor], block.poses.up[part, sensor])
                lean = np.nan_to_num(block.tilt[part, self._leader])
                self._lever = self._recoil.push(level, lean)[-1]


def _lead(tilt: Floats) -> Floats:
    """Return the tilt (N,) of the thorax, where it is not known that of the pelvis."""
    return np.where(np.isfinite(tilt[:, 1]), tilt[:, 1], tilt[:, 0])


def _first(mask: Bools, start: int, learn: Callable[[Block, int], None]) -> Iterator[Lesson]:
    """Yield the index of the first True, if there is one."""
    index = int(np.argmax(mask)) if len(mask) else 0
    if index < len(mask) and mask[index]:
        yield start + index, learn
