"""How much higher the hips are from one calm moment to the next: that tells standing from sitting."""

from __future__ import annotations

from hinge_imu.samples import Floats

SAT_M = 0.2
"""A bench is lower than standing by more than this, and who hinges comes back to within 5 cm."""

ROLLED = 0.09
"""The pelvis of who sits is rolled by more than this, rad: 5 degrees; sitting tall still takes some."""


class Height:
    """Adds up the upward acceleration twice, from rest to rest.

    Both ends being at rest, what the accelerometer is off by shows in the speed at the end, and is taken off.
    """

    def __init__(self, rate_hz: float) -> None:
        self._period = 1 / rate_hz
        self._below = 0.0
        self.begin()

    def begin(self) -> None:
        """Take this moment for one of rest."""
        self._samples, self._speed, self._way = 0, 0.0, 0.0

    def push(self, heave: Floats) -> None:
        """Take the upward acceleration (N,) m/s^2 of the hips."""
        speeds = heave.cumsum()
        if len(speeds):
            self._way += self._speed * len(speeds) + float(speeds.sum())
            self._speed += float(speeds[-1])
            self._samples += len(speeds)

    def seated(self, roll: float) -> bool:
        """Return whether the wearer sits now, at rest, with the pelvis ``roll`` rad from how it stood."""
        risen = (self._way - self._speed * self._samples / 2) * self._period**2
        self._below = min(0.0, self._below + risen) if roll > ROLLED else 0.0
        return self._below < -SAT_M
