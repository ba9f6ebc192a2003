"""From counts to angles: time, calibration, orientation, alignment, inclinations. Pure: no I/O, no clock."""

import hinge_imu.scipy_lightly  # noqa: F401 - before anything in here imports scipy.signal
