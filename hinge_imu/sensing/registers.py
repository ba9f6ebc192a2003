"""The registers and bits of the MPU-6050 that the driver uses (RM-MPU-6000A rev 4.2, pages 6 to 8)."""

from __future__ import annotations

SELF_TEST_X = 0x0D  # five bits of gyroscope trim below three of the accelerometer's; Y and Z follow (page 9)
SELF_TEST_A = 0x10  # the accelerometer's two low bits: X 5:4, Y 3:2, Z 1:0
SELF_TEST_6500_GYRO = 0x00  # MPU-6500 and kin: one register an axis (RM-MPU-6500A rev 2.1, pages 9 and 10)
SELF_TEST_6500_ACCEL = 0x0D
SMPLRT_DIV = 0x19
CONFIG = 0x1A  # the digital low-pass in bits 2:0; bits 5:3 belong to the unused sync pin
GYRO_CONFIG = 0x1B  # self-test of X, Y, Z in bits 7:5, full scale in bits 4:3
ACCEL_CONFIG = 0x1C  # likewise
ACCEL_CONFIG_2 = 0x1D  # MPU-6500 and kin: the accelerometer's low-pass in bits 2:0; an MPU-6050 has nothing here
FIFO_EN = 0x23
INT_PIN_CFG = 0x37
INT_ENABLE = 0x38
INT_STATUS = 0x3A  # reading it clears it
ACCEL_OUT = 0x3B  # x, y, z, the thermometer, and the gyroscope's x, y, z: 14 bytes, high byte first
TEMP_OUT = 0x41
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
SELF_TEST_AXES = 0xE0  # GYRO_CONFIG, ACCEL_CONFIG
SLEEP = 0x40  # PWR_MGMT_1; set after every reset
CLOCK_PLL_X = 0x01  # PWR_MGMT_1: the gyroscope's own oscillator, 1 % against 5 % of the internal RC
