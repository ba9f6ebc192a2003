"""What the thorax tells the pelvis of where forward is, once the wearer has shown it."""

from __future__ import annotations

import numpy as np

from hinge_imu.motion.block import Part
from hinge_imu.motion.heading import Heading
from hinge_imu.motion.mount import HINT, Mount
from hinge_imu.motion.sinking import Sinking
from hinge_imu.motion.vectors import Plane
from hinge_imu.samples import Bools, Floats, Header

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

    def push(self, part: Part, heave: Floats) -> Plane:
        """Return the pelvis's hint (N,) across its stance at each sample, zero while there is none.

        ``heave`` (N,) is the pelvis's upward acceleration, m/s^2.
        """
        if self._pelvis.neutral is None or self._thorax.neutral is None:
            return np.zeros(part.valid.shape[1], complex)
        self._turn = self._heading.push(part.level(), part.across, part.valid[0] & part.valid[1])
        return self._shown_by(part, heave) * self._hint(self._falls(part), self._turn)

    def in_hindsight(self) -> Floats:
        """Return the hint (3,) as it is known in the end."""
        if self._thorax.axes is None or not self._shown:
            return np.zeros(3)
        return self._pelvis.vectors(self._hint(-self._thorax.forward, self._turn[-1:])[0])

    def straightened(self) -> None:
        """Hear that a bend is over."""
        self._heading.fade()

    def stood(self) -> None:
        """Hear that a board has taken another stance: what it was turned by before says nothing any more."""
        self._heading.restart()

    def _shown_by(self, part: Part, heave: Floats) -> Bools | bool:
        """Return where (N,) the wearer has shown forward; once that is so, there is nothing to look for any more."""
        if self._shown:
            return True
        vertical = np.where(part.valid[0], heave, 0.0)
        leaning = part.valid[1] & (part.along[1] < np.cos(SHOWN))
        shown: Bools = np.logical_or.accumulate(self._sinking.push(vertical) | leaning)
        self._shown = bool(shown[-1])
        return shown

    def _falls(self, part: Part) -> Plane | complex:
        """Return where the thorax falls (N,) across its stance, of any length."""
        thorax = self._thorax
        if thorax.axes is not None:
            return -thorax.forward
        up = part.standing_where_lost(1, thorax)
        return thorax.across(thorax.falls(up, np.zeros_like(up)))

    def _hint(self, falls: Plane | complex, turn: Plane) -> Plane:
        """Turn where the thorax falls into the pelvis's axes."""
        hint: Plane = HINT * turn.conj() * (falls / np.maximum(np.abs(falls), LEAST))
        return hint
