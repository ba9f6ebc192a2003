import numpy as np
import pytest

from hinge_imu.simulate.distractors import DISTRACTORS, put_down
from hinge_imu.simulate.lifter import Lifter
from hinge_imu.simulate.stage import Stage

RATE_HZ = 200.0
EVERY = {**DISTRACTORS, "put_down": put_down}


def acted(name, seed=0):
    stage = Stage(np.random.default_rng(seed), 2.0)
    EVERY[name](stage)
    lifter = Lifter(stage.script(), np.random.default_rng(seed), 0.0)
    t = np.arange(0, lifter.timetable.duration_s, 1 / RATE_HZ)
    return lifter, t, lifter.posture(t)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("seed", range(3))
def test_everybody_stands_before_and_after_it_and_it_is_noted_down(name, seed):
    lifter, t, posture = acted(name, seed)
    assert name in {each.kind for each in lifter.script.distractors}
    noted = [(each.start_s, each.stop_s) for each in lifter.script.distractors]
    still = (t < noted[0][0]) | (t > noted[-1][1] + 0.1)
    for angle in (posture.pelvis[1], posture.pelvis[2], posture.thorax[1], posture.thorax[2]):
        assert np.abs(angle[still]).max() < 6
    assert np.abs(posture.hips[still, 1] - posture.hips[0, 1]).max() < 0.02, "on stretched legs"
    assert not lifter.script.reps


@pytest.mark.parametrize("seed", range(5))
def test_who_walks_goes_up_and_down_with_each_step_by_a_few_centimetres(seed):
    lifter, t, posture = acted("walking", seed)
    [walk] = lifter.script.distractors
    going = (t > walk.stop_s - 2) & (t < walk.stop_s - 0.5)
    height = posture.hips[going, 1] - posture.hips[going, 1].mean()
    assert 0.02 < np.ptp(height) < 0.08
    steps_hz = np.count_nonzero(np.diff(np.sign(height))) / 2 / 1.5
    assert 1.2 < steps_hz < 2.8
    assert np.hypot(*(posture.hips[-1] - posture.hips[0])[[0, 2]]) > 1.0, "and gets somewhere"
    assert np.abs(posture.thorax[2]).max() < 12, "without a bend"


def test_who_sits_has_low_hips_and_a_pelvis_that_rolls_back():
    _, t, posture = acted("sitting")
    middle = np.abs(t - t[-1] / 2) < 2
    assert (posture.hips[0, 1] - posture.hips[middle, 1]).min() > 0.3
    assert posture.pelvis[2][middle].max() < -5


@pytest.mark.parametrize("seed", range(6))
def test_who_lies_is_far_from_upright(seed):
    lifter, t, _ = acted("lying", seed)
    up = lifter.orientation(1, t).apply([0.0, 1.0, 0.0])[:, 1]
    assert (np.degrees(np.arccos(up)) > 75).sum() / RATE_HZ > 4, "for seconds"


def test_a_squat_sinks_further_than_it_leans():
    _, _, posture = acted("squat")
    assert np.ptp(posture.hips[:, 1]) > 0.3
    assert posture.thorax[2].max() < 50


def test_a_hop_is_a_blow_from_below_and_no_bend():
    lifter, t, posture = acted("hopping")
    force, _ = lifter.specific_force_and_rate(0, t)
    assert np.linalg.norm(force, axis=1).max() > 1.6 * 9.81
    assert np.abs(posture.thorax[2]).max() < 12


def test_a_shoe_takes_longer_than_a_thing_that_is_picked_up():
    times = [sum(each.stop_s - each.start_s for each in acted(name)[0].script.distractors) for name in
             ("pick_object", "shoe_tying")]  # fmt: skip
    assert times[0] < 3.5 < times[1]
