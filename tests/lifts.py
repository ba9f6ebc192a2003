"""Reps as simulated lifters do them, and sets of them."""

from hinge_imu.simulate.performance import Manner, Rep
from hinge_imu.simulate.sets import standing_set


def hinge(depth=70.0, spine=9.0, down=1.6, up=1.2, bottom=0.4, top=0.8, **manner):
    return Rep(depth, spine, down, bottom, up, top, Manner(**manner))


def pull(up=1.4, **manner):
    return Rep(65.0, 25.0, 1.5, 1.2, up, 0.9, Manner(**{"thigh_deg": 25.0, "shank_deg": 8.0, **manner}))


def swing():
    return Rep(68.0, 18.0, 0.6, -0.1, 0.55, 0.2, Manner(thigh_deg=10.0))


def standing(*reps):
    return lambda stage: standing_set(stage, reps, 1)
