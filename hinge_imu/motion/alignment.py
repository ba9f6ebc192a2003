"""Which way round is the board? Standing still shows where up is, the first bends show where forward is.

Nobody can lean back or sideways as far as a bend goes forward, so the first time the trunk leans far it leans
forward. What that first guess lacks in exactness every whole bend mends, and only while the wearer stands upright
again, where a new direction changes no angle that one could see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from hinge_imu.motion.angles import inclination, segment_axes
from hinge_imu.motion.rest import STILL_S
from hinge_imu.samples import SEGMENTS, Bools, Floats, Header, Poses, SagittalAngles

FAR = np.radians(20.0)
"""Leaning further than this, the leading sensor shows where forward is, and a bend has begun."""

FAR_FOLLOWING = np.radians(12.0)
"""The pelvis leans less; it shows its forward while the trunk is far."""

UPRIGHT = np.radians(12.0)
"""Leaning less than this, the wearer is upright again and the bend is over."""

FADE = 0.8
"""What earlier bends keep of their weight with each new one: a strap that creeps is followed."""


@dataclass
class Mount:
    """How one board sits: up in sensor axes while standing, and the segment's axes once a bend has shown them."""

    neutral: Floats | None = None
    axes: Floats | None = None
    spread: Floats = field(default_factory=lambda: np.zeros((3, 3)))
    pull: Floats = field(default_factory=lambda: np.zeros(3))

    def tilt(self, up: Floats) -> Floats:
        """Return how far up (N,3) lies from the stance (N,), whichever way; nan before any stance."""
        if self.neutral is None:
            return np.full(len(up), np.nan)
        along = _dot(up, self.neutral)
        across = up - along[:, None] * self.neutral
        tilt: Floats = np.arctan2(np.sqrt(_dot(across, across)), along)
        return tilt

    def angle(self, up: Floats) -> Floats:
        """Return the inclination (N,) of up (N,3); the plain tilt while forward is not known."""
        if self.axes is None:
            return self.tilt(up)
        return inclination(np.stack([_dot(up, row) for row in self.axes], axis=1))

    def point(self, falls: Floats) -> None:
        """Take the direction in which up moves as the one that leaning forward moves it in."""
        if self.neutral is not None:
            self.axes = segment_axes(self.neutral, falls)

    def gather(self, up: Floats) -> None:
        """Remember how up (N,3) lay across the stance during a bend."""
        if self.neutral is not None:
            across = up - _dot(up, self.neutral)[:, None] * self.neutral
            self.spread += across.T @ across
            self.pull += across.T @ _dot(across, across)

    def refine(self) -> None:
        """Turn forward to the main direction of the bends so far; far leans decide which of its ends it is."""
        values, vectors = np.linalg.eigh(self.spread)
        # A lean that wandered as much sideways as forward shows no direction.
        if values[-1] > 0 and values[-2] < 0.2 * values[-1]:
            main = vectors[:, -1]
            self.point(main if main @ self.pull > 0 else -main)
        self.spread *= FADE
        self.pull *= FADE


class Alignment:
    """Poses in, inclinations out; learns each board's mounting on the way."""

    def __init__(self, header: Header) -> None:
        self._sensors = header.sensors
        self._leader = self._sensors[-1]
        self._mounts = [Mount() for _ in SEGMENTS]
        self._second = max(2, round(STILL_S * header.rate_hz))
        self._recent = np.empty((0, len(SEGMENTS), 3))
        self._bent = False

    @property
    def stood(self) -> bool:
        """Whether every worn sensor has seen its first second of stillness."""
        return all(self._mounts[sensor].neutral is not None for sensor in self._sensors)

    def push(self, poses: Poses) -> SagittalAngles:
        """Take poses, return the inclinations; each is what was known at its own moment."""
        n = len(poses.t_ns)
        past = np.concatenate([self._recent, poses.up])
        tilt = self._tilts(poses)
        angles = np.full(tilt.shape, np.nan)
        start = 0
        while start < n:
            stop, learn = min(self._lessons(poses, tilt, start), key=lambda lesson: lesson[0], default=(n, None))
            self._go(poses, angles, start, stop)
            if learn is not None:
                stood = self.stood
                learn(past[: len(self._recent) + stop + 1])
                tilt = tilt if stood else self._tilts(poses)
            start = stop
        self._recent = past[-self._second :]
        pelvis, thorax = angles.T
        return SagittalAngles(poses.t_ns, pelvis, thorax, thorax - pelvis)

    def _tilts(self, poses: Poses) -> Floats:
        tilts = [mount.tilt(poses.up[:, sensor]) for sensor, mount in enumerate(self._mounts)]
        return np.where(poses.valid, np.stack(tilts, axis=1), np.nan)

    def _lessons(self, poses: Poses, tilt: Floats, start: int) -> Iterator[tuple[int, Callable[[Floats], None]]]:
        """Yield where each thing that can be learnt next is learnt, and how; sooner is learnt first."""
        lead = tilt[start:, self._leader]
        for sensor in self._sensors:
            mount = self._mounts[sensor]
            if mount.neutral is None:
                yield from _first(poses.still[start:, sensor], start, partial(self._stand, sensor))
            elif mount.axes is None and self._bent:
                yield from _first(tilt[start:, sensor] > FAR_FOLLOWING, start, partial(self._face, sensor))
        if self._bent:
            yield from _first(lead < UPRIGHT, start, self._straighten)
        else:
            yield from _first(lead > FAR, start, self._bend)

    def _stand(self, sensor: int, past: Floats) -> None:
        neutral = np.cumsum(past[-self._second :, sensor], axis=0)[-1]
        self._mounts[sensor].neutral = neutral / np.linalg.norm(neutral)

    def _face(self, sensor: int, past: Floats) -> None:
        self._mounts[sensor].point(past[-1, sensor])

    def _bend(self, past: Floats) -> None:
        self._bent = True
        if self._mounts[self._leader].axes is None:
            self._face(self._leader, past)

    def _straighten(self, past: Floats) -> None:
        del past
        self._bent = False
        for sensor in self._sensors:
            self._mounts[sensor].refine()

    def _go(self, poses: Poses, angles: Floats, start: int, stop: int) -> None:
        """Fill in the angles from ``start`` to ``stop`` with what is known, and gather what a bend shows."""
        part = slice(start, stop)
        for sensor in self._sensors:
            mount, up, valid = self._mounts[sensor], poses.up[part, sensor], poses.valid[part, sensor]
            angles[part, sensor] = np.where(valid, mount.angle(up), np.nan)
            if self._bent:
                mount.gather(up[valid])


def _first(mask: Bools, start: int, learn: Callable[[Floats], None]) -> Iterator[tuple[int, Callable[[Floats], None]]]:
    """Yield the index of the first True, if there is one."""
    index = int(np.argmax(mask)) if len(mask) else 0
    if index < len(mask) and mask[index]:
        yield start + index, learn


def _dot(vectors: Floats, vector: Floats) -> Floats:
    """Return the dot products (N,); a matrix product would round differently with the number of rows."""
    product: Floats = (
        vectors[..., 0] * vector[..., 0] + vectors[..., 1] * vector[..., 1] + vectors[..., 2] * vector[..., 2]
    )
    return product
