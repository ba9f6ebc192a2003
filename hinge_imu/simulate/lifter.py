"""A person hinging: feet on the ground, shanks, thighs, pelvis, a spine that bends, and two sensors on the back.

Simulated are the sagittal movement of a kinematic chain in minimum-jerk phases, reps that differ from each other, the
way hips go back so that the weight stays over the feet, postural sway in three planes, and breathing. Not simulated
are skin and strap that move over the bone, steps and turns, the bar's touch on the floor, and tremor.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.spatial.transform import Rotation

from hinge_imu.simulate.plan import Floats, RepPlan, Timetable, minimum_jerk

GRAVITY = 9.80665

SHANK_M, THIGH_M, PELVIS_M, SPINE_M = 0.43, 0.43, 0.10, 0.36
"""Segment lengths of a 1.75 m adult: shank, thigh, hip joint to sacrum, sacrum to the upper back (Winter 2009,
Biomechanics and Motor Control of Human Movement, ISBN 978-0-470-39818-0, figure 4.1)."""

BACK_M = 0.10
"""How far behind the joints the sensors sit."""

SHANK_SHARE, THIGH_SHARE = 0.04, 0.45
"""Lean of shank (forward) and thigh (backward) for each degree of pelvis inclination: shins stay near vertical."""

STEP_S = 0.002
"""Half width of the central differences that give rates and accelerations from positions."""


@dataclass(frozen=True)
class Sway:
    """Slow wandering of a standing body: amplitudes (deg) and phases of sines at a few low frequencies (Hz)."""

    frequency: Floats
    amplitude_deg: Floats
    phase: Floats

    @classmethod
    def draw(cls, rng: np.random.Generator, deg: float) -> Sway:
        """Draw one of about ``deg`` root mean square; quiet stance sways below 0.6 Hz."""
        return cls(rng.uniform(0.1, 0.6, 4), deg * rng.uniform(0.4, 1.0, 4), rng.uniform(0, 2 * np.pi, 4))

    def at(self, t: Floats) -> Floats:
        """Return the angle in deg at t (N,) s."""
        angle: Floats = self.amplitude_deg @ np.sin(2 * np.pi * self.frequency[:, None] * t + self.phase[:, None])
        return angle


class Lifter:
    """One person with one timetable; every quantity can be asked for at any moment t (N,) s."""

    def __init__(self, timetable: Timetable, rng: np.random.Generator, sway_deg: float = 0.25) -> None:
        self.timetable = timetable
        # Fore-aft lean, sideways lean and turn of the whole trunk, and breathing of the thorax alone.
        self._lean, self._side, self._turn, self._breath = (Sway.draw(rng, sway_deg) for _ in range(4))

    def progress(self, t: Floats) -> tuple[Floats, Floats, Floats]:
        """Return how deep the lifter is, 0 standing to 1 at the bottom, and that rep's depth and flexion in deg."""
        knots, levels, depths, spines = self._keyframes
        part = np.clip(np.searchsorted(knots, t, side="right") - 1, 0, len(knots) - 2)
        share = (t - knots[part]) / np.maximum(knots[part + 1] - knots[part], 1e-9)
        way = levels[part] + (levels[part + 1] - levels[part]) * minimum_jerk(share)
        return way, depths[part], spines[part]

    def inclinations(self, t: Floats) -> tuple[Floats, Floats]:
        """Return the true inclinations of pelvis and thorax in deg; the spine gives way late on the way down."""
        way, depth, spine = self.progress(t)
        thorax = way * depth + self._lean.at(t) + self._breath.at(t)
        return thorax - way**2 * spine - self._breath.at(t), thorax

    def orientation(self, sensor: int, t: Floats) -> Rotation:
        """Return the rotations from segment axes (x forward, y up, z right) to the room's."""
        lean = self.inclinations(t)[sensor]
        return Rotation.from_euler("YXZ", np.stack([self._turn.at(t), self._side.at(t), -lean], axis=1), degrees=True)

    def position(self, sensor: int, t: Floats) -> Floats:
        """Return where the sensor is (N,3) in m, in the room's axes, from the ankles."""
        pelvis_deg, _ = self.inclinations(t)
        shank, thigh = np.radians(SHANK_SHARE * pelvis_deg), np.radians(-THIGH_SHARE * pelvis_deg)
        zero = np.zeros_like(t)
        hip = np.stack(
            [
                SHANK_M * np.sin(shank) + THIGH_M * np.sin(thigh),
                SHANK_M * np.cos(shank) + THIGH_M * np.cos(thigh),
                zero,
            ],
            axis=1,
        )
        pelvis = self.orientation(0, t)
        if sensor == 0:
            return hip + pelvis.apply([-BACK_M, PELVIS_M, 0.0])
        # The spine bends half way up: its lower half goes with the pelvis, its upper half with the thorax.
        waist = hip + pelvis.apply([0.0, PELVIS_M + SPINE_M / 2, 0.0])
        return waist + self.orientation(1, t).apply([-BACK_M, SPINE_M / 2, 0.0])

    def specific_force_and_rate(self, sensor: int, t: Floats) -> tuple[Floats, Floats]:
        """Return what perfect sensors in segment axes would measure: m/s^2 (N,3) and rad/s (N,3)."""
        before, now, after = (self.position(sensor, t + step) for step in (-STEP_S, 0.0, STEP_S))
        acceleration = (after - 2 * now + before) / STEP_S**2
        force = self.orientation(sensor, t).inv().apply(acceleration + np.array([0.0, GRAVITY, 0.0]))
        turned = self.orientation(sensor, t - STEP_S).inv() * self.orientation(sensor, t + STEP_S)
        return force, turned.as_rotvec() / (2 * STEP_S)

    @cached_property
    def _keyframes(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Times, levels, and the depth and spine flexion of the rep that each belongs to."""
        rows = [(0.0, 0.0, 0.0, 0.0)]
        for onset, rep in zip(self.timetable.onsets_s, self.timetable.reps, strict=False):
            bottom = onset + rep.eccentric_s
            up = bottom + rep.bottom_pause_s
            for time, level in ((onset, 0.0), (bottom, 1.0), (up, 1.0), (up + rep.concentric_s, 0.0)):
                rows.append((time, level, rep.depth_deg, rep.spine_deg))
        end = self.timetable.duration_s
        rows += [(end, 0.0, 0.0, 0.0), (end + 1.0, 0.0, 0.0, 0.0)]
        knots, levels, depths, spines = np.array(rows).T
        return knots, levels, depths, spines


def vary(plan: RepPlan, rng: np.random.Generator) -> RepPlan:
    """Return the plan as a person would carry it out this time: a little deeper, slower, rounder, or less so."""
    return RepPlan(
        depth_deg=plan.depth_deg * rng.uniform(0.92, 1.08),
        spine_deg=plan.spine_deg + rng.uniform(-1.5, 1.5),
        eccentric_s=plan.eccentric_s * rng.uniform(0.85, 1.15),
        bottom_pause_s=plan.bottom_pause_s * rng.uniform(0.7, 1.3),
        concentric_s=plan.concentric_s * rng.uniform(0.85, 1.15),
        top_pause_s=plan.top_pause_s * rng.uniform(0.7, 1.3),
    )
