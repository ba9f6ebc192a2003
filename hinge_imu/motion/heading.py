"""Both boards hang on one spine: that is how the pelvis learns forward from the thorax, whichever way it tilts itself.

How the place accelerates where the spine bends follows from either board: from what it feels, and from how it tilts,
because the place lies above the one and below the other. Seen from above, the two are the same vector, each in its own
board's axes. So the angle between them is how the boards are turned against each other about the long axis of the
trunk. No bend is needed: the first tenths of a second of any movement tell.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.signal import bilinear, lfilter, lfilter_zi

from hinge_imu.samples import Bools, stretches

Plane: TypeAlias = NDArray[np.complex128]
"""Vectors in the horizontal plane of a standing board, (N,), as complex numbers."""

BELOW_M, ABOVE_M = 0.05, 0.35
"""How far above the sacrum's board and below the upper back's the spine bends: of the 0.4 m from S1 to T6, most of the
bending is between the lowest vertebrae (Pearcy, Portek, Shepherd 1984, DOI 10.1097/00007632-198404000-00013). Chosen
within that; 0.05 m more or less makes a few degrees."""

CUT_OFF_HZ = 3.0
"""Accelerations are low-passed here: bending is slower, footfalls and noise are faster."""

SURE = 0.02
"""Squared acceleration times time, m^2/s^3, from which the outcome counts half: 0.1 m/s^2 for half a second."""

FADE = 0.8
"""What earlier bends keep of their weight with each new one: a board that turns is followed."""


class Heading:
    """How the thorax's board is turned against the pelvis's, about the vertical, while both stand."""

    def __init__(self, rate_hz: float) -> None:
        w = 2 * np.pi * CUT_OFF_HZ
        butterworth = [1.0, np.sqrt(2) * w, w * w]
        low_pass = bilinear([w * w], butterworth, fs=rate_hz)
        # The same, and differentiated twice.
        bend = bilinear([w * w, 0.0, 0.0], butterworth, fs=rate_hz)
        self._filters = low_pass, bend, low_pass, bend
        self._settled = [lfilter_zi(*each) for each in self._filters]
        self._states: list[Plane] | None = None
        self._sure = SURE * rate_hz
        self._sum = np.zeros(1, complex)

    def push(self, pelvis: Plane, pelvis_tilt: Plane, thorax: Plane, thorax_tilt: Plane, valid: Bools) -> Plane:
        """Return the turn (N,) from the pelvis's axes to the thorax's; its length, 0 to 1, is how sure that is.

        ``pelvis`` and ``thorax`` are horizontal accelerations in m/s^2, the tilts are where up lies across the stance,
        sines; all (N,), each in its board's axes, and counted where ``valid``. The turn is the least-squares one over
        all that was seen (the two-dimensional case of Horn 1987, DOI 10.1364/JOSAA.4.000629), earlier bends fading.
        """
        products = np.zeros(len(valid), complex)
        for start, stop in stretches(valid):
            series = [each[start:stop] for each in (pelvis, pelvis_tilt, thorax, thorax_tilt)]
            below, below_bent, above, above_bent = self._filtered(series, anew=start > 0)
            # Up falls back where a segment goes forward.
            from_below = below - BELOW_M * below_bent
            from_above = above + ABOVE_M * above_bent
            products[start:stop] = from_below.conj() * from_above
        if len(valid) and not valid[-1]:
            self._states = None
        sums: Plane = np.cumsum(np.concatenate([self._sum, products]))[1:]
        self._sum = sums[-1:] if len(sums) else self._sum
        return sums / (np.abs(sums) + self._sure)

    def fade(self) -> None:
        """Give what was seen so far less weight."""
        self._sum = FADE * self._sum

    def restart(self) -> None:
        """Forget: a board has taken another stance."""
        self._sum = np.zeros(1, complex)

    def _filtered(self, series: list[Plane], *, anew: bool) -> list[Plane]:
        if anew or self._states is None:
            self._states = [zi * values[0] for zi, values in zip(self._settled, series, strict=True)]
        done = [
            lfilter(*each, values, zi=state)
            for each, values, state in zip(self._filters, series, self._states, strict=True)
        ]
        self._states = [state for _, state in done]
        return [values for values, _ in done]
