"""How one board sits on its segment, and what it takes to find out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from hinge_imu.motion.angles import inclination, segment_axes
from hinge_imu.motion.vectors import Plane, cross, dot, length
from hinge_imu.samples import Floats

CLEAR = np.sin(np.radians(20.0))
"""Once forward is known, only leans deeper than this may turn it round."""

BACK = np.sin(np.radians(30.0))
"""Nobody leans back further than this and stands: who went as far one way and then the other has lain down."""

RECALLED = np.cos(np.radians(20.0))
"""A board whose stance is further from the one that is remembered was put on another way round."""

ASTRAY = np.cos(np.radians(30.0))
"""A first bend that goes further aside than this shows that the board was put on turned about up."""

SHOWN = np.sin(np.radians(35.0))
"""Reaching, or getting up from a bench, leans a trunk by less; until a bend has gone deeper, forward is only likely."""

SMALL = np.sin(np.radians(12.0))
"""A pelvis may tilt backwards by so much while the trunk bends; one that tilts by twice as much does so forward."""

WANDERED = 0.2
"""Share of the leans' second moment that may lie across their main direction: within 24 degrees of it."""

FADE = 0.8
"""What earlier bends keep of their weight with each new one: a strap that creeps is followed."""

ODD, ODD_WEIGHT = np.radians(15.0), 0.1
"""A bend that goes further aside than this was most likely done askew, and has so little weight; if the next one goes
the same way, it was those before. Chosen: bends done alike go the same way within 8 deg."""

DEEPER = 1.3
"""One that goes deeper than all before by so much is no odd one: they were."""

HINT, LITTLE = np.sin(np.radians([15.0, 5.0]))
"""What is known from elsewhere of where a segment falls counts as a lean of so much when it is asked to which side it
leans, and of so much when it is asked about which axis: there its own movement is the finer measure."""

SWERVED = np.radians(3.0)
"""A bend about one axis moves up in one plane, square to that axis. One whose plane and axis are so far from square
went aside on its way, and has half the weight; a board that sits otherwise than before changes both alike. Chosen:
people on two straight feet are within 1 deg, who drops a hip or turns off by 5 to 15."""

PLAIN = 0.5
"""What has more weight than this may speak against all bends before."""

