"""The commands of `hinge-imu`, a module each: words and options only; the work is done in `hinge_imu.app`."""
