"""How one board sits on its segment, and what it takes to find out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from hinge_imu.motion.angles import inclination, segment_axes
from hinge_imu.motion.heading import Plane
from hinge_imu.samples import Floats

CLEAR = np.sin(np.radians(20.0))
"""Once forward is known, only leans deeper than this may turn it round."""

RECALLED = np.cos(np.radians(20.0))
"""A board whose stance is further from the one that is remembered was put on another way round."""

ASTRAY = np.cos(np.radians(30.0))
"""A first bend that goes further aside than this shows that the board was put on turned about up."""

SMALL = np.sin(np.radians(12.0))
"""A pelvis may tilt backwards by so much while the trunk bends; one that tilts by twice as much does so forward."""

WANDERED = 0.2
"""Share of the leans' second moment that may lie across their main direction: within 24 degrees of it."""

FADE = 0.8
"""What earlier bends keep of their weight with each new one: a strap that creeps is followed."""

HINT, LITTLE = np.sin(np.radians([15.0, 5.0]))
"""What is known from elsewhere of where a segment falls counts as a lean of so much when it is asked to which side it
leans, and of so much when it is asked about which axis: there its own movement is the finer measure."""


class Way(NamedTuple):
    """Where a segment falls, across the stance, unit numbers: over the bends before, and in the last one."""

    before: complex
    bend: complex


UNKNOWN = Way(complex("nan"), complex("nan"))
"""Of a bend that was too small to say, or the first."""


def _nowhere() -> Floats:
    return np.zeros(3)


