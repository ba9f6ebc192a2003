"""The one inclination that reps are found by, also while a sensor is away.

The thorax leads: it moves furthest. Where it is lost, the pelvis goes on for it, by the ratio that the two have had on
this wearer, and without a jump: a jump would look like a movement. The thorax takes the lead back only when the wearer
is upright, where both are near zero and little is left to make up for.
"""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter

from hinge_imu.samples import Bools, Floats

PELVIS, THORAX = 0, 1

UPRIGHT_DEG = 12.0
"""Leaning less than this, the wearer is upright."""

MEMORY_S = 60.0
"""Time constant over which the ratio of thorax to pelvis is learnt: about a set."""

UNKNOWN = 25.0
"""In deg^2: so much mean square of the pelvis's inclination must have been seen to outweigh a ratio of one."""

RATIOS = 1.0, 2.5
"""Bending forward, the thorax leans no less than the pelvis; a back that flexes by more than this is taken for less."""

RATIO_SD, REST_SD = 0.3, 6.0
"""How much the ratio differs from rep to rep, and what (deg) it does not tell, because stances vary and no spine bends
evenly: what does not fit at the moment of a change is shared out between the two."""

FADE_S = 5.0
"""Time constant with which an offset goes away: 12 degrees of it are slower than any movement."""


NOTHING_DEG = 0.5
"""Less is no jump: who stands still sways by as much."""


class Lead:
    """Inclinations in, the leading one out."""

    def __init__(self, rate_hz: float) -> None:
        self._fade = np.exp(-1 / (FADE_S * rate_hz))
        self._forget = np.exp(-1 / (MEMORY_S * rate_hz))
        self._products = np.zeros((1, 2))
        self._leader: int | None = None
        self._gain, self._offset = 1.0, 0.0
        self._before = np.full(3, np.nan)  # pelvis, thorax and lead of the last sample

    def push(self, both: Floats) -> Floats:
        """Take pelvis and thorax (2,N) deg, return the lead (N,); it is held where neither is seen, nan before any."""
        pair = np.concatenate([self._before[:2, None], both], axis=1)
        lead = np.concatenate([self._before[2:], np.empty(both.shape[1])])
        known = self._learn(both)
        start = 1
        while start < len(lead):
            start = self._follow(pair, lead, known, start)
        self._before = np.append(pair[:, -1], lead[-1])
        return lead[1:]

    def _learn(self, pair: Floats) -> Floats:
        """Return the means of pelvis squared and pelvis times thorax (N+1,2), before each of pair (2,N) and after."""
        pelvis, thorax = np.where(np.isfinite(pair).all(axis=0), pair, 0.0)
        seen = np.stack([pelvis * pelvis, pelvis * thorax], axis=1)
        means, _ = lfilter([1 - self._forget], [1.0, -self._forget], seen, axis=0, zi=self._forget * self._products)
        means = np.concatenate([self._products, means])
        self._products = means[-1:]
        return means

    def _follow(self, pair: Floats, lead: Floats, known: Floats, start: int) -> int:
        """Fill the lead from ``start`` until another sensor has to lead or may do so; return where that is."""
        seen = np.isfinite(pair[:, start:])
        if self._leader is None:
            stop = start + _first(seen[PELVIS] | seen[THORAX])
            lead[start:stop] = lead[start - 1]
        else:
            ahead = self._gain * pair[self._leader, start:]
            if self._offset:
                ahead += self._offset * self._fade ** np.arange(1, len(ahead) + 1)
            index = lost = _first(~seen[self._leader])
            if self._leader == PELVIS or self._gain != 1.0:
                index = min(lost, _first((ahead < UPRIGHT_DEG) & seen[THORAX]))
            stop = start + index
            lead[start:stop] = ahead[:index]
            self._offset *= self._fade**index
            if index < lost:
                self._give_back(float(ahead[index] - pair[THORAX, stop]))
                return stop
        if stop < len(lead):
            self._hand_over(pair[:, stop - 1], pair[:, stop], float(lead[stop - 1]), known[stop - 1])
        return stop

    def _give_back(self, off: float) -> None:
        """Let the thorax lead as it is, but for what the lead is off by at the moment."""
        self._leader, self._gain = THORAX, 1.0
        self._offset = off if abs(off) > NOTHING_DEG else 0.0

    def _hand_over(self, before: Floats, now: Floats, lead: float, known: Floats) -> None:
        """Let a sensor lead that is seen now, from where the lead was before if it was seen then, too."""
        led, seen = self._leader is not None, np.isfinite(now)
        self._leader = THORAX if seen[THORAX] else PELVIS if seen[PELVIS] else None
        if self._leader is None:
            return
        ratio = (known[1] + UNKNOWN) / (known[0] + UNKNOWN)
        self._gain = 1.0 if self._leader == THORAX else float(np.clip(ratio, *RATIOS))
        self._offset = 0.0
        own = float(before[self._leader])
        if led and np.isfinite(own):
            off = lead - self._gain * own
            variances = (RATIO_SD * own) ** 2, REST_SD**2
            self._offset = off * variances[1] / sum(variances)
            self._gain += off * RATIO_SD**2 * own / sum(variances)


def _first(mask: Bools) -> int:
    """Return the index of the first True, or the length."""
    return int(np.argmax(mask)) if mask.any() else len(mask)
