"""A person who lifts: feet on the ground, shanks, thighs, pelvis, a spine that bends, and two sensors on the back.

Simulated is a kinematic chain that follows a script, with postural sway in three planes and breathing. Not simulated
are skin and strap that move over the bone, and tremor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.spatial.transform import Rotation

from hinge_imu.simulate.plan import Floats, RepPlan, Timetable
from hinge_imu.simulate.script import ChannelName, Script, written

GRAVITY = 9.80665

STEP_S = 0.002
"""Half width of the central differences that give rates and accelerations from positions."""


@dataclass(frozen=True)
class Body:
    """Segment lengths in m of one person: shank, thigh, hip joint to sacrum, sacrum to the upper back.

    As they stand, those of a 1.75 m adult (Winter 2009, Biomechanics and Motor Control of Human Movement, ISBN
    978-0-470-39818-0, figure 4.1). ``back_m`` is how far behind the joints the sensors sit. ``shank_share`` and
    ``thigh_share`` are the lean of shank (forward) and thigh (backward) for each degree of pelvis inclination, which
    keep the weight over the feet: shins stay near vertical.
    """

    shank_m: float = 0.43
    thigh_m: float = 0.43
    pelvis_m: float = 0.10
    spine_m: float = 0.36
    back_m: float = 0.10
    shank_share: float = 0.04
    thigh_share: float = 0.45


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


@dataclass(frozen=True)
class Posture:
    """How the body is held: angles in deg (N,), hip joints (N,3) m in the room's axes.

    Pelvis and thorax have their turn to the left, their lean to the right and their inclination forward, applied in
    this order; ``thigh`` is how far the thighs lean backward.
    """

    pelvis: tuple[Floats, Floats, Floats]
    thorax: tuple[Floats, Floats, Floats]
    hips: Floats
    thigh: Floats

    def turned(self, sensor: int) -> Rotation:
        """Return the rotations of a sensor's segment from its own axes to the room's."""
        return self._thorax_turned if sensor else self._pelvis_turned

    @cached_property
    def _pelvis_turned(self) -> Rotation:
        return _rotation(*self.pelvis)

    @cached_property
    def _thorax_turned(self) -> Rotation:
        return _rotation(*self.thorax)


class Lifter:
    """One person with one script, or a timetable of plain reps; every quantity can be asked for at any moment t (N,) s.

    Moments must rise. The inclination of a segment is the contract's: the angle in its sagittal plane, however far it
    leans to the side or turns.
    """

    def __init__(
        self,
        timetable: Timetable | Script,
        rng: np.random.Generator,
        sway_deg: float = 0.25,
        body: Body | None = None,
    ) -> None:
        self.timetable = timetable
        self.script = timetable if isinstance(timetable, Script) else written(timetable)
        self.body = body or Body()
        # Fore-aft lean, sideways lean and turn of the whole trunk, and breathing of the thorax alone.
        self._lean, self._side, self._turn, self._breath = (Sway.draw(rng, sway_deg) for _ in range(4))

    def inclinations(self, t: Floats) -> tuple[Floats, Floats]:
        """Return the true inclinations of pelvis and thorax in deg."""
        posture = self.posture(t)
        return posture.pelvis[2], posture.thorax[2]

    def orientation(self, sensor: int, t: Floats) -> Rotation:
        """Return the rotations from segment axes (x forward, y up, z right) to the room's."""
        return self.posture(t).turned(sensor)

    def position(self, sensor: int, t: Floats) -> Floats:
        """Return where the sensor is (N,3) in m, in the room's axes, from the ankles' place in the stance."""
        return self._position(sensor, self.posture(t))

    def specific_force_and_rate(self, sensor: int, t: Floats) -> tuple[Floats, Floats]:
        """Return what perfect sensors in segment axes would measure: m/s^2 (N,3) and rad/s (N,3)."""
        before, now, after = (self.posture(t + step) for step in (-STEP_S, 0.0, STEP_S))
        way_in, way_out = (self._position(sensor, now) - self._position(sensor, other) for other in (before, after))
        felt = np.array([0.0, GRAVITY, 0.0]) - (way_in + way_out) / STEP_S**2
        turning = before.turned(sensor).inv() * after.turned(sensor)
        return now.turned(sensor).inv().apply(felt), turning.as_rotvec() / (2 * STEP_S)

    def trunk(self, t: Floats, at: Mapping[ChannelName, Floats]) -> tuple[Floats, Floats]:
        """Return the inclinations of pelvis and thorax in deg at t (N,) s, where the script's channels are ``at``."""
        thorax = at["lean"] + self._lean.at(t) + self._breath.at(t)
        return thorax - at["spine"] - self._breath.at(t), thorax

    def posture(self, t: Floats) -> Posture:
        """Return how the body is held at t (N,) s."""
        at = self.script.at(t)
        pelvis, thorax = self.trunk(t, at)
        side, turn = at["side"] + self._side.at(t), at["turn"] + self._turn.at(t)
        shank = np.radians(at["shank"] + self.body.shank_share * pelvis)
        thigh = np.radians(at["thigh"] + self.body.thigh_share * pelvis)
        forward = self.body.shank_m * np.sin(shank) - self.body.thigh_m * np.sin(thigh)
        up = self.body.shank_m * np.cos(shank) + self.body.thigh_m * np.cos(thigh)
        heading = np.radians(turn)
        hips = np.stack(
            [at["x"] + forward * np.cos(heading), at["y"] + up, at["z"] - forward * np.sin(heading)], axis=1
        )
        return Posture((turn, side, pelvis), (turn + at["twist"], side + at["bend"], thorax), hips, np.degrees(thigh))

    def _position(self, sensor: int, posture: Posture) -> Floats:
        body, pelvis = self.body, posture.turned(0)
        if sensor == 0:
            return posture.hips + pelvis.apply([-body.back_m, body.pelvis_m, 0.0])
        # The spine bends half way up: its lower half goes with the pelvis, its upper half with the thorax.
        waist = posture.hips + pelvis.apply([0.0, body.pelvis_m + body.spine_m / 2, 0.0])
        return waist + posture.turned(1).apply([-body.back_m, body.spine_m / 2, 0.0])


def _rotation(turn: Floats, side: Floats, inclination: Floats) -> Rotation:
    return Rotation.from_euler("YXZ", np.stack([turn, side, -inclination], axis=1), degrees=True)


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
