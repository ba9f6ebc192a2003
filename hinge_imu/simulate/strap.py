"""A whole simulated strap: a lifter, two badly mounted boards with their errors, and the bus they hang on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from scipy.spatial.transform import Rotation

from hinge_imu.config import Config
from hinge_imu.samples import SEGMENTS
from hinge_imu.simulate.bus import SimulatedBus
from hinge_imu.simulate.chip import Chip
from hinge_imu.simulate.imu import ImuErrors, mounted
from hinge_imu.simulate.lifter import Lifter, vary
from hinge_imu.simulate.plan import RepPlan, Timetable, for_tempo

RESIDUAL = 0.1
"""What calibration is taken to have left of the data sheet's worst errors."""

TYPICAL: dict[str, tuple[float, float]] = {
    "auto": (72.0, 9.0),
    "hinge": (72.0, 9.0),
    "rdl": (68.0, 8.0),
    "good_morning": (68.0, 9.0),
    "single_leg": (70.0, 8.0),
    "wall": (60.0, 7.0),
    "dowel": (65.0, 5.0),
    "kneeling": (55.0, 7.0),
    "toe_touch": (105.0, 45.0),
}
"""How far the thorax leans and the spine flexes in each exercise, in degrees, when it is done well."""

ROUNDED_DEG = 34.0
"""Spine flexion of a rep that shows the fault of rounding."""

TEMPO = (2.2, 0.5, 1.2, 1.0)
"""Eccentric, bottom pause, concentric and top pause of an unhurried rep, in s."""


def timetable(
    rng: np.random.Generator,
    exercise: str = "hinge",
    reps: int = 8,
    tempo: tuple[float, float, float, float] = TEMPO,
    *,
    rounded: bool = False,
) -> Timetable:
    """Draw a set of so many reps; with ``rounded``, every other rep rounds the back."""
    depth, spine = TYPICAL[exercise]
    plans: list[RepPlan] = []
    for number in range(reps):
        flexion = ROUNDED_DEG if rounded and number % 2 else spine
        plans.append(vary(for_tempo(depth, flexion, tempo), rng))
    return Timetable(tuple(plans))


def fitting(rng: np.random.Generator, seconds: float) -> Timetable:
    """Draw as many reps as fit into ``seconds``, some of them rounded, with the end of the last one inside."""
    plans: list[RepPlan] = []
    while True:
        flexion = ROUNDED_DEG if len(plans) % 4 == 2 else TYPICAL["hinge"][1]
        plan = vary(for_tempo(TYPICAL["hinge"][0], flexion, TEMPO), rng)
        drawn = Timetable((*plans, plan))
        if drawn.duration_s > seconds:
            return Timetable(tuple(plans))
        plans.append(plan)


def strap(
    lifter: Lifter,
    config: Config,
    rng: np.random.Generator,
    clock: Callable[[], int],
    *,
    busy: Callable[[int], object] | None = None,
    hz: float = 400_000,
) -> SimulatedBus:
    """Put the configured chips on the lifter's back, each turned its own way, and all on one bus; it is time 0 now."""
    now = clock()
    chips: dict[int, Chip] = {}
    for sensor in config.sensors:
        motion = partial(lifter.specific_force_and_rate, SEGMENTS.index(sensor.segment))
        source = mounted(motion, Rotation.random(rng=rng).as_matrix(), start_ns=now)
        errors = ImuErrors.draw(rng, RESIDUAL)
        chips[sensor.address] = Chip(source, errors, seed=int(rng.integers(1 << 31)))
        chips[sensor.address].power_on(now)
    return SimulatedBus(chips, clock, busy=busy, hz=hz)
