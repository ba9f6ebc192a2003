"""The lines of a check, and the limits that decide between good, to be minded, and to be mended.

PS is the product specification PS-MPU-6000A rev 3.4.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import msgspec
import numpy as np

from hinge_imu.config import Segment

Verdict = Literal["good", "mind", "mend"]
What = Literal[
    "bus",
    "answer",
    "part",
    "awake",
    "self_test",
    "still",
    "gyr_noise",
    "acc_noise",
    "gravity",
    "temperature",
    "rate",
    "dropped",
    "bus_speed",
    "bus_load",
    "free_time",
]

BUS = "bus"
NAMES: dict[What, str] = {
    "bus": "device",
    "answer": "answer",
    "part": "part",
    "awake": "awake",
    "self_test": "self-test",
    "still": "stillness",
    "rate": "rate",
    "gyr_noise": "gyroscope noise",
    "acc_noise": "accelerometer noise",
    "gravity": "gravity",
    "temperature": "temperature",
    "dropped": "dropped",
    "bus_speed": "speed",
    "bus_load": "load",
    "free_time": "free time",
}


class Finding(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="check"):
    """One line of a check: what was looked at, of which sensor (null: the bus), and what was found.

    ``value`` in ``unit`` is the number behind the words of ``text``, null where there is none or it could not be
    measured; ``mend`` says what to do, where something can be done.
    """

    what: What
    segment: Segment | None
    value: float | None = None
    unit: str | None = None
    verdict: Verdict = "good"
    text: str
    mend: str | None = None

    @property
    def place(self) -> str:
        """What it belongs to, in a table."""
        return self.segment or BUS

    @property
    def name(self) -> str:
        """What was looked at, in a table."""
        return NAMES[self.what]

    def plain(self) -> dict[str, Any]:
        """Return the finding as plain values, ``"event": "check"`` among them."""
        built: dict[str, Any] = msgspec.to_builtins(self)
        return built


class Limit(NamedTuple):
    """Above ``mind`` something is worth knowing, above ``mend`` it is to be mended."""

    mind: float
    mend: float

    def verdict(self, value: float) -> Verdict:
        """Judge a number; one that could not be measured is to be minded."""
        if value <= self.mind:
            return "good"
        return "mend" if value > self.mend else "mind"


RATE_OFF = Limit(0.02, 0.03)
"""Share of the nominal rate. The PLL is within 1 % (PS 7.15), Linux takes 2 % for usual, and beyond 3 % no sample time
is believed."""

NOISE = Limit(2.0, 5.0)
"""Times the typical noise. The data sheet gives no maximum; these are chosen, not measured on boards."""

GYR_DENSITY_DPS, ACC_DENSITY_MG = 0.005, 0.4
"""Typical noise per root of Hz (PS 6.1, 6.2)."""

STILL_DPS, STILL_MG = 1.0, 30.0
"""Rms above which it is taken for movement, so that noise and gravity cannot be told: chosen, at least ten times the
typical noise of either at 44 Hz."""

ACC_SCALE, ACC_OFFSET_G = 0.03, np.array([0.050, 0.050, 0.080])
"""Tolerance of the accelerometer's scale, and of its zero on x, y and z (PS 6.2)."""

TEMPERATURE_C = (-10.0, 60.0)
"""Where people train, with room for a warm board; the data sheet covers -40 to 85 deg C (PS 6.1)."""

DROPPED = Limit(0.0, 0.01)
"""Share of the samples. None are lost where all is well; from where on it matters is chosen."""

FREE = 0.2
"""Share of each poll's time that must be left; with less the sampler itself says that it is overloaded."""

LIE_STILL = "lay the strap down, leave the table alone, and check again"
FAST = "set dtparam=i2c_arm=on,i2c_arm_baudrate=400000 in /boot/firmware/config.txt and restart"
SUPPLY = "its supply dips: look at VCC and GND, shorten the cable, and feed both boards from pin 1 (3V3)"
WIRES = "look at its wires: VCC to 3V3, GND, SDA, SCL"
POWER = "take the sensors' power off and on; if it stays so, look at the cable and its pull-ups, one board at a time"
REPLACE = "take its power off and on; if it stays so, replace the board"
