"""From human units to register values, and back to what the counts mean."""

from __future__ import annotations

import math
from typing import NamedTuple

from hinge_imu.config import ChipConfig, ConfigError
from hinge_imu.sensing import registers as reg

STANDARD_GRAVITY = 9.80665
FULL_SCALE = 32768
GYR_RANGES_DPS = (250, 500, 1000, 2000)
ACC_RANGES_G = (2, 4, 8, 16)


class LowPass(NamedTuple):
    """One row of the low-pass table: DLPF_CFG, the rate before the divider (Hz), the gyroscope's delay (s)."""

    code: int
    internal_hz: int
    delay_s: float


LOW_PASS: dict[int, LowPass] = {
    260: LowPass(0, 8000, 0.98e-3),
    184: LowPass(1, 1000, 1.9e-3),
    94: LowPass(2, 1000, 2.8e-3),
    44: LowPass(3, 1000, 4.8e-3),
    21: LowPass(4, 1000, 8.3e-3),
    10: LowPass(5, 1000, 13.4e-3),
    5: LowPass(6, 1000, 18.6e-3),
}
"""By accelerometer bandwidth in Hz (RM-MPU-6000A rev 4.2, page 13)."""


def rate_hz(chip: ChipConfig) -> float:
    """Return the rate that the chip really takes for the one that was asked for: its divider is a whole number."""
    return LOW_PASS[chip.low_pass_hz].internal_hz / (1 + _divider(chip))


def delay_s(chip: ChipConfig) -> float:
    """Return by how many seconds the low-pass delays the samples.

    It is the gyroscope's delay, because angles are integrated from it; the accelerometer's differs by 0.4 ms at
    most (1 ms without a low-pass).
    """
    return LOW_PASS[chip.low_pass_hz].delay_s


def acc_scale(chip: ChipConfig) -> float:
    """Return m/s^2 per count (PS-MPU-6000A rev 3.4, section 6.2)."""
    return chip.acc_range_g * STANDARD_GRAVITY / FULL_SCALE


def gyr_scale(chip: ChipConfig) -> float:
    """Return rad/s per count (PS-MPU-6000A rev 3.4, section 6.1)."""
    return math.radians(chip.gyr_range_dps) / FULL_SCALE


def register_values(chip: ChipConfig, *, own_acc_low_pass: bool = False) -> dict[int, int]:
    """Return what to write into an awake chip, in order: all axes on, low-pass, rate, ranges, no interrupt pin.

    With ``own_acc_low_pass`` the accelerometer's low-pass is set, too, to the bandwidth nearest to the gyroscope's.

    Raises
    ------
    ConfigError
        Rate and low-pass do not go together.
    """
    code = LOW_PASS[chip.low_pass_hz].code
    return {
        reg.PWR_MGMT_2: 0,
        reg.CONFIG: code,
        reg.SMPLRT_DIV: _divider(chip),
        reg.GYRO_CONFIG: GYR_RANGES_DPS.index(chip.gyr_range_dps) << 3,
        reg.ACCEL_CONFIG: ACC_RANGES_G.index(chip.acc_range_g) << 3,
        **({reg.ACCEL_CONFIG_2: code} if own_acc_low_pass else {}),
        reg.INT_PIN_CFG: 0,
        reg.INT_ENABLE: 0,
    }


def _divider(chip: ChipConfig) -> int:
    internal = LOW_PASS[chip.low_pass_hz].internal_hz
    divider = round(internal / chip.rate_hz) - 1
    if divider > 255:
        raise ConfigError(
            f"[chip] rate_hz = {chip.rate_hz:g} with low_pass_hz = {chip.low_pass_hz}: the chip goes no slower "
            f"than {internal / 256:.4g} Hz there; raise rate_hz, or set low_pass_hz = 184 or less"
        )
    return divider
