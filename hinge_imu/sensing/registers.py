"""The registers and bits of the MPU-6050 that the driver uses (RM-MPU-6000A rev 4.2, pages 6 to 8)."""

from __future__ import annotations

SMPLRT_DIV = 0x19
CONFIG = 0x1A  # the digital low-pass in bits 2:0; bits 5:3 belong to the unused sync pin
GYRO_CONFIG = 0x1B  # full scale in bits 4:3
ACCEL_CONFIG = 0x1C  # full scale in bits 4:3
FIFO_EN = 0x23
INT_PIN_CFG = 0x37
INT_ENABLE = 0x38
INT_STATUS = 0x3A  # reading it clears it
TEMP_OUT = 0x41  # two bytes, high byte first, as all measurements
SIGNAL_PATH_RESET = 0x68
USER_CTRL = 0x6A
PWR_MGMT_1 = 0x6B
PWR_MGMT_2 = 0x6C
FIFO_COUNT = 0x72  # two bytes; reading the first latches both (page 43)
FIFO_R_W = 0x74  # a burst stays here and empties the FIFO (page 44)
WHO_AM_I = 0x75

FIFO_GYRO_AND_ACCEL = 0x78  # FIFO_EN: accelerometer x y z, then gyroscope x y z
FIFO_OFLOW = 0x10  # INT_STATUS
ALL_PATHS = 0x07  # SIGNAL_PATH_RESET: gyroscope, accelerometer, thermometer
USER_FIFO_EN = 0x40  # USER_CTRL
USER_FIFO_RESET = 0x04  # USER_CTRL; acts only while USER_FIFO_EN is off, and clears itself
DEVICE_RESET = 0x80  # PWR_MGMT_1; clears itself
SLEEP = 0x40  # PWR_MGMT_1; set after every reset
CLOCK_PLL_X = 0x01  # PWR_MGMT_1: the gyroscope's own oscillator, 1 % against 5 % of the internal RC
