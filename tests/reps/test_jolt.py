"""Whether a load was let go from lockout: judged on what perfect boards would see of simulated lifters."""

import numpy as np
import pytest

from hinge_imu.reps.jolt import jolt
from hinge_imu.reps.track import Trace
from hinge_imu.simulate.distractors import walk
from hinge_imu.simulate.performance import Manner, Rep
from hinge_imu.simulate.sets import floor_set

SEEDS = range(4)
RATE_HZ = 100.0


def pull():
    return Rep(65.0, 25.0, 1.5, 1.2, 1.4, 0.9, Manner(thigh_deg=25.0, shank_deg=8.0))


def standing(heave, rate_hz=RATE_HZ):
    """Stand for two seconds, the pelvis going up and down as told."""
    t = np.arange(0.0, 2.0, 1 / rate_hz)
    rows = np.zeros((11, len(t)))
    rows[0], rows[5] = t, heave(t)
    rows[9] = rows[5]
    return Trace(rows)


def spring(t, size=4.0, hz=5.0, damping=0.4):
    """The acceleration of a mass on a spring that loses a load after a second, worked out step by step."""
    way = speed = 0.0
    felt = []
    for at in t:
        force = size * (at >= 1.0) - 2 * damping * 2 * np.pi * hz * speed - (2 * np.pi * hz) ** 2 * way
        felt.append(force)
        speed += force * (t[1] - t[0])
        way += speed * (t[1] - t[0])
    return np.array(felt)


def after(lifter_bends):
    return [bend.jolt_m_s2 for bend in lifter_bends if bend is not None]


@pytest.mark.parametrize("rate_hz", [50.0, 100.0, 1000.0])
def test_a_spring_that_loses_its_load_jolts_by_what_the_load_weighed(rate_hz):
    assert jolt(standing(spring, rate_hz)) == pytest.approx(4.0, rel=0.25)


@pytest.mark.parametrize("heave", [lambda t: 0.0 * t, lambda t: 2.0 * np.sin(2 * np.pi * 1.8 * t)])
def test_neither_standing_still_nor_bobbing_is_a_jolt(heave):
    assert jolt(standing(heave)) == pytest.approx(0.0, abs=0.01)


def test_what_goes_aside_as_well_is_a_step():
    stepping = standing(spring)
    stepping.rows[8] = 1.5 * spring(stepping.t)
    assert jolt(stepping) == 0.0


def test_who_moves_on_at_once_or_was_not_seen_shows_nothing():
    assert jolt(standing(spring).part(0, 60)) is None
    assert jolt(standing(lambda t: np.where(t < 0.5, np.nan, 0.0))) is None
    assert jolt(Trace(np.empty((11, 0)))) is None


@pytest.mark.parametrize("seed", SEEDS)
def test_a_bar_that_is_dropped_jolts_and_one_that_is_lowered_does_not_though_one_steps_back(staged, bends_of, seed):
    def ended(how):
        def scene(stage):
            floor_set(stage, [pull(), pull()], 1, how)
            walk(stage, 2, about=False)

        return after(bends_of(staged(scene, seed=seed)))

    *lowered, dropped = ended("dropped")
    assert dropped > 0.3
    assert max(lowered) == 0.0
    assert max(ended("lowered")) == 0.0
