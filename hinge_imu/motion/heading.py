"""Both boards hang on one spine: that is how the pelvis learns forward from the thorax, whichever way it tilts itself.

How the place accelerates where the spine bends follows from either board: from what it feels, and from how it tilts,
because the place lies above the one and below the other. Seen from above, the two are the same vector, each in its own
board's axes. So the angle between them is how the boards are turned against each other about the long axis of the
trunk. No bend is needed: the first tenths of a second of any movement tell.
"""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter, lfilter_zi

from hinge_imu.motion.lowpass import sampled
from hinge_imu.motion.vectors import Plane
from hinge_imu.samples import Bools, stretches

BELOW_M, ABOVE_M = 0.05, 0.35
"""How far above the sacrum's board and below the upper back's the spine bends: of the 0.4 m from S1 to T6, most of the
bending is between the lowest vertebrae (Pearcy, Portek, Shepherd 1984, DOI 10.1097/00007632-198404000-00013). Chosen
within that; 0.05 m more or less makes a few degrees."""

ARMS_M = np.array([[-BELOW_M], [ABOVE_M]])
"""Up falls back where a segment goes forward."""

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
        butterworth = (1.0, np.sqrt(2) * w, w * w)
        self._low_pass = sampled((w * w,), butterworth, rate_hz)
        # The same, and differentiated twice.
        self._bend = sampled((w * w, 0.0, 0.0), butterworth, rate_hz)
        self._settled = lfilter_zi(*self._low_pass), lfilter_zi(*self._bend)
        self._states: tuple[Plane, Plane] | None = None
        self._sure = SURE * rate_hz
        self._sum = np.zeros(1, complex)

    def push(self, level: Plane, tilt: Plane, valid: Bools) -> Plane:
        """Return the turn (N,) from the pelvis's axes to the thorax's; its length, 0 to 1, is how sure that is.

        ``level`` are the horizontal accelerations of pelvis and thorax in m/s^2, ``tilt`` where up lies across the
        stance, sines; both (2,N), each in its board's axes, and counted where ``valid`` (N,). The turn is the
        least-squares one over all that was seen (the two-dimensional case of Horn 1987, DOI 10.1364/JOSAA.4.000629),
        earlier bends fading.
        """
        products = np.zeros(len(valid) + 1, complex)
        products[0] = self._sum[0]
        for start, stop in stretches(valid):
            below, above = self._of_the_joint(level[:, start:stop], tilt[:, start:stop], anew=start > 0)
            products[1 + start : 1 + stop] = below.conj() * above
        if len(valid) and not valid[-1]:
            self._states = None
        sums: Plane = np.cumsum(products)
        self._sum = sums[-1:]
        return sums[1:] / (np.abs(sums[1:]) + self._sure)

    def fade(self) -> None:
        """Give what was seen so far less weight."""
        self._sum = FADE * self._sum

    def restart(self) -> None:
        """Forget: a board has taken another stance."""
        self._sum = np.zeros(1, complex)

    def _of_the_joint(self, level: Plane, tilt: Plane, *, anew: bool) -> Plane:
        """Return how the place where the spine bends accelerates (2,N), as either board has it."""
        arms = ARMS_M * tilt
        if anew or self._states is None:
            self._states = self._settled[0] * level[:, :1], self._settled[1] * arms[:, :1]
        low, low_state = lfilter(*self._low_pass, level, zi=self._states[0])
        bent, bent_state = lfilter(*self._bend, arms, zi=self._states[1])
        self._states = low_state, bent_state
        joint: Plane = low + bent
        return joint
