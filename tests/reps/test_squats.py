"""Which bends are squats, and which are hinges that went wrong: on what perfect boards would see."""

import pytest
from lifts import hinge, pull, standing

from hinge_imu.profiles import built_in
from hinge_imu.reps.judge import judge
from hinge_imu.reps.verdicts import Context
from hinge_imu.simulate.performance import Manner, Rep
from hinge_imu.simulate.sets import floor_set

SEEDS = range(3)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("others", [0, 4])
def test_whoever_sinks_between_the_knees_has_squatted(judged, seed, others):
    deep = hinge(40.0, 8.0, thigh_deg=80.0, shank_deg=25.0)
    assert judged(standing(deep, *[hinge() for _ in range(others)]), seed=seed)[0] == "squat"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_squat_among_hinges_is_a_hinge_that_went_wrong_and_two_are_squats(judged, seed):
    deep = hinge(40.0, 8.0, thigh_deg=80.0, shank_deg=25.0)
    assert judged(standing(hinge(), deep, hinge(), hinge()), seed=seed) == ["rep"] * 4
    assert judged(standing(hinge(), hinge(), deep, deep), seed=seed)[2:] == ["squat"] * 2


def test_low_hips_belong_to_a_lift_from_the_floor(judged):
    low = [hinge(60.0, 20.0, thigh_deg=45.0, shank_deg=15.0) for _ in range(4)]
    assert judged(standing(*low), exercise="kettlebell_deadlift")[:-1] == ["rep"] * 3


@pytest.mark.parametrize("seed", SEEDS)
def test_squats_after_a_lift_with_low_hips_are_squats_and_a_lift_that_sinks_now_and_then_is_one(judged, seed):
    deep, pulls = hinge(40.0, 8.0, thigh_deg=60.0, shank_deg=20.0), [pull(), pull(), pull()]
    done = judged(lambda stage: floor_set(stage, pulls, 1), standing(deep, deep), exercise="deadlift", seed=seed)
    assert done == [*["rep"] * 3, "unloaded", "squat", "squat"]
    sunk = Rep(45.0, 15.0, 1.5, 1.2, 1.4, 0.9, Manner(thigh_deg=50.0, shank_deg=20.0))
    mixed = judged(lambda stage: floor_set(stage, [pull(), sunk, pull(), sunk], 1), exercise="deadlift", seed=seed)
    assert mixed[:4] == ["rep"] * 4


@pytest.mark.parametrize("seed", SEEDS)
def test_whoever_grips_nothing_before_squatting_has_lifted_nothing(judged, seed):
    legs = {"thigh_deg": 55.0, "shank_deg": 20.0}
    squats, pulls = [hinge(42.0, 8.0, **legs)] * 3, [hinge(42.0, 8.0, bottom=2.0, **legs)] * 3
    assert judged(standing(*squats), exercise="deadlift", seed=seed) == ["squat"] * 3
    assert judged(standing(*pulls), exercise="deadlift", seed=seed)[:2] == ["rep"] * 2


@pytest.mark.parametrize("seed", SEEDS)
def test_on_ones_knees_nobody_sinks_so_half_a_squat_is_one(judged, seed):
    half = hinge(43.0, 14.0, thigh_deg=52.0, shank_deg=20.0)
    done = standing(hinge(), hinge(), hinge(), half, half)
    assert judged(done, exercise="kneeling", seed=seed) == [*["rep"] * 3, "squat", "squat"]
    assert judged(done, seed=seed) == ["rep"] * 5, "a hinge may be done so, badly"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_squat_that_leans_further_is_one_among_squats(judged, seed):
    deep, leaning = ({"spine": 3.0, "thigh_deg": 80.0, "shank_deg": 25.0, "depth": depth} for depth in (42.0, 49.0))
    assert judged(standing(hinge(**deep), hinge(**leaning), hinge(**deep)), seed=seed) == ["squat"] * 3
    assert judged(standing(hinge(), hinge(**leaning), hinge()), seed=seed) == ["rep"] * 3


def test_who_sinks_in_every_other_pull_stands_up_from_there_as_well(staged, bends_of):
    """The pelvis, which the load had tilted, is level then."""
    low = Rep(47.0, 15.0, 1.5, 3.5, 1.6, 0.9, Manner(thigh_deg=85.0, shank_deg=30.0))
    bends = [bend.pulled for bend in bends_of(staged(lambda stage: floor_set(stage, [pull(), low] * 3, 1)))]
    for bend in bends[:-1]:
        vars(bend)["pelvis_deg"] = 50.0
    context = Context([(False, False)] * len(bends), begins=True, over=True)
    assert judge(bends, built_in()["deadlift"], context) == [*["rep"] * 6, "unloaded"]
