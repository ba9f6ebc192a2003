"""What one push of the alignment works on: both boards' vectors, components first, with a second before them."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos
from typing import NamedTuple

import numpy as np

from hinge_imu.motion.mount import Mount
from hinge_imu.motion.vectors import Plane, dot
from hinge_imu.samples import SEGMENTS, Bools, Floats, Poses, Times, runs

UP, ACC, RATE = range(3)
"""The kinds of vectors, in their order."""


UPRIGHT = np.radians(12.0)
"""Leaning less than this, the wearer is upright again and the bend is over."""

LOW = np.radians(75.0)
"""Who leans by more for long lies; who sets himself up for a pull takes as long, and leans less. Chosen."""


class Part(NamedTuple):
    """A stretch of samples, seen from how the boards stand: up (3,2,N) in sensor axes, valid (2,N).

    ``across`` and ``along`` (2,N) are what of up lies across and along the stance; ``acc_across``, ``acc_along`` and
    ``rate_across`` the same of the acceleration without gravity, m/s^2, and of the rate, rad/s. Nan before any stance.
    ``tips`` (2,N) is the share of the rate that is not about up.
    """

    up: Floats
    valid: Bools
    across: Plane
    along: Floats
    acc_across: Plane
    acc_along: Floats
    rate_across: Plane
    tips: Floats

    def level(self) -> Plane:
        """Return the horizontal acceleration (2,N), turned with each board as if that stood again."""
        spin = (self.acc_across.conj() * self.across).imag / np.maximum(1 + self.along, 1e-9)
        level: Plane = self.acc_across * self.along - self.across * (self.acc_along + 1j * spin)
        return level

    def standing_where_lost(self, sensor: int, mount: Mount) -> Floats:
        """Return up (3,N) of a board, its stance where it is not valid."""
        return np.where(self.valid[sensor], self.up[:, sensor], mount.frame[2][:, None])


@dataclass
class Block:
    """The vectors (3,3,2,R+N) of a push: component, kind (`UP`, `ACC`, `RATE`), sensor, sample, after R earlier ones.

    Up is nan where it was not seen. ``lean`` (2,N) is the cosine of how far up is from the stance, whichever way, and
    ``lead`` (N,) that of the thorax, where it is not known that of the pelvis; ``upright_for`` and ``low_for`` (N,)
    are for how many samples that has been so, as ``carried`` from before. ``calm`` (N,) is where no board has
    turned for a moment; ``heave`` (N,) is the upward acceleration of the pelvis, of the thorax where that is all there
    is, 0 where nothing. What comes out: ``forward`` (2,N), how far up points along the segment's axis forward and, as
    the imaginary part, to the left, ``along`` (2,N), how far upwards, and ``turning`` (2,N) rad/s about the axis to the
    left.
    """

    t_ns: Times
    valid: Bools
    still: Bools
    past: Floats
    before: int
    carried: tuple[int, int]

    def __post_init__(self) -> None:
        shape = len(SEGMENTS), len(self.t_ns)
        self.upright_for, self.low_for = np.zeros((2, shape[1]), np.int64)
        self.lean, self.lead, self.calm = np.empty(shape), np.empty(shape[1]), np.zeros(shape[1], bool)
        self.forward, self.along, self.turning = np.empty(shape, complex), np.empty(shape), np.empty(shape)
        heave = dot(self.vectors(ACC), self.vectors(UP))
        self.heave = np.where(self.valid[0], heave[0], np.where(self.valid[1], heave[1], 0.0))

    @classmethod
    def of(cls, poses: Poses, recent: Floats, carried: tuple[int, int]) -> Block:
        """Return the block of poses, after the recent vectors (3,3,2,R)."""
        before = recent.shape[-1]
        past = np.empty((*recent.shape[:-1], before + len(poses.t_ns)))
        past[..., :before] = recent
        for kind, vectors in zip((UP, ACC, RATE), (poses.up, poses.acc, poses.rate), strict=True):
            past[:, kind, :, before:] = vectors.T
        up = past[:, UP, :, before:]
        unseen = ~up.any(axis=0)
        if unseen.any():
            up[:, unseen] = np.nan
        return cls(poses.t_ns, poses.valid.T, poses.still.T, past, before, carried)

    def vectors(self, kind: int) -> Floats:
        """Return the vectors of one kind (3,2,N), without earlier ones."""
        return self.past[:, kind, :, self.before :]

    def stood(self, index: int) -> Floats:
        """Return up (3,2) at a sample."""
        return self.past[:, UP, :, self.before + index].copy()

    def find_calm(self, sensors: slice, samples: int, chord: float) -> None:
        """Work out where all those boards point within a chord of where they did so many samples before."""
        first = max(self.before, samples)
        up = self.past[:, UP, sensors]
        turned = up[:, :, first:] - up[:, :, first - samples : -samples]
        self.calm[first - self.before :] = (dot(turned, turned) < chord**2).all(axis=0)

    def weigh(self, mounts: list[Mount], start: int) -> None:
        """Work out from a sample on how far the boards lean from their stances."""
        neutral = np.stack([mount.frame[2] for mount in mounts], axis=1)[:, :, None]
        lean = dot(self.past[:, UP, :, self.before + start :], neutral)
        if not self.valid.all():
            lean[~self.valid[:, start:]] = np.nan
        self.lean[:, start:] = lean
        self.lead[start:] = lead = np.where(np.isfinite(lean[1]), lean[1], lean[0])
        upright, low = self.carry(start)
        self.upright_for[start:] = runs(lead > cos(UPRIGHT), upright)
        self.low_for[start:] = runs(lead < cos(LOW), low)

    def carry(self, start: int) -> tuple[int, int]:
        """Return for how long the lead had been upright, and low, before a sample."""
        return (int(self.upright_for[start - 1]), int(self.low_for[start - 1])) if start else self.carried

    def part(self, mounts: list[Mount], start: int, stop: int) -> Part:
        """Return a stretch of it as it looks from how the boards stand now."""
        vectors = self.past[..., self.before + start : self.before + stop]
        frames = np.stack([mount.frame.T for mount in mounts], axis=2)[..., None]
        across, along = zip(*(_seen(frames, vectors[:, kind]) for kind in (UP, ACC, RATE)), strict=True)
        valid = self.valid[:, start:stop]
        tips = tipping(vectors[:, RATE], vectors[:, UP])
        return Part(vectors[:, UP], valid, across[UP], along[UP], across[ACC], along[ACC], across[RATE], tips)


def tipping(rate: Floats, up: Floats) -> Floats:
    """Return the share (...) of rates (3,...) that is not about up (3,...): who turns on the spot shows no axis."""
    tips: Floats = 1 - dot(rate, up) ** 2 / np.maximum(dot(rate, rate), 1e-12)
    return tips


def _seen(frames: Floats, vectors: Floats) -> tuple[Plane, Floats]:
    """Return what of vectors (3,2,N) lies across and along the stances (2,N), whose axes are (3,3,2,1)."""
    across = np.empty(vectors.shape[1:], complex)
    across.real, across.imag, along = dot(frames, vectors[:, None])
    return across, along
