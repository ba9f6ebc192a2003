"""Which way round the boards are: standing still shows where up is, the first bends show where forward is.

Nobody can lean back or sideways as far as a bend goes forward, so the trunk's first far lean is forward. The pelvis may
tilt little, and backwards at first; there the hips tell, which go back when the trunk goes forward. What the first bend
lacks in exactness every whole bend mends, and only while the wearer stands upright again, where a new direction changes
no angle that one could see.
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

HINT, SURE_M = np.sin(np.radians(15.0)), 0.1
"""What the hips say weighs as much as a tilt of 15 degrees, where their lever is at least so long; a pelvis that tilts
further does so forward."""


class Block(NamedTuple):
    """What one push works on: the poses, up with a second before them, tilts and angles (N,2) to be filled in."""

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
        self._bent = self._deep = False

    def push(self, poses: Poses) -> SagittalAngles:
        """Take poses, return the inclinations; each is what was known at its own moment."""
        shape, end = poses.valid.shape, len(poses.t_ns)
        past = np.concatenate([self._recent, poses.up])
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
        """Return the inclinations of poses that have been pushed, with what is known by now; from the stance on."""
        angles = np.full(poses.valid.shape, np.nan)
        for sensor in self._sensors:
            if self._mounts[sensor].axes is None:
                self._make_do(sensor, poses.up[poses.valid[:, sensor], sensor])
            stood = np.maximum.accumulate(poses.still[:, sensor]) & poses.valid[:, sensor]
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
            if self._mounts[sensor].neutral is None:
                yield from _first(block.poses.still[start:, sensor], start, partial(self._stand, sensor=sensor))
        lead = block.tilt[start:, self._leader]
        if not self._bent:
            yield from _first(lead > FAR, start, self._bend)
        else:
            yield from _first(lead < UPRIGHT, start, self._straighten)
            if not self._deep:
                yield from _first(lead > DEEP, start, self._deepen)

    def _stand(self, block: Block, index: int, sensor: int) -> None:
        before = len(self._recent) + index + 1
        neutral = np.cumsum(block.past[max(0, before - self._second) : before, sensor], axis=0)[-1]
        self._mounts[sensor].neutral = neutral / np.linalg.norm(neutral)
        self._tilt(block, sensor)

    def _bend(self, _block: Block, _index: int) -> None:
        self._bent = True

    def _deepen(self, _block: Block, _index: int) -> None:
        self._deep = True
        for sensor in self._followers:
            self._mounts[sensor].hint = self._backwards()

    def _straighten(self, block: Block, index: int) -> None:
        if not self._deep:
            self._deepen(block, index)
        for sensor in self._sensors:
            self._mounts[sensor].settle()
        self._recoil.restart()
        self._bent = self._deep = False

    def _tilt(self, block: Block, sensor: int) -> None:
        tilt = self._mounts[sensor].tilt(block.poses.up[:, sensor])
        block.tilt[:, sensor] = np.where(block.poses.valid[:, sensor], tilt, np.nan)

    def _go(self, block: Block, part: slice) -> None:
        """Fill in the angles of a stretch with what is known, and gather what it shows."""
        for sensor in self._sensors:
            mount, valid = self._mounts[sensor], block.poses.valid[part, sensor]
            up = block.poses.up[part, sensor][valid]
            showing = self._deep or (self._bent and sensor == self._leader)
            angle = mount.follow(up) if showing and mount.axes is None else mount.angle(up)
            block.angles[part, sensor][valid] = angle
            if self._bent:
                mount.gather(up)
        for sensor in self._followers:
            if self._mounts[sensor].axes is None and part.stop > part.start:
                level = self._mounts[sensor].upright(block.poses.acc[part, sensor], block.poses.up[part, sensor])
                lean = np.nan_to_num(block.tilt[part, self._leader])
                self._lever = self._recoil.push(level, lean)[-1]


def _first(mask: Bools, start: int, learn: Callable[[Block, int], None]) -> Iterator[Lesson]:
    """Yield the index of the first True, if there is one."""
    index = int(np.argmax(mask)) if len(mask) else 0
    if index < len(mask) and mask[index]:
        yield start + index, learn
