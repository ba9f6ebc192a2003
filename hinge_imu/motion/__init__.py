"""From counts to angles: time, calibration, orientation, alignment, inclinations. Pure: no I/O, no clock."""
