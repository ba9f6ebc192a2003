"""What to expect of sensors that nobody has calibrated, in words."""

from __future__ import annotations

import numpy as np

from hinge_imu.config import Calibration, Config
from hinge_imu.motion.expectation import LEAN, uncalibrated


def expectation(config: Config) -> str | None:
    """Return the sentence for the sensors without a calibration, None where each has one."""
    plain = Calibration()
    bare = [
        sensor.segment
        for sensor in config.sensors
        if sensor.calibration in {plain, _gyroscope_only(sensor.calibration)}
    ]
    if not bare:
        return None
    worst, usual = (int(np.ceil(np.degrees(angle))) for angle in uncalibrated())
    who = " and ".join(bare)
    return (
        f"note: {who} not calibrated: at a lean of {np.degrees(LEAN):.0f} degrees inclination may be off by up to "
        f"{usual} degrees, with one board in 20 by up to {worst}; `hinge-imu calibrate sensor` mends it"
    )


def _gyroscope_only(calibration: Calibration) -> Calibration:
    """Return the same without anything for the accelerometer."""
    return Calibration(gyr_bias=calibration.gyr_bias, made_utc=calibration.made_utc)
