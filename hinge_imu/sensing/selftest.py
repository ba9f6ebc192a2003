"""The factory self-test: the chip pulls at its own proof masses, and must answer as it did when it was made.

Register numbers and page references: RM-MPU-6000A rev 4.2.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from smbus2 import SMBus

from hinge_imu.config import ChipConfig
from hinge_imu.samples import Floats
from hinge_imu.sensing import registers as reg
from hinge_imu.sensing import settings
from hinge_imu.sensing.i2c import BusFault, Registers
from hinge_imu.sensing.mpu6050 import Mpu6050
from hinge_imu.sensing.parts import Part, part
from hinge_imu.sensing.screen import shared

SAMPLES = 50
EVERY_S = 0.005
SETTLE_S = 0.25
"""How long the answer is given to settle, chosen with plenty of room."""


class Method(NamedTuple):
    """How one family is tested: the settings, and how far from its trim it may answer (share of it)."""

    chip: ChipConfig
    limit: float


METHODS = {
    # Pages 9 to 11; PS-MPU-6000A rev 3.4, sections 6.1 and 6.2.
    "mpu6050": Method(ChipConfig(rate_hz=200, gyr_range_dps=250, acc_range_g=8, low_pass_hz=44), 0.14),
    # As InvenSense's own drivers for Linux judge the MPU-6500.
    "mpu6500": Method(ChipConfig(rate_hz=200, gyr_range_dps=250, acc_range_g=2, low_pass_hz=44), 0.50),
}


class Bench(NamedTuple):
    """A chip at rest without (``off``) and with its self-test (``on``), both counts (N,6): accelerometer, gyroscope.

    ``trim`` (6,) is what the factory noted as the difference, in counts, 0 where it noted nothing. Of a part whose
    test is not known, ``on`` is empty.
    """

    off: Floats
    on: Floats
    trim: Floats
    method: Method

    @property
    def tested(self) -> bool:
        """Whether there is a trim for every axis to compare with."""
        return len(self.on) > 0 and bool(np.all(self.trim != 0))

    @property
    def change(self) -> Floats:
        """By which share of its trim each axis answers more (+) or less (-), (6,)."""
        response: Floats = self.on.mean(axis=0) - self.off.mean(axis=0)
        return response / self.trim - 1

    @property
    def unrest(self) -> tuple[float, float]:
        """The rms of the most restless axis, of the accelerometer in m/s^2, of the gyroscope in rad/s."""
        parts = [part for part in (self.off, self.on) if len(part)]
        acc, gyr = np.max([part.std(axis=0).reshape(2, 3).max(axis=1) for part in parts], axis=0)
        return float(acc * settings.acc_scale(self.method.chip)), float(gyr * settings.gyr_scale(self.method.chip))

    @property
    def shared(self) -> bool:
        """Whether two chips answer at this address."""
        return shared(self.off.astype(np.int16))


def bench(bus: SMBus, address: int, *, clock: Callable[[], int] = time.monotonic_ns) -> Generator[float, None, Bench]:
    """Bring a chip up and test it, lying still; yields the seconds for which it must be left alone.

    It is left awake, with its self-test off. Raises `hinge_imu.sensing.i2c.BusFault`.
    """
    registers = Registers(bus, address)
    found = part(registers.read(reg.WHO_AM_I)[0])
    method = METHODS.get(found.self_test or "", METHODS["mpu6050"])
    yield from Mpu6050(bus, address, method.chip, clock=clock, remark=lambda *_: None).start()
    off = yield from _rows(registers)
    if found.self_test is None:
        return Bench(off, off[:0], np.zeros(6), method)
    ranges = {name: settings.register_values(method.chip)[name] for name in (reg.GYRO_CONFIG, reg.ACCEL_CONFIG)}
    for name, value in ranges.items():
        registers.write(name, value | reg.SELF_TEST_AXES)
    yield SETTLE_S
    on = yield from _rows(registers)
    for name, value in ranges.items():
        registers.write(name, value)
    return Bench(off, on, trim(registers, found), method)


def trim(registers: Registers, found: Part) -> Floats:
    """Return the self-test response that the factory noted, (6,) counts at the ranges of the method; 0 where none."""
    if found.self_test == "mpu6500":
        acc, gyr = registers.read(reg.SELF_TEST_6500_ACCEL, 3), registers.read(reg.SELF_TEST_6500_GYRO, 3)
        return trim_6500(np.frombuffer(acc + gyr, np.uint8))
    return trim_6050(registers.read(reg.SELF_TEST_X, 4))


def trim_6050(noted: bytes) -> Floats:
    """Return the response (6,) from SELF_TEST_X, Y, Z and A (pages 9 to 11).

    A gyroscope's code has five bits; an accelerometer's has its upper three above them, its lower two in A.
    """
    axes = np.frombuffer(noted[:3], np.uint8).astype(int)
    acc = axes >> 5 << 2 | noted[3] >> np.array([4, 2, 0]) & 3
    gyr = axes & 0x1F
    acc_trim = 4096 * 0.34 * (0.92 / 0.34) ** ((acc - 1) / 30)
    gyr_trim = np.array([25, -25, 25]) * 131 * 1.046 ** (gyr - 1.0)
    return np.where(np.concatenate([acc, gyr]) == 0, 0.0, np.concatenate([acc_trim, gyr_trim]))


def trim_6500(codes: NDArray[np.uint8]) -> Floats:
    """Return the response (6,) from its codes (6,): 1 % more for each, from 2620 counts on.

    As the table in InvenSense's drivers for Linux has it.
    """
    return np.where(codes == 0, 0.0, 2620 * 1.01 ** (codes - 1.0))


def _rows(registers: Registers) -> Generator[float, None, Floats]:
    rows = []
    for _ in range(SAMPLES):
        yield EVERY_S
        words = np.frombuffer(registers.read(reg.ACCEL_OUT, 14), ">i2")
        if not words.any():
            raise BusFault(f"{registers.chip} measures nothing any more: its supply dips; look at VCC and GND")
        rows.append(np.delete(words, 3).astype(np.float64))
    return np.array(rows)
