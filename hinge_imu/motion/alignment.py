"""Which way round the boards are: standing still shows where up is, the first bends show where forward is.

Nobody can lean back or sideways as far as a bend goes forward, so the trunk's first far lean is forward. The pelvis may
tilt little, and backwards at first; it learns forward from the thorax, with which it moves (`heading`), as soon as that
leans far, or the wearer sinks (`sinking`). What the first bend lacks in exactness every whole bend mends, and only
while the wearer stands upright again, where a new direction changes no angle that one could see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import cos
from operator import itemgetter

import numpy as np
from scipy.spatial.transform import Rotation

from hinge_imu.config import Segment
from hinge_imu.events import Said
from hinge_imu.motion.angles import inclination
from hinge_imu.motion.block import RATE, UP, UPRIGHT, Block, Part, tipping
from hinge_imu.motion.forward import Forward
from hinge_imu.motion.frontal import Frontal
from hinge_imu.motion.height import Height
from hinge_imu.motion.mount import HINT, LITTLE, UNKNOWN, Mount
from hinge_imu.motion.remembered import FAR, Remembered
from hinge_imu.motion.rest import STILL_S
from hinge_imu.motion.slip import Straps
from hinge_imu.motion.standing import MOMENT_S, Lesson, Standing, first
from hinge_imu.motion.vectors import Plane, dot
from hinge_imu.samples import SEGMENTS, Angles, Floats, FrontalAngles, Header, Poses, SagittalAngles, Worn

LOW_S = 5.0
"""Who stays low for so long has not bent: that is nothing to learn from."""

CACHED = 4096
"""Samples at a time of what is long over: what is worked out between fits into a processor's cache."""

CALM = 2 * np.sin(np.radians(0.5))
"""Boards that turn by less than a degree in a moment show how the wearer stands."""


def _nobody(_sensor: int, _t_ns: int, _turn: Rotation) -> None:
    pass


