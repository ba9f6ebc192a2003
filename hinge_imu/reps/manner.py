"""How a bend is done, seen while it is under way: who sits down, has turned away or hurries does no rep of this set.

who           shows by                                                        and is told
sits down     the pelvis rolls back while the hips go down                    nothing more in this bend
turned away   the pelvis faces elsewhere than at the last lockout             nothing in this bend
hurries       the thorax goes down much faster than in the reps before        nothing more but to be slower
"""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter

from hinge_imu.events import FaultName
from hinge_imu.samples import Bools, Floats

ROLLED_DEG, SINKS_M_S = 15.0, 0.25
"""Coming up, or tucking under at the bottom, a pelvis rolls back over hips that rise or rest. Who sits down lowers them
by the length of a thigh, 0.4 m, in a second or so, and rolls the pelvis back by more than the first meanwhile."""

FORGET_S = 2.0
"""Time constant with which the speed of the hips forgets: what an accelerometer is off by, 0.05 m/s^2, has come to
0.1 m/s by then. Chosen."""

AWAY_DEG = 45.0
"""A pelvis does not turn by more over feet that stay where they are: each hip turns by some 35 deg (Roaas & Andersson
1982, DOI 10.3109/17453678208992202), and both hips together by less. Whoever faces elsewhere has walked there."""

HASTE = 1.65
"""Who goes down so many times as fast as in the reps before, and is wrong in another way, too, does something else.
The factor is that by which bends of a set are told apart (`alike`)."""

POSTURE: frozenset[FaultName] = frozenset({"spine_rounding", "spine_arching", "butt_wink", "not_square"})
"""What else may be wrong with those who do something else; the other faults are of the rep as a whole."""


class Sinking:
    """Upward acceleration in, the speed of sinking out."""

    def __init__(self, rate_hz: float) -> None:
        self._period_s, self._keep = 1 / rate_hz, float(np.exp(-1 / (FORGET_S * rate_hz)))
        self._state = np.zeros(1)

    def push(self, heave: Floats) -> Floats:
        """Take upward acceleration (N,) m/s^2, nan where not seen; return how fast the hips sink (N,) m/s."""
        fall = np.where(np.isfinite(heave), -self._period_s * heave, 0.0)
        speed, self._state = lfilter([1.0], [1.0, -self._keep], fall, zi=self._state)
        return np.asarray(speed, float)


class Manner:
    """One bend, block after block; ``usual_rate`` is how fast the reps before went down at their fastest, deg/s.

    ``away_deg`` is how far the pelvis had turned since the last lockout as the bend began; nan where either is not
    known.
    """

    def __init__(self, usual_rate: float, away_deg: float) -> None:
        self.fastest = 0.0
        """How fast the thorax went down at its fastest, deg/s."""
        self._most_rate = HASTE * usual_rate
        self._over = bool(abs(away_deg) > AWAY_DEG)
        self._most_deg = -np.inf

    def push(self, pelvis: Floats, rate: Floats, sinking: Floats) -> tuple[int, int]:
        """Take pelvis (N,) deg, the thorax's rate (N,) deg/s and how fast the hips sink (N,) m/s.

        Returns the numbers of the samples from which on nothing is to be said, and nothing but of haste.
        """
        most = np.fmax.accumulate(np.concatenate([[self._most_deg], pelvis]))[1:]
        sits = (most - pelvis > ROLLED_DEG) & (sinking > SINKS_M_S)
        fastest = np.fmax.accumulate(np.concatenate([[self.fastest], rate]))[1:]
        hurries = fastest > self._most_rate
        over = 0 if self._over else _first(sits)
        if len(pelvis):
            self._most_deg, self.fastest = float(most[-1]), float(fastest[-1])
            self._over = over < len(pelvis)
        return over, _first(hurries)

    def silences(self, name: FaultName) -> bool:
        """Return whether nothing is to be said of a fault that this bend had."""
        return name in POSTURE and (self._over or self.fastest > self._most_rate)


def _first(mask: Bools) -> int:
    """Return the index of the first True, or the length."""
    return int(np.argmax(mask)) if mask.any() else len(mask)
