"""The noise that a chip's low-pass lets through, as it looks at the chip's output rate."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.signal import butter, lfilter

from hinge_imu.samples import Floats

FORGOTTEN = 1e-4
"""What of its past a filter need not know."""


@cache
def low_pass(bandwidth_hz: float, rate_hz: float) -> tuple[Floats, Floats, int]:
    """Return b and a of a low-pass that lets white noise of strength 1 through with strength 1, and its memory.

    The order is not published; a Butterworth of the second has about the delay that page 13 of RM-MPU-6000A rev 4.2
    gives at 44 Hz.
    """
    if bandwidth_hz >= rate_hz / 2:
        return np.ones(1), np.ones(1), 1
    b, a = butter(2, bandwidth_hz, fs=rate_hz)
    memory = int(np.log(FORGOTTEN) / np.log(np.abs(np.roots(a)).max())) + 2
    answer = lfilter(b, a, np.eye(1, 2 * memory)[0])
    return b / np.sqrt(answer @ answer), a, memory


class Noise:
    """Noise of strength 1 on three axes through a low-pass, going on from call to call."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._filter = (0.0, 0.0)
        self._held: Floats

    def draw(self, n: int, every: int, bandwidth_hz: float, rate_hz: float) -> Floats:
        """Return the next (n,3): of what is filtered at ``rate_hz``, each the last of ``every``."""
        b, a, memory = low_pass(bandwidth_hz, rate_hz)
        if (bandwidth_hz, rate_hz) != self._filter:
            self._filter = (bandwidth_hz, rate_hz)
            _, self._held = lfilter(b, a, self._white(memory), axis=0, zi=np.zeros((len(a) - 1, 3)))
        filtered, self._held = lfilter(b, a, self._white(n * every), axis=0, zi=self._held)
        return np.asarray(filtered[every - 1 :: every])

    def _white(self, n: int) -> Floats:
        return self._rng.standard_normal((n, 3))
