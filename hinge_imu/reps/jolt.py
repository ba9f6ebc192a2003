"""The jolt of a load that is let go from lockout.

Until then legs and back carry body and load; then they still push with (m + M) g, so that the body springs up by M/m of
gravity and rings out, at 5 to 6 Hz and heavily damped (Matsumoto & Griffin 2000, J. Sound Vib. 238(4):691), while it
goes on standing as it stood. Who steps back moves aside or forward as well, and does so again with the next step.
"""

from __future__ import annotations

import numpy as np
from scipy.signal import find_peaks

from hinge_imu.reps.phases import median
from hinge_imu.reps.track import Trace
from hinge_imu.samples import Floats

STANDING_DEG, STANCE_S = 5.0, 0.3
"""Somebody stands as at first for as long as lean, tilt and turn stay this near to their median of the first moments;
a load that was in front may rock a body by some degrees. Chosen."""

HELD_S = 6.0
"""Nobody holds a load at lockout for longer than this; chosen."""

SLOW_S = 0.4
"""What lasts for longer, as swaying, breathing and coming to a stand do, is no jolt: two cycles of the resonance."""

OVER_S, BEFORE_S, AT_ONCE_S = 0.5, 0.4, 0.1
"""A jolt has rung out after the first: four decay times of a resonance of 5 Hz damped by 0.3; in the second, but for
the last of it, nothing announces one."""

QUIET, SETTLED, UPWARD = 0.5, 0.3, 1.0
"""Before it and after it there is no more than so much of a jolt, and none of it goes to a side by more."""


def jolt(top: Trace) -> float | None:
    """Return the jolt after lockout in m/s^2, 0 where there was none that stands alone; None where nobody could see.

    ``top`` begins at lockout.
    """
    rate_hz = (len(top.t) - 1) / float(top.t[-1] - top.t[0]) if len(top.t) > 1 else 0.0
    over, before, at_once, slow = (round(s * rate_hz) for s in (OVER_S, BEFORE_S, AT_ONCE_S, SLOW_S))
    stood = top.part(0, _standing(top, round(STANCE_S * rate_hz), round(HELD_S * rate_hz)))
    if len(stood.t) < over + slow or not slow or not np.isfinite(stood.heave).all():
        return None
    heave = stood.heave - _slowly(stood.heave, slow)
    aside = np.nan_to_num(np.sqrt(np.maximum(0.0, np.square(stood.acc).sum(axis=1) - np.square(stood.heave))))
    peaks, _ = find_peaks(heave[:-over], height=0.0, distance=max(1, before))

    def alone(at: int) -> bool:
        earlier, later = heave[max(0, at - before) : max(0, at - at_once)], heave[at + over : at + 2 * over]
        sideways = aside[max(0, at - at_once) : at + over]
        limits = ((earlier, QUIET), (later, SETTLED), (sideways, UPWARD))
        return all(np.abs(part).max(initial=0.0) < share * heave[at] for part, share in limits)

    return max((float(heave[at]) for at in map(int, peaks) if alone(at)), default=0.0)


def _standing(top: Trace, stance: int, most: int) -> int:
    """Return for how many samples somebody stands as in the first ones."""
    still = np.ones(len(top.t), np.bool_)
    for angle in (top.lead, top.tilt, top.turn):
        first = angle[:stance][np.isfinite(angle[:stance])]
        still &= ~(np.abs(angle - (median(first) if len(first) else 0.0)) > STANDING_DEG)
    return min(most, len(still) if still.all() else int(np.argmin(still)))


def _slowly(values: Floats, samples: int) -> Floats:
    """Return the mean of so many samples about each one."""
    half = samples // 2
    padded = np.pad(values, half, mode="edge")
    return np.convolve(padded, np.full(2 * half + 1, 1.0 / (2 * half + 1)), mode="valid")
