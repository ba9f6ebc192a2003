"""In what the parts sold as MPU-6050s differ, and how each answers its factory self-test.

Written down here once more, and not shared with the driver, so that a slip in one of the two shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from hinge_imu.samples import Floats
from hinge_imu.simulate.imu import STANDARD_GRAVITY

SELF_TEST_X = 0x0D
GYRO_SELF_TEST_X = 0x00  # of the MPU-6500 and its relatives only


class Part(NamedTuple):
    """``zero_degc`` is where the thermometer counts nothing, ``self_test`` the family of the factory trim."""

    fifo_bytes: int
    counts_per_degc: float
    zero_degc: float
    own_acc_low_pass: bool
    self_test: Literal["mpu6050", "mpu6500"] | None


MPU6050 = Part(1024, 340.0, 36.53, own_acc_low_pass=False, self_test="mpu6050")  # RM-MPU-6000A rev 4.2, 4.18
MPU6500 = Part(512, 333.87, 21.0, own_acc_low_pass=True, self_test="mpu6500")  # PS-MPU-6500A rev 1.3
UNKNOWN = MPU6500._replace(self_test=None)

PARTS = {
    0x68: MPU6050,
    **dict.fromkeys((0x70, 0x71, 0x73, 0x74), MPU6500),  # MPU-6500, 9250, 9255, 6515
    0x78: UNKNOWN._replace(fifo_bytes=4096),  # MPU-6880
    0x98: UNKNOWN._replace(counts_per_degc=326.8, zero_degc=25.0),  # ICM-20689
}
"""By WHO_AM_I; what is not listed is taken for a relative of the MPU-6500 without a factory trim."""


def part(who_am_i: int) -> Part:
    """Return what stands behind this name."""
    return PARTS.get(who_am_i, UNKNOWN)


def draw_trim(part: Part, rng: np.random.Generator) -> tuple[int, ...]:
    """Draw the factory's codes of acceleration x y z and rate x y z; all 0 where the part has none."""
    if part.self_test is None:
        return (0,) * 6
    low, high = (1, 31) if part.self_test == "mpu6050" else (60, 160)
    return tuple(int(code) for code in rng.integers(low, high, 6, endpoint=True))


def trim_registers(part: Part, trim: Sequence[int]) -> dict[int, int]:
    """Return the registers that hold the codes (RM-MPU-6000A rev 4.2, page 9; RM-MPU-6500A rev 2.1, 4.1 and 4.4)."""
    acc, gyr = trim[:3], trim[3:]
    if part.self_test == "mpu6050":
        high = {SELF_TEST_X + axis: (acc[axis] >> 2) << 5 | gyr[axis] for axis in range(3)}
        return high | {SELF_TEST_X + 3: (acc[0] & 3) << 4 | (acc[1] & 3) << 2 | acc[2] & 3}
    return {
        start + axis: code[axis] for start, code in ((SELF_TEST_X, acc), (GYRO_SELF_TEST_X, gyr)) for axis in range(3)
    }


def self_test_response(part: Part, trim: Sequence[int]) -> tuple[Floats, Floats]:
    """Return by how much the factory saw each axis move: m/s^2 (3,) and rad/s (3,).

    The MPU-6050's is given at +-8 g and +-250 deg/s (RM-MPU-6000A rev 4.2, pages 10 and 11), that of the MPU-6500
    family at +-2 g and +-250 deg/s (AN-MPU-9250A-03, section 5).
    """
    codes = np.asarray(trim, float)
    steps = codes - 1
    if part.self_test == "mpu6050":
        acc_g = 0.34 * (0.92 / 0.34) ** (steps[:3] / 30)
        gyr_counts = 25 * 131 * 1.046 ** steps[3:] * np.array([1, -1, 1])
    else:
        acc_g = 2620 * 1.01 ** steps[:3] / 16384
        gyr_counts = 2620 * 1.01 ** steps[3:]
    gyr_dps = gyr_counts * (250 / 32768)
    return (codes[:3] > 0) * acc_g * STANDARD_GRAVITY, (codes[3:] > 0) * np.radians(gyr_dps)