class Alignment:
    """Poses in, inclinations out; learns each board's mounting on the way.

    ``turned`` hears by how much a board has turned on its segment, from when on.
    """

    def __init__(self, header: Header, turned: Callable[[int, int, Rotation], None] = _nobody) -> None:
        self._sensors, self._leader = header.sensors, header.sensors[-1]
        self._mounts = [Mount() for _ in SEGMENTS]
        self._standing = Standing(header, self._mounts, self._stood)
        self._remembered = Remembered(header, self._mounts)
        self._forward = Forward(header, self._mounts)
        self._frontal = Frontal(header.rate_hz)
        self._straps = Straps(self._mounts, turned)
        self._moment = max(2, round(MOMENT_S * header.rate_hz))
        self._second = max(2, round(STILL_S * header.rate_hz))
        self._recent = np.empty((3, 3, len(SEGMENTS), 0))
        self._height = Height(header.rate_hz)
        self._seated = False
        self._longest, self._lay = round(LOW_S * header.rate_hz), False
        self._carried = 0, 0
        self._bent = False
        self._whole = True  # no board was lost in this bend
        self._calm: Floats | None = None  # up of both, the last time that they were calm since the last bend

    def push(self, poses: Poses) -> Angles:
        """Take poses, return the angles; each is what was known at its own moment."""
        block = Block.of(poses, self._recent, self._carried)
        block.find_calm(slice(self._sensors[0], self._leader + 1), self._moment, CALM)
        block.weigh(self._mounts, 0)
        start, end = 0, len(poses.t_ns)
        while start < end:
            stop, learn = min(self._lessons(block, start), key=itemgetter(0), default=(end, None))
            if start < stop:
                self._go(block, start, stop)
            if learn is not None:
                stances = [mount.neutral for mount in self._mounts]
                learn(block, stop)
                if any(mount.neutral is not stance for mount, stance in zip(self._mounts, stances, strict=True)):
                    block.weigh(self._mounts, stop)
            start = stop
        self._recent, self._carried = block.past[..., -self._second :], block.carry(end)
        return self._angles(block)

    @property
    def bent(self) -> bool:
        """Whether the wearer is in a bend, of which nothing is learnt before it is over."""
        return self._bent

    def said(self) -> list[Said]:
        """Return what there is to say of the straps since the last call."""
        return self._straps.said()

    def worn(self) -> dict[Segment, Worn]:
        """Return how each board sits, where a bend has shown it."""
        return {
            SEGMENTS[sensor]: Worn(up=tuple(mount.neutral.tolist()), falls=tuple((-mount.axes[0]).tolist()))
            for sensor, mount in enumerate(self._mounts)
            if mount.neutral is not None and mount.axes is not None
        }

    def in_hindsight(self, poses: Poses) -> Angles:
        """Return the angles of poses that were pushed, with what is known by now, from the first stance on."""
        stood = np.logical_or.accumulate(poses.still.any(axis=1))
        poses = poses._replace(valid=poses.valid & stood[:, None])
        upright = dot(poses.up[:, self._leader].T, self._mounts[self._leader].frame[2])
        bent = poses.valid[:, self._leader] & (upright < cos(UPRIGHT))
        # The thorax first: the pelvis learns from it.
        for sensor in reversed(self._sensors):
            mount, valid = self._mounts[sensor], poses.valid[:, sensor]
            mount.forget()
            mount.spread, mount.hint = np.zeros((3, 3)), np.zeros(3)
            if sensor != self._leader:
                mount.hint = self._forward.in_hindsight()
            if mount.neutral is None:
                continue
            across = mount.across(poses.up[valid, sensor].T)
            mount.reach(across)
            mount.gather(across)
            rate = poses.rate[valid & bent, sensor].T
            mount.follow(mount.across(rate), tipping(rate, poses.up[valid & bent, sensor].T))
            mount.gather(LITTLE / HINT * np.full(np.count_nonzero(valid), mount.across(mount.hint)))
            mount.settle()
        drawn = [self._drawn(poses.part(slice(start, start + CACHED))) for start in range(0, len(stood), CACHED)]
        sagittal, frontal = (map(np.concatenate, zip(*kind, strict=True)) for kind in zip(*drawn, strict=True))
        return Angles(SagittalAngles(*sagittal), FrontalAngles(*frontal))

    def _drawn(self, poses: Poses) -> Angles:
        """Return the angles of a stretch by what is known in the end."""
        block = Block.of(poses, self._recent[..., :0], (0, 0))
        self._draw(block, block.part(self._mounts, 0, len(poses.t_ns)), 0, np.zeros(len(poses.t_ns), complex))
        return self._angles(block)

    def _lessons(self, block: Block, start: int) -> Iterator[Lesson]:
        """Yield what can be learnt next, and where; what comes first is learnt first."""
        yield from self._standing.lessons(block, start)
        lead = block.lead[start:]
        if self._bent:
            # Who lies down passes through upright.
            yield from first(block.upright_for[start:] >= self._moment, start, self._straighten)
            yield from self._remembered.lessons(block, start)
            return
        yield from first(lead < cos(FAR), start, self._bend)
        yield from self._remembered.leans(block, start)
        if self._calm is None:
            yield from first(block.calm[start:] & (lead > cos(UPRIGHT)), start, self._stand_up)

    def _stood(self, sensor: int) -> None:
        self._remembered.recall(sensor)
        self._forward.stood()

    def _stand_up(self, block: Block, index: int) -> None:
        """Learn from the first calm moment after a bend."""
        self._calm, now_ns = block.stood(index), int(block.t_ns[index])
        lean = np.arccos(np.clip(block.lean[0, index], -1.0, 1.0))
        self._seated = self._height.seated(float(np.nan_to_num(lean)))
        self._height.begin()
        if self._seated:
            return
        self._straps.compare(self._calm, now_ns)
        self._reckon(now_ns)
        self._straps.follow(self._calm, now_ns)

    def _bend(self, block: Block, index: int) -> None:
        self._bent, self._lay = True, False
        self._standing.bent()
        self._remembered.doubt(block, index)
        if self._calm is not None and not self._seated:
            self._straps.compare(self._calm, int(block.t_ns[index]))
        self._calm = None

    def _straighten(self, block: Block, index: int) -> None:
        ways = [UNKNOWN for _ in SEGMENTS]
        leader = self._mounts[self._leader]
        for sensor in reversed(self._sensors):
            if not self._lay and (self._whole or self._mounts[sensor].clear):
                ways[sensor] = self._mounts[sensor].settle(leader.far)
            else:
                self._mounts[sensor].forget()
        self._standing.straightened()
        self._forward.straightened()
        self._bent, self._whole = False, True
        if self._straps.bent(ways, int(block.t_ns[index])):
            self._forward.stood()
        self._reckon(int(block.t_ns[index]))

    def _reckon(self, t_ns: int) -> None:
        """Go on from how the boards sit now, where one has slipped."""
        if self._straps.reckon(t_ns):
            self._forward.stood()

    def _go(self, block: Block, start: int, stop: int) -> None:
        """Fill in a stretch with what is known, and gather what it shows."""
        part, rested = block.part(self._mounts, start, stop), 0
        lead, heave = block.lead[start:stop], block.heave[start:stop]
        self._lay |= bool((block.low_for[start:stop] >= self._longest).any())
        calm = np.flatnonzero(block.calm[start:stop] & (lead > cos(UPRIGHT)))
        if self._calm is not None and len(calm):
            self._calm, rested = block.stood(start + int(calm[-1])), int(calm[-1]) + 1
            self._height.begin()
        self._height.push(heave[rested:])
        hint = self._forward.push(part, heave)
        self._draw(block, part, start, hint)
        for sensor in self._sensors:
            self._gather(part, sensor, hint)

    def _draw(self, block: Block, part: Part, start: int, hint: Plane) -> None:
        """Turn a stretch from how the boards stand to how the segments face."""
        stretch = slice(start, start + len(hint))
        back = np.array([mount.forward for mount in self._mounts]).conj()[:, None]
        block.forward[:, stretch], block.along[:, stretch] = part.across * back, part.along
        block.turning[:, stretch] = (part.rate_across * back).imag
        for sensor, mount in enumerate(self._mounts):
            if mount.neutral is None or mount.axes is not None:
                continue
            onward = np.abs(part.across[sensor])
            if self._bent or sensor != self._leader:
                told = np.zeros_like(hint) if sensor == self._leader else hint
                onward = mount.onward(part.standing_where_lost(sensor, mount), mount.vectors(told))
            block.forward.real[sensor, stretch] = -onward

    def _gather(self, part: Part, sensor: int, hint: Plane) -> None:
        """Gather what a stretch shows of a board; ``hint`` (N,) is what is known of where the pelvis falls."""
        mount, valid = self._mounts[sensor], part.valid[sensor]
        learning = self._bent or mount.axes is None
        if mount.neutral is None or not (learning or mount.recalled):
            return
        if sensor != self._leader:
            mount.hint = mount.vectors(hint[-1])
        if not learning:
            return
        across = part.across[sensor, valid]
        self._lay |= sensor == self._leader and self._bent and mount.turned_over(across)
        mount.reach(across)
        if self._bent:
            mount.gather(across)
            mount.follow(part.rate_across[sensor, valid], part.tips[sensor, valid])
            self._whole &= len(across) == len(valid)
            if sensor != self._leader:
                mount.gather(LITTLE / HINT * hint[valid])

    def _angles(self, block: Block) -> Angles:
        forward, right = np.where(block.valid, [block.forward.real, -block.forward.imag], np.nan)
        about_up = dot(block.vectors(RATE), block.vectors(UP))
        tilt, turn = self._frontal.push(right, -block.turning, about_up)
        pelvis, thorax = inclination(forward, block.along)
        return Angles(
            SagittalAngles(block.t_ns, pelvis, thorax, thorax - pelvis), FrontalAngles(block.t_ns, tilt.T, turn.T)
        )
