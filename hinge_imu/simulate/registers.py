"""The registers and bits of the simulated chips (RM-MPU-6000A rev 4.2, pages 6 to 8).

Written down here once more, and not shared with the driver, so that a slip in one of the two shows.
"""

from __future__ import annotations

SMPLRT_DIV, CONFIG, GYRO_CONFIG, ACCEL_CONFIG = 0x19, 0x1A, 0x1B, 0x1C
ACCEL_CONFIG_2 = 0x1D  # of the MPU-6500 family only
FIFO_EN, INT_PIN_CFG, INT_ENABLE, INT_STATUS = 0x23, 0x37, 0x38, 0x3A
SIGNAL_PATH_RESET, USER_CTRL, PWR_MGMT_1, PWR_MGMT_2 = 0x68, 0x6A, 0x6B, 0x6C
FIFO_COUNT_H, FIFO_COUNT_L, FIFO_R_W, WHO_AM_I = 0x72, 0x73, 0x74, 0x75
MEASUREMENTS = slice(0x3B, 0x49)
OFFSETS = {*range(0x06, 0x0C), *range(0x13, 0x19)}

DATA_READY, OVERFLOWED = 0x01, 0x10  # INT_STATUS
CLEAR_ON_ANY_READ = 0x10  # INT_PIN_CFG
FIFO_MODE = 0x40  # CONFIG, of the MPU-6500 family: a full FIFO takes no more, instead of losing the oldest
FIFO_ON, FIFO_RESET = 0x40, 0x04  # USER_CTRL
DEVICE_RESET, SLEEP = 0x80, 0x40  # PWR_MGMT_1
