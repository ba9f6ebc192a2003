"""Chips on a bus, reached through the real smbus2, and a motion whose counts tell the time."""

from contextlib import ExitStack

import numpy as np
import pytest
from smbus2 import SMBus, i2c_msg

from hinge_imu.simulate.bus import SimulatedBus, VirtualClock
from hinge_imu.simulate.chip import Chip

MS = 1_000_000
WAKE = {0x6B: 1, 0x1A: 3, 0x19: 4, 0x23: 0x78, 0x6A: 0x40}
"""200 Hz at 44 Hz of low-pass, +-2 g and 250 deg/s, accelerometer and gyroscope into the FIFO."""


def ramp(t_ns):
    """One count a millisecond at +-2 g and 250 deg/s, on every axis."""
    counts = np.repeat(np.floor(t_ns / MS + 1e-3)[:, None], 3, axis=1)
    return counts * (2 * 9.80665 / 32768), counts * np.radians(250) / 32768, 36.53


class Wired:
    def __init__(self, chips, *, timed=False, **bus):
        self.clock = VirtualClock()
        self.chips = chips
        self.wire = SimulatedBus(chips, self.clock.now, busy=self.clock.advance if timed else None, **bus)

    def set(self, values, address=0x68):
        for register, value in values.items():
            self.bus.write_byte_data(address, register, value)

    def read(self, register, length, address=0x68):
        data = i2c_msg.read(address, length)
        self.bus.i2c_rdwr(i2c_msg.write(address, [register]), data)
        return bytes(data)

    def count(self, address=0x68):
        return int.from_bytes(self.read(0x72, 2, address), "big")

    def words(self):
        """Return the seven measurements."""
        return np.frombuffer(self.read(0x3B, 14), ">i2").astype(int)

    def frames(self):
        """Return the whole frames of six words that the FIFO holds."""
        return np.frombuffer(self.read(0x74, self.count() // 12 * 12), ">i2").reshape(-1, 6).astype(int)

    def collect(self, seconds, every_ms=20):
        """Return all frames of so many seconds."""
        return np.concatenate([self._later(every_ms) for _ in range(round(seconds * 1000 / every_ms))])

    def _later(self, ms):
        self.clock.advance(ms * MS)
        return self.frames()


@pytest.fixture
def wired():
    """Put chips on a bus: one that measures the ramp, or those that are given."""
    with ExitStack() as stack:

        def build(chip=None, *, wake=True, **bus):
            chips = chip if isinstance(chip, dict) else {0x68: chip or Chip(ramp)}
            rig = Wired(chips, **bus)
            stack.enter_context(rig.wire.installed())
            rig.bus = stack.enter_context(SMBus(1))
            for address in chips if wake else ():
                rig.set(WAKE, address)
            return rig

        yield build


@pytest.fixture(scope="session")
def ramping():
    return ramp
