"""How one board sits on its segment, and what it takes to find out."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from hinge_imu.motion.angles import inclination, segment_axes
from hinge_imu.samples import Floats

CLEAR = np.sin(np.radians(20.0))
"""Once forward is known, only leans deeper than this may turn it round."""

WANDERED = 0.1
"""Share of the leans' second moment that may lie across their main direction: within 18 degrees of it."""

FADE = 0.8
"""What earlier bends keep of their weight with each new one: a strap that creeps is followed."""


def _nowhere() -> Floats:
    return np.zeros(3)


@dataclass
class Mount:
    """What is known of one board, all in sensor axes.

    ``neutral`` is up while standing; ``axes`` are the segment's, once a whole bend has shown them. During the first
    bend ``deepest`` is where up was, across the stance, at the deepest lean so far, and ``hint`` what else is known of
    the direction in which up moves when the segment leans forward. ``spread`` and ``toward`` are gathered over bends:
    second moments of up across the stance, and where its deepest leans pointed.
    """

    neutral: Floats | None = None
    axes: Floats | None = None
    deepest: Floats = field(default_factory=_nowhere)
    hint: Floats = field(default_factory=_nowhere)
    spread: Floats = field(default_factory=lambda: np.zeros((3, 3)))
    toward: Floats = field(default_factory=_nowhere)

    def tilt(self, up: Floats) -> Floats:
        """Return how far up (N,3) lies from the stance (N,), whichever way; nan before any stance."""
        if self.neutral is None:
            return np.full(len(up), np.nan)
        along, across = self._split(up)
        tilt: Floats = np.arctan2(np.sqrt(dot(across, across)), along)
        return tilt

    def angle(self, up: Floats) -> Floats:
        """Return the inclination (N,) of up (N,3); the plain tilt while forward is not known."""
        if self.axes is None:
            return self.tilt(up)
        return inclination(np.stack([dot(up, row) for row in self.axes], axis=1))

    def follow(self, up: Floats) -> Floats:
        """Return the inclination (N,) of up (N,3) in the first bend: where it leans deepest, it leans forward."""
        along, across = self._split(up)
        falls = self._deepest_so_far(across) + self.hint
        onward = dot(across, falls) / np.maximum(np.sqrt(dot(falls, falls)), 1e-9)
        return inclination(np.stack([-onward, along], axis=1))

    def gather(self, up: Floats) -> None:
        """Remember how up (N,3) lay across the stance during a bend, and where it was deepest."""
        _, across = self._split(up)
        self.spread += across.T @ across
        self.deepest = self._deepest_so_far(across)[-1] if len(across) else self.deepest

    def stand(self, up: Floats) -> None:
        """Take the stance from up (3,), of any length; a stance that was known before counts as much as the new one."""
        stance = up / np.linalg.norm(up)
        mean = stance if self.neutral is None else stance + self.neutral
        self.neutral = mean / np.linalg.norm(mean)
        if self.axes is not None:
            self.axes = segment_axes(self.neutral, -self.axes[0])

    @property
    def clear(self) -> bool:
        """Whether this bend's deepest lean can only have been forward."""
        return bool(self.deepest @ self.deepest > CLEAR**2)

    def forget(self) -> None:
        """Learn nothing from this bend, of which too little was seen."""
        self.deepest, self.hint = _nowhere(), _nowhere()

    def settle(self) -> None:
        """Turn forward to the main direction of the bends so far; the deepest leans say which of its ends it is."""
        if self.axes is None or self.clear:
            self.toward = FADE * self.toward + self.deepest + self.hint
        values, vectors = np.linalg.eigh(self.spread)
        main = vectors[:, -1] if vectors[:, -1] @ self.toward > 0 else -vectors[:, -1]
        # Leans that wandered sideways have no main direction; then only the deepest ones count.
        falls = main if values[-2] < WANDERED * values[-1] else self.toward
        if self.neutral is not None and falls @ falls > 0:
            self.axes = segment_axes(self.neutral, falls)
        self.spread *= FADE
        self.forget()

    def upright(self, vectors: Floats, up: Floats) -> Floats:
        """Return vectors (N,3) turned as the board must be to stand again, without what is vertical then."""
        if self.neutral is None:
            return np.zeros_like(vectors)
        axis = np.cross(up, self.neutral)
        along = dot(up, self.neutral)
        turned = (
            vectors * along[:, None]
            + np.cross(axis, vectors)
            + axis * (dot(axis, vectors) / np.maximum(1 + along, 1e-9))[:, None]
        )
        level: Floats = turned - dot(turned, self.neutral)[:, None] * self.neutral
        return level

    def _deepest_so_far(self, across: Floats) -> Floats:
        """Return where up was at the deepest lean of this bend up to each of across (N,3)."""
        depth = np.concatenate([[dot(self.deepest, self.deepest)], dot(across, across)])
        deeper = np.flatnonzero(depth[1:] > np.maximum.accumulate(depth)[:-1]) + 1
        latest = np.zeros(len(depth), np.int64)
        latest[deeper] = deeper
        so_far: Floats = np.concatenate([self.deepest[None], across])[np.maximum.accumulate(latest)[1:]]
        return so_far

    def _split(self, up: Floats) -> tuple[Floats, Floats]:
        """Return up's part along the stance (N,), and its part across it (N,3)."""
        neutral = _nowhere() if self.neutral is None else self.neutral
        along = dot(up, neutral)
        return along, up - along[:, None] * neutral


def dot(vectors: Floats, others: Floats) -> Floats:
    """Return the dot products (N,); a matrix product would round differently with the number of rows."""
    product: Floats = (
        vectors[..., 0] * others[..., 0] + vectors[..., 1] * others[..., 1] + vectors[..., 2] * others[..., 2]
    )
    return product
