"""What stands on boards sold as MPU-6050s, and in what those parts differ from one.

Names and numbers: Linux drivers/iio/imu/inv_mpu6050/inv_mpu_core.c, RM-MPU-6000A rev 4.2 and RM-MPU-6500A rev 2.1.
"""

from __future__ import annotations

from typing import Literal, NamedTuple


class Part(NamedTuple):
    """One kind of chip: its name, whether that is what was bought, and what the driver must know of it.

    ``fifo_bytes`` is how much its FIFO holds at least, ``own_acc_low_pass`` whether the accelerometer's low-pass has
    a register of its own (0x1D), ``counts_per_degc`` and ``zero_degc`` its thermometer, ``self_test`` the formula of
    its factory trim, None where there is none to rely on.
    """

    name: str
    genuine: bool
    fifo_bytes: int
    own_acc_low_pass: bool
    counts_per_degc: float
    zero_degc: float
    self_test: Literal["mpu6050", "mpu6500"] | None


MPU6050 = Part(
    name="MPU-6050",
    genuine=True,
    fifo_bytes=1024,
    own_acc_low_pass=False,
    counts_per_degc=340.0,
    zero_degc=36.53,
    self_test="mpu6050",
)
MPU6500 = Part(
    name="MPU-6500",
    genuine=False,
    fifo_bytes=512,
    own_acc_low_pass=True,
    counts_per_degc=333.87,
    zero_degc=21.0,
    self_test="mpu6500",
)

PARTS: dict[int, Part] = {
    0x68: MPU6050,
    0x70: MPU6500,
    0x71: MPU6500._replace(name="MPU-9250"),
    0x73: MPU6500._replace(name="MPU-9255"),
    0x74: MPU6500._replace(name="MPU-6515"),
    # A later relative whose self-test is not published.
    0x78: MPU6500._replace(name="MPU-6880", fifo_bytes=4096, self_test=None),
    # Boards with this name were sold as MPU-6050s in thousands; how much of an ICM-20689 they are is not known.
    0x98: MPU6500._replace(name="ICM-20689", counts_per_degc=326.8, zero_degc=25.0, self_test=None),
}
"""By WHO_AM_I."""


def part(who_am_i: int) -> Part:
    """Return what is known of the part with this name; an unknown one is taken for the least of the relatives."""
    unknown = MPU6500._replace(name=f"unknown part {who_am_i:#04x}", self_test=None)
    return PARTS.get(who_am_i, unknown)


def in_mpu6050_counts(part: Part, temperature: int) -> int:
    """Return what an MPU-6050 would count at the temperature for which ``part`` counts this much."""
    if part.genuine:
        return temperature
    celsius = temperature / part.counts_per_degc + part.zero_degc
    return max(-32768, min(32767, round((celsius - MPU6050.zero_degc) * MPU6050.counts_per_degc)))


def introduction(who_am_i: int) -> str:
    """Return what to say of a part that is not what was bought."""
    found = part(who_am_i)
    how = "it works" if found.self_test else "little is known of it, and it is run with care"
    return (
        f"says {who_am_i:#04x} for its name: {found.name}, and no {MPU6050.name}; {how}, "
        f"with {found.fifo_bytes} bytes of FIFO and another thermometer"
    )
