"""From the I2C bus to raw samples: the chip, and the thread that empties its FIFO."""
