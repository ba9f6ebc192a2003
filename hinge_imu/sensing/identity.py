"""Which very board it is: its name, and its factory trim, which no two are likely to share.

Both are read without waking the chip (RM-MPU-6000A rev 4.2, pages 9 and 45).
"""

from __future__ import annotations

from contextlib import closing
from typing import NamedTuple

from smbus2 import SMBus

from hinge_imu.config import SensorConfig
from hinge_imu.sensing import registers as reg
from hinge_imu.sensing.bringup import NO_NAMES, TRIM_BYTES
from hinge_imu.sensing.i2c import BusFault, Registers, open_bus


class Identity(NamedTuple):
    """WHO_AM_I, and the self-test registers 0x0D to 0x10 as they read."""

    who_am_i: int
    self_test: bytes


def identities(bus_number: int, sensors: tuple[SensorConfig, ...]) -> dict[int, Identity]:
    """Return who answers, by address; who does not is left out.

    Raises `hinge_imu.config.ConfigError` where a kernel driver holds an address.
    """
    found: dict[int, Identity] = {}
    with closing(SMBus()) as bus:
        try:
            open_bus(bus, bus_number)
        except BusFault:
            return found
        for sensor in sensors:
            registers = Registers(bus, sensor.address)
            try:
                name = registers.read(reg.WHO_AM_I)[0]
                trim = registers.read(reg.SELF_TEST_X, TRIM_BYTES)
            except BusFault:
                continue
            if name not in NO_NAMES:
                found[sensor.address] = Identity(name, trim)
    return found