PACE_S = 1.0
"""How fast a segment turns counts as how far it would in so long, and no more than how far it went. Chosen: in a bend
of 4 s both have a like share."""


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
    moments of up across the stance, ``turning`` those of how fast it moves there. ``spread`` and ``toward`` are the
    same over earlier bends: second moments, and where the deepest leans pointed, and ``far`` how long the deepest was.
    ``recalled`` says that ``axes`` are remembered, or learnt from small leans, and no bend has shown them for good;
    ``odd`` is which way the last bend went, if that was another than before.
    ``frame`` are two axes across the stance and ``neutral`` (3,3), nan before any stance.
    """

    neutral: Floats | None = None
    axes: Floats | None = None
    deepest: Floats = field(default_factory=_nowhere)
    hint: Floats = field(default_factory=_nowhere)
    bend: Floats = field(default_factory=lambda: np.zeros((3, 3)))
    turning: Floats = field(default_factory=lambda: np.zeros((3, 3)))
    spread: Floats = field(default_factory=lambda: np.zeros((3, 3)))
    toward: Floats = field(default_factory=_nowhere)
    far: float = 0.0
    recalled: bool = False
    odd: complex = UNKNOWN.bend
    frame: Floats = field(default_factory=lambda: np.full((3, 3), np.nan), init=False)

    def __post_init__(self) -> None:
        if self.neutral is not None:
            self._place(self.neutral)

    @property
    def forward(self) -> complex:
        """Where forward is across the stance, a unit number; nan while that is not known."""
        return complex("nan") if self.axes is None else complex(*(self.frame[:2] @ self.axes[0]))

    def across(self, vectors: Floats) -> Plane:
        """Return what of vectors (3,...) lies across the stance (...)."""
        across: Plane = dot(vectors, self.frame[0]) + 1j * dot(vectors, self.frame[1])
        return across

    def vectors(self, across: Plane | complex) -> Floats:
        """Return the vectors (3,...) in sensor axes that lie across the stance (...)."""
        across = np.asarray(across)
        vectors: Floats = np.multiply.outer(self.frame[0], across.real) + np.multiply.outer(self.frame[1], across.imag)
        return vectors

    def tilt(self, up: Floats) -> Floats:
        """Return how far up (3,N) lies from the stance (N,), whichever way; nan before any stance."""
        tilt: Floats = np.arctan2(np.abs(self.across(up)), dot(up, self.frame[2]))
        return tilt

    def angle(self, up: Floats) -> Floats:
        """Return the inclination (N,) of up (3,N); the plain tilt while forward is not known."""
        return self.tilt(up) if self.axes is None else inclination(dot(up, self.axes[0]), dot(up, self.axes[1]))

    def falls(self, up: Floats, hint: Floats) -> Floats:
        """Return where up (3,N) moves, as far as is known at each, when the segment leans forward (3,N), any length.

        ``hint`` (3,N) as above. It tells which end of the deepest lean is forward, and that a lean across it is none.
        """
        if self.axes is not None:
            return np.broadcast_to(-self.axes[0][:, None], up.shape)
        return _signed(self._deepest_so_far(self._lying_across(up)), hint) + hint

    def onward(self, up: Floats, hint: Floats) -> Floats:
        """Return how far up (3,N) lies (N,) to where it falls, before that is known for good; hint as in `falls`."""
        falls = self.falls(up, hint)
        onward: Floats = dot(self._lying_across(up), falls) / np.maximum(length(falls), 1e-9)
        return onward

    def reach(self, across: Plane) -> None:
        """Remember where up was deepest, by what of it lies across the stance (N,)."""
        if len(across):
            deepest = self.vectors(across[np.argmax(np.abs(across))])
            if deepest @ deepest > self.deepest @ self.deepest:
                self.deepest = deepest

    def turned_over(self, across: Plane) -> bool:
        """Return whether up went further back than anyone leans, from where it was deepest before (N,) across."""
        up = self.vectors(across)
        before = np.concatenate([self.deepest[:, None], self._deepest_so_far(up)[:, :-1]], axis=1)
        far = length(before)
        return bool(((far > CLEAR) & (dot(up, before) < -BACK * far)).any())

    def gather(self, across: Plane) -> None:
        """Add second moments of what lay across the stance (N,) during a bend."""
        self.bend += self._moments(across)

    def follow(self, rate: Plane, tips: Floats) -> None:
        """Add second moments of where up moves by the rate (N,) across the stance, rad/s, as the segment itself turns.

        ``tips`` (N,) is the share of the rate that tips it.

        Where up is while somebody puts a thing down aside speaks of the trunk's twist as well; about which of its own
        axes the segment turns on the way there and back speaks less of it.
        """
        self.turning += self._moments(1j * tips * rate)

    def _moments(self, across: Plane) -> Floats:
        pairs = across.view(np.float64).reshape(-1, 2)
        moments: Floats = self.frame[:2].T @ (pairs.T @ pairs) @ self.frame[:2]
        return moments

    def _moved(self) -> Floats:
        """Return the second moments of this bend."""
        far, fast = np.trace(self.bend), np.trace(self.turning)
        moved: Floats = self.bend + self.turning * (min(PACE_S**2, far / fast) if fast > 0 else 0.0)
        return moved

    def stand(self, up: Floats) -> None:
        """Take the stance from up (3,), of any length; a stance that was known before counts as much as the new one."""
        stance = up / np.linalg.norm(up)
        mean = stance if self.neutral is None else stance + self.neutral
        self._place(mean / np.linalg.norm(mean))
        if self.axes is not None:
            self.axes = segment_axes(self.frame[2], -self.axes[0])

    def recall(self, up: Floats, falls: Floats) -> None:
        """Take forward from how the board sat when the wearer was calibrated, where it stands much as it did then.

        ``up`` (3,) was up in the stance, and ``falls`` (3,) where it moved when the segment leant forward.
        """
        if self.neutral is not None and self.neutral @ up > RECALLED:
            self.axes, self.toward = segment_axes(self.neutral, falls), falls
            self.recalled = True

    def contradicted(self, falls: Floats) -> bool:
        """Return whether what is only likely of forward is not where the segment falls (3,), of any length."""
        if self.axes is None or not self.recalled:
            return False
        turn = self.across(falls) / -self.forward
        return bool(turn.real < ASTRAY * abs(turn))

    def unlearn(self) -> None:
        """Forget what was only likely of forward."""
        if self.recalled:
            self.axes, self.toward, self.spread, self.recalled = None, _nowhere(), np.zeros((3, 3)), False

    def turn_to(self, before: Floats, after: Floats, most: float = np.inf) -> Rotation:
        """Reckon with a board that has turned on its segment: what pointed along ``before`` (3,) is now ``after``.

        It is taken to have turned by ``most`` rad at most; returns by what it is.
        """
        if self.neutral is None or not np.isfinite(before + after).all():
            return Rotation.identity()
        axis = cross(before, after)
        sine = float(length(axis))
        angle = min(most, float(np.arctan2(sine, before @ after)))
        turn = Rotation.from_rotvec(axis * (angle / max(sine, 1e-12)))
        self._turn(turn.as_matrix())
        return turn

    def _turn(self, turn: Floats) -> None:
        if self.neutral is not None:
            self._place(turn @ self.neutral)
        self.axes = None if self.axes is None else self.axes @ turn.T
        moments = self.spread, self.bend, self.turning
        self.spread, self.bend, self.turning = (turn @ each @ turn.T for each in moments)
        self.toward, self.deepest, self.hint = (turn @ each for each in (self.toward, self.deepest, self.hint))

    def _place(self, neutral: Floats) -> None:
        one = cross(neutral, np.eye(3)[np.argmin(np.abs(neutral))])
        one = one / length(one)
        self.neutral, self.frame = neutral, np.stack([one, cross(neutral, one), neutral])

    @property
    def little(self) -> bool:
        """Whether small leans are all that has shown forward."""
        return self.recalled and self.far > 0

    @property
    def clear(self) -> bool:
        """Whether this bend's deepest lean can only have been forward."""
        return bool(self.deepest @ self.deepest > CLEAR**2)

    def forget(self) -> None:
        """Learn nothing from this bend, of which too little was seen."""
        self.deepest, self.hint = _nowhere(), _nowhere()
        self.bend, self.turning = np.zeros((2, 3, 3))

    def settle(self, led: float = 0.0) -> Way:
        """Turn forward to the main direction of the bends so far; the deepest leans say which of its ends it is.

        ``led`` is how far the other board has leant in any of them (sine): where that was far, and this one leant
        clearly, it has shown forward for good. Returns which way this bend alone went, and which way those before.
        """
        way, depth, plain = self._way(), float(length(self.deepest)), self._plain()
        weight = plain * self._weight(way, depth, sure=plain > PLAIN)
        self.far = max(self.far, depth)
        self.recalled = max(self.far, led if self.clear else 0.0) < SHOWN
        if self.axes is None or self.clear:
            self.toward = FADE * self.toward + weight * (_signed(self.deepest, self.hint) + self.hint)
        self.spread += weight * self._moved()
        self._face()
        self.spread *= FADE
        self.forget()
        return way

    def _weight(self, way: Way, depth: float, *, sure: bool) -> float:
        """Return how much a bend counts: an odd one little, but for the second in a row that goes the same way."""
        odd = (
            depth < DEEPER * self.far and abs(np.angle(way.bend / way.before)) > ODD
        )  # nan, if it cannot be said, is not
        again = odd and sure and abs(np.angle(way.bend / self.odd)) < ODD
        self.odd = way.bend if odd and sure else UNKNOWN.bend
        if again:
            self.spread, self.toward = ODD_WEIGHT * self.spread, ODD_WEIGHT * self.toward
        return ODD_WEIGHT if odd and not again else 1.0

    def _plain(self) -> float:
        """Return how much a bend has shown of where forward is, 0 to 1: all, where it turned about one axis."""
        if not self.turning.any():
            return 1.0
        went, turned = (complex(self.across(np.linalg.eigh(each)[1][:, -1])) for each in (self.bend, self.turning))
        swerved = np.angle((went / turned) ** 2) / 2
        return float(1 / (1 + (swerved / SWERVED) ** 2))

    def relearn(self, falls: complex) -> None:
        """Take this for where the segment falls, across the stance: the board has turned about up."""
        vector = self.vectors(falls)
        self.spread = np.trace(self.spread) * np.outer(vector, vector)
        self.toward = float(np.linalg.norm(self.toward)) * vector
        self._face()

    def _way(self) -> Way:
        if self.axes is None or not self.clear:
            return UNKNOWN
        before, bend = -self.forward, complex(self.across(np.linalg.eigh(self._moved())[1][:, -1]))
        bend = bend if (bend / before).real > 0 else -bend
        return Way(before / abs(before), bend / abs(bend))

    def _face(self) -> None:
        values, vectors = np.linalg.eigh(self.spread)
        main = vectors[:, -1] if vectors[:, -1] @ self.toward > 0 else -vectors[:, -1]
        # Leans that wandered sideways have no main direction; then only the deepest ones count.
        falls = main if values[-2] < WANDERED * values[-1] else self.toward
        if self.neutral is not None and falls @ falls > 0:
            self.axes = segment_axes(self.neutral, falls)

    def _lying_across(self, up: Floats) -> Floats:
        """Return the part of up (3,N) that lies across the stance (3,N)."""
        across: Floats = up - dot(up, self.frame[2]) * self.frame[2][:, None]
        return across

    def _deepest_so_far(self, across: Floats) -> Floats:
        """Return where up was at the deepest lean of this bend up to each of across (3,N)."""
        leans = np.concatenate([self.deepest[:, None], across], axis=1)
        depth = dot(leans, leans)
        deeper = np.flatnonzero(depth[1:] > np.maximum.accumulate(depth)[:-1]) + 1
        latest = np.zeros(len(depth), np.int64)
        latest[deeper] = deeper
        so_far: Floats = leans.take(np.maximum.accumulate(latest)[1:], axis=1)
        return so_far


def _signed(deepest: Floats, hint: Floats) -> Floats:
    """Return the deepest lean (3,...); a small one turned to the side of the hint, without what lies across it."""
    far, sure = length(deepest), length(hint)
    cosine = dot(deepest, hint) / np.maximum(far * sure, 1e-12)
    doubt = sure / HINT * np.clip(2 - far / SMALL, 0, 1)
    signed: Floats = deepest * (1 - doubt + doubt * cosine)
    return signed
