"""Somebody who lays a sensor on one side after the other: lifted, turned, set down with a knock, and let lie.

The hands wander from the shortest turn and tremble; the sensor sits off the point that they turn about.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial.transform import Rotation

from hinge_imu.simulate.imu import STANDARD_GRAVITY
from hinge_imu.simulate.plan import Floats, minimum_jerk

FACES = ((0, 0, 1), (1, 0, 0), (0, 1, 0), (0, 0, -1), (-1, 0, 0), (0, -1, 0))
"""The six sides of a box, each as the direction that points up when it lies there, in box axes."""

EDGES = ((1, 1, 0), (0, 1, 1), (1, 0, 1), (1, -1, 0), (0, 1, -1), (-1, 0, 1))
"""Six more ways to lean it, half way from one side to the next."""

LIFT_M, ASIDE_M, ARM_M = 0.08, 0.05, (0.03, 0.05, 0.02)
"""How far it is lifted and carried aside, and where the sensor sits from the point that it is turned about."""

WANDER_RAD, TREMOR_M, TREMOR_HZ, KNOCK_M, KNOCK_S = 0.3, 0.3e-3, (4.0, 9.0), 0.3e-3, 0.06
"""How far a turn strays from the shortest one; amplitude and frequencies of physiological tremor, here 0.03 to 0.1 g;
and how deep and how long a table gives when it is set down. Chosen, not measured."""

STEP_S = 5e-4
"""Half width of the central differences that give rates and accelerations."""


class Hands:
    """One round of positions; every quantity can be asked for at any moment t (N,) s.

    ``ups`` (N,3) are the directions in box axes that are to point up, one position after the other, each met within
    ``rough_deg``; it lies for ``still_s``, and a turn takes ``turn_s``.
    """

    def __init__(
        self,
        ups: ArrayLike,
        rng: np.random.Generator,
        *,
        still_s: float = 4.0,
        turn_s: float = 2.0,
        rough_deg: float = 8.0,
    ) -> None:
        self._still_s, self._turn_s = still_s, turn_s
        self._lying = Rotation.concatenate([_lying(np.asarray(up, float), rng, rough_deg) for up in np.asarray(ups)])
        turns = max(1, len(self._lying) - 1)
        ways = [(before.inv() * after).as_rotvec() for before, after in pairwise(self._lying)] or [np.zeros(3)]
        self._way = np.array(ways)
        self._stray = rng.normal(0.0, WANDER_RAD / 2, (turns, 3))
        self._spots = rng.uniform(-ASIDE_M, ASIDE_M, (turns + 1, 2))
        self._tremor_hz = rng.uniform(*TREMOR_HZ, (turns, 3))
        self._tremor_at = rng.uniform(0, 2 * np.pi, (turns, 3))

    @property
    def duration_s(self) -> float:
        """From the beginning of the first position to the end of the last."""
        return len(self._lying) * self._still_s + (len(self._lying) - 1) * self._turn_s

    def specific_force_and_rate(self, t: Floats) -> tuple[Floats, Floats]:
        """Return specific force (N,3) m/s^2 and angular rate (N,3) rad/s in box axes at t (N,) s."""
        before, here, after = (self._pose(t + step) for step in (-STEP_S, 0.0, STEP_S))
        acceleration = (after[1] - 2 * here[1] + before[1]) / STEP_S**2
        force = here[0].inv().apply(acceleration + np.array([0.0, 0.0, STANDARD_GRAVITY]))
        return force, (before[0].inv() * after[0]).as_rotvec() / (2 * STEP_S)

    def _pose(self, t: Floats) -> tuple[Rotation, Floats]:
        """Return how the box is turned into the world, whose z is up, and where (N,3) m its sensor is."""
        cycle = self._still_s + self._turn_s
        turn = np.clip(t // cycle, 0, len(self._way) - 1).astype(int)
        moving_s = np.clip(t - turn * cycle - self._still_s, 0.0, self._turn_s)
        share = moving_s / self._turn_s
        way, swell = minimum_jerk(share)[:, None], np.sin(np.pi * share)[:, None] ** 2
        stray = Rotation.from_rotvec(swell * self._stray[turn])
        box = self._lying[turn] * Rotation.from_rotvec(way * self._way[turn]) * stray
        tremor = np.sin(2 * np.pi * self._tremor_hz[turn] * moving_s[:, None] + self._tremor_at[turn])
        place = TREMOR_M * swell * tremor + box.apply(ARM_M)
        place[:, :2] += self._spots[turn] + way * (self._spots[turn + 1] - self._spots[turn])
        knock = np.clip((self._turn_s - moving_s) / KNOCK_S, 0.0, 1.0)
        place[:, 2] += LIFT_M * swell[:, 0] - KNOCK_M * np.sin(np.pi * knock) ** 4
        return box, place


def _lying(up: Floats, rng: np.random.Generator, rough_deg: float) -> Rotation:
    """Return an attitude (box to world) in which ``up`` points up, about, and whichever way round."""
    tilt = Rotation.from_rotvec(np.radians(rough_deg) * rng.uniform(-1, 1, 3) / np.sqrt(3))
    upright, _ = Rotation.align_vectors([[0.0, 0.0, 1.0]], [up])
    return Rotation.from_rotvec([0.0, 0.0, rng.uniform(-np.pi, np.pi)]) * tilt * upright