@dataclass
class Mount:
    """What is known of one board, all in sensor axes.

    ``neutral`` is up while standing; ``axes`` are the segment's, once a whole bend has shown them. Until then
    ``deepest`` is where up was, across the stance, at the deepest lean of the bend so far, and ``hint``, up to `HINT`
    long, what else is known of the direction in which up moves when the segment leans forward; ``bend`` gathers second
    moments of up across the stance. ``spread`` and ``toward`` are the same over earlier bends: second moments, and
    where the deepest leans pointed. ``recalled`` says that ``axes`` are remembered, and no bend has shown them yet.
    """

    neutral: Floats | None = None
    axes: Floats | None = None
    deepest: Floats = field(default_factory=_nowhere)
    hint: Floats = field(default_factory=_nowhere)
    bend: Floats = field(default_factory=lambda: np.zeros((3, 3)))
    spread: Floats = field(default_factory=lambda: np.zeros((3, 3)))
    toward: Floats = field(default_factory=_nowhere)
    recalled: bool = False

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

    def falls(self, up: Floats, hint: Floats) -> Floats:
        """Return where up (N,3) moves, as far as is known at each, when the segment leans forward (N,3), any length.

        ``hint`` (N,3) as above. It tells which end of the deepest lean is forward, and that a lean across it is none.
        """
        if self.axes is not None:
            return np.broadcast_to(-self.axes[0], up.shape)
        _, across = self._split(up)
        return _signed(self._deepest_so_far(across), hint) + hint

    def follow(self, up: Floats, hint: Floats) -> Floats:
        """Return the inclination (N,) of up (N,3) before forward is known for good; ``hint`` as in `falls`."""
        along, across = self._split(up)
        falls = self.falls(up, hint)
        onward = dot(across, falls) / np.maximum(np.sqrt(dot(falls, falls)), 1e-9)
        return inclination(np.stack([-onward, along], axis=1))

    def reach(self, up: Floats) -> None:
        """Remember where up (N,3) was deepest."""
        if len(up):
            self.deepest = self._deepest_so_far(self._split(up)[1])[-1]

    def gather(self, up: Floats, hint: Floats) -> None:
        """Remember how up (N,3) lay across the stance during a bend; ``hint`` (N,3) as above."""
        _, across = self._split(up)
        told = LITTLE / HINT * hint
        self.bend += across.T @ across + told.T @ told

    def stand(self, up: Floats) -> None:
        """Take the stance from up (3,), of any length; a stance that was known before counts as much as the new one."""
        stance = up / np.linalg.norm(up)
        mean = stance if self.neutral is None else stance + self.neutral
        self.neutral = mean / np.linalg.norm(mean)
        if self.axes is not None:
            self.axes = segment_axes(self.neutral, -self.axes[0])

    def recall(self, up: Floats, falls: Floats) -> None:
        """Take forward from how the board sat when the wearer was calibrated, where it stands much as it did then.

        ``up`` (3,) was up in the stance, and ``falls`` (3,) where it moved when the segment leant forward.
        """
        if self.neutral is not None and self.neutral @ up > RECALLED:
            self.axes, self.toward = segment_axes(self.neutral, falls), falls
            self.recalled = True

    def contradicted(self, falls: Floats) -> bool:
        """Return whether what is only remembered of forward is not where the segment falls (3,), of any length."""
        if self.axes is None or not self.recalled:
            return False
        before, now = self.across(np.array([-self.axes[0], falls]))
        return bool((now / before).real < ASTRAY * abs(now / before))

    def unlearn(self) -> None:
        """Forget what was only remembered of forward."""
        if self.recalled:
            self.axes, self.toward, self.recalled = None, _nowhere(), False

    def turn_to(self, before: Floats, after: Floats, most: float = np.inf) -> Rotation:
        """Reckon with a board that has turned on its segment: what pointed along ``before`` (3,) is now ``after``.

        It is taken to have turned by ``most`` rad at most; returns by what it is.
        """
        if self.neutral is None or not np.isfinite(before + after).all():
            return Rotation.identity()
        vector = Rotation.align_vectors(after[None], before[None])[0].as_rotvec()
        turn = Rotation.from_rotvec(vector * min(1.0, most / max(float(np.linalg.norm(vector)), 1e-12)))
        self._turn(turn)
        return turn

    def _turn(self, turn: Rotation) -> None:
        self.neutral = None if self.neutral is None else turn.apply(self.neutral)
        self.axes = None if self.axes is None else turn.apply(self.axes)
        matrix = turn.as_matrix()
        self.spread, self.bend = (matrix @ each @ matrix.T for each in (self.spread, self.bend))
        self.toward, self.deepest, self.hint = turn.apply([self.toward, self.deepest, self.hint])

    @property
    def clear(self) -> bool:
        """Whether this bend's deepest lean can only have been forward."""
        return bool(self.deepest @ self.deepest > CLEAR**2)

    def forget(self) -> None:
        """Learn nothing from this bend, of which too little was seen."""
        self.deepest, self.hint, self.bend = _nowhere(), _nowhere(), np.zeros((3, 3))

    def settle(self) -> Way:
        """Turn forward to the main direction of the bends so far; the deepest leans say which of its ends it is.

        Returns which way this bend alone went, and which way those before.
        """
        way = self._way()
        self.recalled = False
        if self.axes is None or self.clear:
            self.toward = FADE * self.toward + _signed(self.deepest, self.hint) + self.hint
        self.spread += self.bend
        self._face()
        self.spread *= FADE
        self.forget()
        return way

    def relearn(self, falls: complex) -> None:
        """Take this for where the segment falls, across the stance: the board has turned about up."""
        [vector] = self.vectors(np.array([falls]))
        self.spread = np.trace(self.spread) * np.outer(vector, vector)
        self.toward = float(np.linalg.norm(self.toward)) * vector
        self._face()

    def _way(self) -> Way:
        if self.axes is None or not self.clear:
            return UNKNOWN
        [before], [bend] = self.across(-self.axes[:1]), self.across(np.linalg.eigh(self.bend)[1].T[-1:])
        bend = bend if (bend / before).real > 0 else -bend
        return Way(complex(before / abs(before)), complex(bend / abs(bend)))

    def _face(self) -> None:
        values, vectors = np.linalg.eigh(self.spread)
        main = vectors[:, -1] if vectors[:, -1] @ self.toward > 0 else -vectors[:, -1]
        # Leans that wandered sideways have no main direction; then only the deepest ones count.
        falls = main if values[-2] < WANDERED * values[-1] else self.toward
        if self.neutral is not None and falls @ falls > 0:
            self.axes = segment_axes(self.neutral, falls)

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

    def across(self, vectors: Floats) -> Plane:
        """Return what of vectors (N,3) lies across the stance (N,)."""
        one, other = self._plane()
        across: Plane = dot(vectors, one) + 1j * dot(vectors, other)
        return across

    def vectors(self, across: Plane) -> Floats:
        """Return the vectors (N,3) in sensor axes that lie across the stance (N,)."""
        one, other = self._plane()
        return across.real[:, None] * one + across.imag[:, None] * other

    def _plane(self) -> tuple[Floats, Floats]:
        neutral = _nowhere() if self.neutral is None else self.neutral
        one = np.cross(neutral, np.eye(3)[np.argmin(np.abs(neutral))])
        one = one / max(float(np.linalg.norm(one)), 1e-9)
        return one, np.cross(neutral, one)

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


def _signed(deepest: Floats, hint: Floats) -> Floats:
    """Return the deepest lean (...,3); a small one turned to the side of the hint, and without what lies across it."""
    length, sure = np.sqrt(dot(deepest, deepest)), np.sqrt(dot(hint, hint))
    cosine = dot(deepest, hint) / np.maximum(length * sure, 1e-12)
    doubt = sure / HINT * np.clip(2 - length / SMALL, 0, 1)
    signed: Floats = deepest * (1 - doubt + doubt * cosine)[..., None]
    return signed


def dot(vectors: Floats, others: Floats) -> Floats:
    """Return the dot products (N,); a matrix product would round differently with the number of rows."""
    product: Floats = (
        vectors[..., 0] * others[..., 0] + vectors[..., 1] * others[..., 1] + vectors[..., 2] * others[..., 2]
    )
    return product
