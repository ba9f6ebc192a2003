"""How far off an inclination may be while nobody has calibrated the sensor, by what the data sheet allows.

The stance is taken as upright, so what an error does there cancels. Let t be the unit vector into which up moves as the
sensor leans by an angle w. An offset b tilts up by ``t . b / g``; against the stance that is at most
``2 sin(w/2) |b| / g``. Scale and cross-axis errors E tilt it by ``t . E up``; against the stance that is at most
``sin(w)`` times the difference between the largest and the smallest eigenvalue of E's symmetric part, and its
antisymmetric part, a rotation, cancels whole.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np

from hinge_imu.motion.sixpositions import CROSS_AXIS, GRAVITY, MG, OFFSET, SCALE

LEAN = np.pi / 2
"""As deep as anyone leans with a straight back."""

DRIFT = np.array([35.0, 35.0, 60.0]) * MG / 45
"""Most that an offset moves, m/s^2 per deg C from 25 deg C: to 70 deg C by 35, 35 and 60 mg (PS-MPU-6000A rev 3.4,
6.2)."""

AWAY_C = 15.0
"""So far from 25 deg C a chip in a gym may be, in either direction, its own warmth included. Chosen."""


class Expectation(NamedTuple):
    """By how many rad an inclination may be off, with the worst of all good parts and with 19 of 20."""

    worst: float
    usual: float


def uncalibrated(lean: float = LEAN) -> Expectation:
    """Return what to expect at an inclination of ``lean`` rad, however the sensor is mounted."""
    chord, sine = 2 * np.sin(lean / 2), np.sin(lean)
    offset = np.linalg.norm(OFFSET + AWAY_C * DRIFT) / GRAVITY
    worst = chord * offset + sine * _spread()
    # Even within tolerance, a third of its square is the variance; a mounting any way round shares it among the axes.
    offset_variance = float(np.sum(OFFSET**2 + (AWAY_C * DRIFT) ** 2)) / 9 / GRAVITY**2
    # Of a random symmetric S and perpendicular unit vectors v, w: E(v.Sw)^2 = (3 tr S^2 - (tr S)^2) / 30.
    shape_variance = (3 * (SCALE**2 + CROSS_AXIS**2) - SCALE**2) / 30
    usual = 2 * np.sqrt(chord**2 * offset_variance + sine**2 * 4 * shape_variance)
    # The formulas are of first order; an error of a tenth of gravity turns up by up to a tenth more than that.
    return Expectation(float(worst / (1 - offset)), float(usual))


def _spread() -> float:
    """Return the largest difference of two eigenvalues within tolerance: convex, so a corner has it."""
    rows, columns = np.triu_indices(3)
    limits = np.where(rows == columns, SCALE, CROSS_AXIS)
    corners = np.zeros((64, 3, 3))
    corners[:, rows, columns] = limits * np.array(list(product((-1, 1), repeat=6)))
    corners[:, columns, rows] = corners[:, rows, columns]
    values = np.linalg.eigvalsh(corners)
    return float(np.max(values[:, -1] - values[:, 0]))
