"""Movements of one sensor, worked out with scipy's rotations."""

from typing import NamedTuple

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from hinge_imu.samples import Floats

GRAVITY = 9.81


class Movement(NamedTuple):
    """t (N,) s, inclination (N,) rad; in sensor axes unit up, mean rate since the sample before, specific force."""

    t: Floats
    angle: Floats
    up: Floats
    gyr: Floats
    acc: Floats


@pytest.fixture(scope="session")
def bowing():
    """bowing(times, degrees): from posture to posture at these times, mounted any way round, shaken where wanted."""

    def move(times, degrees, *, board=None, rate_hz=100.0, shaken=None):
        board = board or Rotation.identity()
        t = np.arange(0, times[-1], 1 / rate_hz)
        part = np.clip(np.searchsorted(times, t, side="right") - 1, 0, len(times) - 2)
        share = (t - np.take(times, part)) / np.take(np.diff(times), part)
        way = np.take(degrees, part) + np.take(np.diff(degrees), part) * (1 - np.cos(np.pi * share)) / 2
        angle = np.radians(way)
        turned = Rotation.from_rotvec(angle[:, None] * [0.0, 0.0, -1.0])
        step = (turned[:-1].inv() * turned[1:]).as_rotvec() * rate_hz
        gyr = board.apply(np.concatenate([np.zeros((1, 3)), step]))
        force = np.tile([0.0, GRAVITY, 0.0], (len(t), 1)) + (0.0 if shaken is None else shaken(t))
        acc = board.apply(turned.inv().apply(force))
        up = board.apply(turned.inv().apply([0.0, 1.0, 0.0]))
        return Movement(t, angle, up, gyr, acc)

    return move


@pytest.fixture(scope="session")
def apart():
    """Return the angles (N,) in degrees between unit vectors (N,3)."""

    def angle(a, b):
        return np.degrees(2 * np.arcsin(np.clip(np.linalg.norm(a - b, axis=1) / 2, 0, 1)))

    return angle
