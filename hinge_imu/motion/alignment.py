"""Which way round the boards are: standing still shows where up is, the first bends show where forward is.

Nobody can lean back or sideways as far as a bend goes forward, so the trunk's first far lean is forward. The pelvis may
tilt little, and backwards at first; it learns forward from the thorax, with which it moves (`heading`), as soon as that
leans far, or the wearer sinks (`sinking`). What the first bend lacks in exactness every whole bend mends, and only
while the wearer stands upright again, where a new direction changes no angle that one could see.

A board that joins late may never see the wearer stand still: it takes its stance when the other one is upright, and
again after every bend, as its filter settles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from operator import itemgetter
from typing import NamedTuple

import numpy as np
from scipy.constants import g as STANDARD_GRAVITY  # noqa: N812 - it is one
from scipy.spatial.transform import Rotation

from hinge_imu.config import Segment
from hinge_imu.events import Said
from hinge_imu.motion.forward import Forward
from hinge_imu.motion.frontal import Frontal
from hinge_imu.motion.mount import HINT, UNKNOWN, Mount
from hinge_imu.motion.rest import STILL_S
from hinge_imu.motion.slip import Straps
from hinge_imu.samples import SEGMENTS, Angles, Bools, Floats, FrontalAngles, Header, Poses, SagittalAngles, Times, Worn

FAR = np.radians(20.0)
"""Leaning further than this, the leading sensor has begun a bend."""

DEEP = np.radians(30.0)
"""By then the thorax has told the pelvis where forward is."""

UPRIGHT = np.radians(12.0)
"""Leaning less than this, the wearer is upright again and the bend is over."""

NEAR, MOMENT_S, COMING = np.radians(5.0), 0.3, np.radians(0.5)
"""Between two reps the wearer leans no more than this, for so long at least, and comes no nearer to upright meanwhile
than by the third."""


CALM = 2 * np.sin(np.radians(0.5))
"""Boards that turn by less than a degree in such a moment show how the wearer stands."""


class Block(NamedTuple):
    """What one push works on: poses, up and force with a second before them; what is to be filled in (N,2).

    ``lean`` is how far up is from the stance, whichever way; ``angles``, ``tilt`` and ``turn`` are what comes out. What
    was not measured is nan in ``past`` and ``force``; ``calm`` is where (N,) no board has turned for a moment.
    """

    poses: Poses
    past: Floats
    force: Floats
    calm: Bools
    lean: Floats
    angles: Floats
    tilt: Floats
    turn: Floats


Lesson = tuple[int, Callable[[Block, int], None]]
"""The sample with which something is learnt, and how."""


def _nobody(_sensor: int, _t_ns: int, _turn: Rotation) -> None:
    pass


class Alignment:
    """Poses in, inclinations out; learns each board's mounting on the way.

    ``turned`` hears by how much a board has turned on its segment, from when on.
    """

    def __init__(self, header: Header, turned: Callable[[int, int, Rotation], None] = _nobody) -> None:
        self._sensors = header.sensors
        self._leader, self._followers = self._sensors[-1], self._sensors[:-1]
        self._mounts = [Mount() for _ in SEGMENTS]
        self._wearer = {} if header.wearer is None else header.wearer.worn
        self._forward = Forward(header, self._mounts)
        self._frontal = Frontal(header.rate_hz)
        self._second = max(2, round(STILL_S * header.rate_hz))
        self._recent = np.empty((2, 0, len(SEGMENTS), 3))
        self._late = [False for _ in SEGMENTS]
        self._sure = [False for _ in SEGMENTS]  # whose remembered forward has been doubted, and held
        self._due = [True for _ in SEGMENTS]  # who takes a stance at the next occasion
        self._moment = max(2, round(MOMENT_S * header.rate_hz))
        self._bent = self._moved = False
        self._whole = True  # no board was lost in this bend
        self._straps = Straps(self._mounts, turned)
        self._calm: Floats | None = None  # up of both, the last time that they were calm since the last bend

    def push(self, poses: Poses) -> Angles:
        """Take poses, return the angles; each is what was known at its own moment."""
        shape, end = poses.valid.shape, len(poses.t_ns)
        seen = np.where(poses.up.any(axis=2, keepdims=True), poses.up, np.nan)
        past = np.concatenate([self._recent, [seen, poses.acc + STANDARD_GRAVITY * seen]], axis=1)
        calm = self._calm_for_a_moment(past[0])[-end:] if end else np.empty(0, bool)
        block = Block(poses, past[0], past[1], calm, *np.full((4, *shape), np.nan))
        for sensor in self._sensors:
            self._lean(block, sensor)
        start = 0
        while start < end:
            stop, learn = min(self._lessons(block, start), key=itemgetter(0), default=(end, None))
            self._go(block, slice(start, stop))
            if learn is not None:
                learn(block, stop)
            start = stop
        self._recent = past[:, -self._second :]
        return _angles(poses.t_ns, block.angles, block.tilt, block.turn)

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
        angles, tilt, turn = np.full((3, *poses.valid.shape), np.nan)
        stood = np.maximum.accumulate(poses.still.any(axis=1))
        # The thorax first: the pelvis learns from it.
        for sensor in reversed(self._sensors):
            mount, seen = self._mounts[sensor], stood & poses.valid[:, sensor]
            up = poses.up[seen, sensor]
            mount.forget()
            mount.spread, mount.hint = np.zeros((3, 3)), self._told(sensor, self._forward.in_hindsight())
            mount.reach(up)
            mount.gather(up, np.broadcast_to(mount.hint, up.shape))
            mount.settle()
            angles[seen, sensor] = mount.angle(up)
            tilt[seen, sensor], turn[seen, sensor] = self._frontal.push(
                sensor, up, poses.rate[seen, sensor], mount.axes
            )
        return _angles(poses.t_ns, angles, tilt, turn)

    def _lessons(self, block: Block, start: int) -> Iterator[Lesson]:
        """Yield what can be learnt next, and where; what comes first is learnt first."""
        for sensor in self._sensors:
            if self._due[sensor]:
                yield from self._stances(block, start, sensor)
        lead = _lead(block.lean[start:])
        if not self._bent:
            yield from _first(lead > FAR, start, self._bend)
            if self._calm is None:
                yield from _first(block.calm[start:] & (lead < UPRIGHT), start, self._stand_up)
        else:
            yield from _first(lead < UPRIGHT, start, self._straighten)
            for sensor in self._followers:
                if self._mounts[sensor].recalled and not self._sure[sensor]:
                    yield from _first(lead > DEEP, start, partial(self._doubt, sensor=sensor))

    def _stances(self, block: Block, start: int, sensor: int) -> Iterator[Lesson]:
        """Yield where a board may take its stance: when still, but once the wearer moves, when the other is upright."""
        still = block.poses.still[start:, sensor]
        others = [other for other in self._sensors if self._mounts[other].neutral is not None and other != sensor]
        if self._moved and others:
            known = block.poses.valid[start:, others[0]]
            tilt = self._mounts[others[0]].tilt(block.past[:, others[0]])
            upright = self._upright(tilt, block.past[:, sensor])[self._recent.shape[1] + start :]
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

    def _calm_for_a_moment(self, up: Floats) -> Bools:
        """Return where (N,) all boards that are worn have pointed the same way for a moment."""
        turned = np.linalg.norm(up[self._moment :] - up[: -self._moment], axis=2)[:, list(self._sensors)]
        return np.concatenate([np.zeros(min(self._moment, len(up)), bool), (turned < CALM).all(axis=1)])

    def _stand(self, block: Block, index: int, sensor: int, samples: int, *, late: bool) -> None:
        end = self._recent.shape[1] + index + 1
        # The first still second teaches the filter the gyroscope's bias; until then only the force is to be trusted.
        recent = (block.past if late else block.force)[max(0, end - samples) : end, sensor]
        self._mounts[sensor].stand(np.cumsum(recent[np.isfinite(recent[:, 0])], axis=0)[-1])
        if self._mounts[sensor].axes is None and (worn := self._wearer.get(SEGMENTS[sensor])) is not None:
            self._mounts[sensor].recall(np.array(worn.up), np.array(worn.falls))
        self._late[sensor], self._due[sensor] = late, False
        self._forward.stood()
        self._lean(block, sensor)

    def _stand_up(self, block: Block, index: int) -> None:
        """Learn from the first calm moment after a bend."""
        self._calm, now_ns = block.past[self._recent.shape[1] + index], int(block.poses.t_ns[index])
        self._straps.compare(self._calm, now_ns)
        self._reckon(block, index)
        self._straps.follow(self._calm, now_ns)
        for sensor in self._sensors:
            self._lean(block, sensor)

    def _bend(self, block: Block, index: int) -> None:
        self._bent = self._moved = True
        self._doubt_all(block.poses.up[index, self._leader])
        if self._calm is not None:
            self._straps.compare(self._calm, int(block.poses.t_ns[index]))
        self._calm = None

    def _doubt_all(self, up: Floats) -> None:
        """Drop what is only remembered of forward, where the first bend, by the leader's up (3,), goes elsewhere."""
        if self._mounts[self._leader].contradicted(up):
            for mount in self._mounts:
                mount.unlearn()

    def _doubt(self, block: Block, index: int, sensor: int) -> None:
        """Drop what is only remembered of one board, where the other, or its own far lean, says otherwise."""
        mount = self._mounts[sensor]
        self._sure[sensor] = True
        told = float(np.linalg.norm(mount.hint)) > HINT / 2
        if told or block.lean[index, sensor] > FAR:
            falls = mount.hint if told else block.poses.up[index, sensor]
            if mount.contradicted(falls):
                mount.unlearn()

    def _reckon(self, block: Block, index: int) -> None:
        """Go on from how the boards sit now, where one has slipped."""
        if self._straps.reckon(int(block.poses.t_ns[index])):
            self._forward.stood()
            for sensor in self._sensors:
                self._lean(block, sensor)

    def _straighten(self, block: Block, index: int) -> None:
        ways = [UNKNOWN for _ in SEGMENTS]
        for sensor in self._sensors:
            if self._whole or self._mounts[sensor].clear:
                ways[sensor] = self._mounts[sensor].settle()
            else:
                self._mounts[sensor].forget()
        self._due = [due or late for due, late in zip(self._due, self._late, strict=True)]
        self._forward.straightened()
        self._bent = False
        self._whole = True
        if self._straps.bent(ways, int(block.poses.t_ns[index])):
            self._forward.stood()
        self._reckon(block, index)

    def _lean(self, block: Block, sensor: int) -> None:
        lean = self._mounts[sensor].tilt(block.poses.up[:, sensor])
        block.lean[:, sensor] = np.where(block.poses.valid[:, sensor], lean, np.nan)

    def _go(self, block: Block, part: slice) -> None:
        """Fill in the angles of a stretch with what is known, and gather what it shows."""
        if part.stop <= part.start:
            return
        calm = np.flatnonzero(block.calm[part] & (_lead(block.lean[part]) < UPRIGHT))
        if self._calm is not None and len(calm):
            self._calm = block.past[self._recent.shape[1] + part.start + calm[-1]]
        hints = self._forward.push(block.poses, part)
        for sensor in self._sensors:
            mount, valid = self._mounts[sensor], block.poses.valid[part, sensor]
            told = self._told(sensor, hints)
            up, hint = block.poses.up[part, sensor][valid], told[valid]
            follows = (self._bent or sensor != self._leader) and mount.axes is None and mount.neutral is not None
            block.angles[part, sensor][valid] = mount.follow(up, hint) if follows else mount.angle(up)
            rate = block.poses.rate[part, sensor][valid]
            aside = self._frontal.push(sensor, up, rate, mount.axes)
            block.tilt[part, sensor][valid], block.turn[part, sensor][valid] = aside
            mount.hint = told[-1]
            if mount.neutral is not None and (self._bent or mount.axes is None):
                mount.reach(up)
            if self._bent and mount.neutral is not None:
                mount.gather(up, hint)
                self._whole &= bool(valid.all())

    def _told(self, sensor: int, hint: Floats) -> Floats:
        """Return the pelvis's hint for the pelvis, and none for who leads."""
        return np.zeros_like(hint) if sensor == self._leader else hint


def _angles(t_ns: Times, angles: Floats, tilt: Floats, turn: Floats) -> Angles:
    pelvis, thorax = angles.T
    return Angles(SagittalAngles(t_ns, pelvis, thorax, thorax - pelvis), FrontalAngles(t_ns, tilt, turn))


def _lead(lean: Floats) -> Floats:
    """Return the lean (N,) of the thorax, where it is not known that of the pelvis."""
    return np.where(np.isfinite(lean[:, 1]), lean[:, 1], lean[:, 0])


def _first(mask: Bools, start: int, learn: Callable[[Block, int], None]) -> Iterator[Lesson]:
    """Yield the index of the first True, if there is one."""
    index = int(np.argmax(mask)) if len(mask) else 0
    if index < len(mask) and mask[index]:
        yield start + index, learn
