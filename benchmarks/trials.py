"""Movements of a sensor with a reference for where up was: read from a file, or simulated; and what a chip spoils."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from hinge_imu.motion.orientation import STANDARD_GRAVITY
from hinge_imu.samples import Bools, Floats
from hinge_imu.simulate.lifter import Lifter
from hinge_imu.simulate.strap import timetable

SIMULATED_HZ, STILL_S = 200.0, 2.0


class Trial(NamedTuple):
    """What a sensor measured, where up was in its axes, and where that counts."""

    gyr: Floats
    acc: Floats
    up: Floats
    judged: Bools
    rate_hz: float


def up_of(quat: Floats) -> Floats:
    """Return up in sensor axes (N,3) from quaternions (N,4), w x y z, that lead to a room whose z is up."""
    return Rotation.from_quat(np.roll(quat, -1, axis=1)).inv().apply([0.0, 0.0, 1.0])


@cache
def read(source: Path | int) -> Trial:
    """Return the trial in a file, or the simulated one of a seed."""
    if isinstance(source, int):
        return simulated(source)
    with np.load(source) as file:
        known = np.isfinite(file["quat"]).all(axis=1)
        up = up_of(np.where(known[:, None], file["quat"], [1.0, 0.0, 0.0, 0.0]).astype(float))
        gyr, acc = (np.ascontiguousarray(file[name], float) for name in ("gyr", "acc"))
        return Trial(gyr, acc, up, known & file["movement"].astype(bool), float(file["rate_hz"]))


def simulated(seed: int) -> Trial:
    """Return a set of hinges as the board on the sacrum or on the upper back feels it; rates are means, as read."""
    rng = np.random.default_rng(seed)
    lifter, board = Lifter(timetable(rng, reps=12), rng), Rotation.random(rng=rng)
    t = np.arange(0, lifter.timetable.duration_s, 1 / SIMULATED_HZ)
    segment = lifter.orientation(seed % 2, t)
    turns = (segment[:-1].inv() * segment[1:]).as_rotvec() * SIMULATED_HZ
    force, _ = lifter.specific_force_and_rate(seed % 2, t)
    up = segment.inv().apply([0.0, 1.0, 0.0])
    gyr = np.concatenate([turns[:1], turns])
    return Trial(*(np.ascontiguousarray(board.apply(values)) for values in (gyr, force, up)), t > STILL_S, SIMULATED_HZ)


def degraded(trial: Trial, seed: int) -> Trial:
    """Return the trial as an MPU-6050 at +-2000 deg/s and +-16 g might have measured it.

    Noise and counts of PS-MPU-6000A rev 3.4, sections 6.1 and 6.2; a gyroscope bias that changes by up to half a deg/s
    within the trial, and wanders, while the first two still seconds have been taken off, as after a calibration.
    """
    rng, n = np.random.default_rng(seed), len(trial.gyr)
    root = np.sqrt(trial.rate_hz / 2)
    ramp = rng.uniform(-0.5, 0.5, 3) * np.linspace(0, 1, n)[:, None]
    walk = np.cumsum(rng.normal(0, 0.02 / np.sqrt(trial.rate_hz), (n, 3)), axis=0)
    gyr = np.degrees(trial.gyr) + rng.uniform(-2, 2, 3) + ramp + walk + rng.normal(0, 0.005 * root, (n, 3))
    acc = trial.acc / STANDARD_GRAVITY + rng.normal(0, 400e-6 * root, (n, 3))
    gyr, acc = (np.clip(np.rint(x * one), -32768, 32767) / one for x, one in ((gyr, 16.4), (acc, 2048.0)))
    gyr -= gyr[: round(STILL_S * trial.rate_hz)].mean(axis=0)
    return trial._replace(gyr=np.radians(gyr), acc=acc * STANDARD_GRAVITY)
