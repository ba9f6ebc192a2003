"""What the thorax tells the pelvis of where forward is, once the wearer has shown it."""

from __future__ import annotations

import numpy as np

from hinge_imu.motion.heading import Heading, Plane
from hinge_imu.motion.mount import HINT, Mount, dot
from hinge_imu.motion.sinking import Sinking
from hinge_imu.samples import Floats, Header, Poses

SHOWN = np.radians(25.0)
"""Reaching up and aside leans the trunk by 20; beyond this it bends."""

LEAST = np.sin(np.radians(1.0))
"""A thorax that leans by less says little of where it falls."""


class Forward:
    """Follows both boards; ``mounts`` are those of pelvis and thorax, as they are known at each call."""

    def __init__(self, header: Header, mounts: list[Mount]) -> None:
        self._pelvis, self._thorax = mounts
        self._heading = Heading(header.rate_hz)
        self._turn: Plane = np.zeros(1, complex)
        self._sinking = Sinking(header.rate_hz)
        self._shown = False

    def push(self, poses: Poses, part: slice) -> Floats:
        """Return the pelvis's hint (N,3) at each of a part of the poses, zero while there is none."""
        pelvis, thorax = self._pelvis, self._thorax
        if pelvis.neutral is None or thorax.neutral is None:
            return np.zeros((part.stop - part.start, 3))
        valid = poses.valid[part]
        below, above = (_level(mount, poses, part, sensor) for sensor, mount in enumerate((pelvis, thorax)))
        up = np.where(valid[:, 1:], poses.up[part, 1], thorax.neutral)
        tilts = pelvis.across(poses.up[part, 0]), thorax.across(up)
        self._turn = self._heading.push(below, tilts[0], above, tilts[1], valid[:, 0] & valid[:, 1])
        vertical = np.where(valid[:, 0], dot(poses.acc[part, 0], poses.up[part, 0]), 0.0)
        showing = self._sinking.push(vertical) | (thorax.tilt(up) > SHOWN)
        shown = np.logical_or.accumulate(np.concatenate([[self._shown], showing]))[1:]
        self._shown = bool(shown[-1])
        return shown[:, None] * self._hint(thorax.falls(up, np.zeros_like(up)), self._turn)

    def in_hindsight(self) -> Floats:
        """Return the hint (3,) as it is known in the end."""
        if self._thorax.axes is None or not self._shown:
            return np.zeros(3)
        [hint] = self._hint(-self._thorax.axes[:1], self._turn[-1:])
        return np.asarray(hint)

    def straightened(self) -> None:
        """Hear that a bend is over."""
        self._heading.fade()

    def stood(self) -> None:
        """Hear that a board has taken another stance: what it was turned by before says nothing any more."""
        self._heading.restart()

    def _hint(self, falls: Floats, turn: Plane) -> Floats:
        """Turn where the thorax falls (N,3) into the pelvis's axes."""
        across = self._thorax.across(falls)
        hint: Floats = HINT * self._pelvis.vectors(turn.conj() * across / np.maximum(np.abs(across), LEAST))
        return hint


def _level(mount: Mount, poses: Poses, part: slice, sensor: int) -> Plane:
    return mount.across(mount.upright(poses.acc[part, sensor], poses.up[part, sensor]))
