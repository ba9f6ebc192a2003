"""Which bends were done on the way: on what perfect boards would see."""

import pytest
from lifts import hinge, pull, standing, swing

from hinge_imu.profiles import built_in
from hinge_imu.reps.judge import judge
from hinge_imu.reps.verdicts import Context
from hinge_imu.simulate.sets import floor_set, swing_set

SEEDS = range(3)
COMING, LEAVING = (True, False), (False, True)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_bend_in_haste_is_an_errand_also_where_others_are_long_before_and_after(judged, seed):
    quick, slow = hinge(down=0.6, up=0.6, bottom=0.1, top=9.0), hinge(top=9.0)
    assert judged(standing(slow, quick, hinge(), hinge()), seed=seed) == ["rep", "errand", "rep", "rep"]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_lone_bend_in_haste_is_an_errand_and_two_are_a_set(judged, seed):
    quick = {"down": 0.6, "up": 0.6, "bottom": 0.1}
    assert judged(standing(hinge(**quick)), seed=seed) == ["errand"]
    assert judged(standing(hinge(**quick), hinge(**quick)), seed=seed) == ["rep", "rep"]


@pytest.mark.parametrize("seed", SEEDS)
def test_two_bends_with_a_round_back_and_in_haste_are_two_errands_and_two_hinges_are_a_set(judged, seed):
    hasty = {"down": 0.9, "up": 0.9, "bottom": 0.4, "thigh_deg": 20.0, "shank_deg": 6.0}
    low = {"down": 1.6, "up": 1.4, "bottom": 2.0, "thigh_deg": 45.0, "shank_deg": 15.0}
    assert judged(standing(hinge(62.0, 30.0, **hasty), hinge(63.0, 29.0, **hasty)), seed=seed) == ["errand"] * 2
    assert judged(standing(hinge(60.0, 48.0, **low), hinge(85.0, 36.0, **low)), seed=seed) == ["other"] * 2
    assert judged(standing(hinge(50.0), hinge(80.0)), seed=seed) == ["rep"] * 2


@pytest.mark.parametrize("seed", SEEDS)
def test_a_quick_lone_pull_beside_a_walk_is_an_errand_and_a_slow_one_a_set(judged, seed):
    def lone(up):
        return lambda stage: floor_set(stage, [pull(up=up)], 1, "dropped")

    assert judged(lone(0.9), exercise="deadlift", seed=seed, walked=[(True, False)]) == ["errand"]
    assert judged(lone(2.5), exercise="deadlift", seed=seed, walked=[(True, False)]) == ["rep"]
    assert judged(lone(0.9), exercise="deadlift", seed=seed) == ["rep"]


def test_a_lone_bend_between_steps_is_an_errand(judged):
    assert judged(standing(hinge()), walked=[(True, False)]) == ["errand"]
    assert (
        judged(standing(hinge(), hinge(), hinge()), walked=[(True, False), (False, False), (False, True)])
        == ["rep"] * 3
    )


def test_as_long_as_more_may_come_a_lone_bend_is_a_rep(judged):
    quick = standing(hinge(down=0.6, up=0.6, bottom=0.1))
    assert judged(quick, over=False) == ["rep"]
    assert judged(quick, begins=False) == ["rep"], "it is what is left of a longer set"


def test_one_pull_is_a_set_and_one_swing_is_none(judged):
    assert judged(standing(hinge(60.0)), exercise="deadlift") == ["rep"]
    assert "rep" not in judged(standing(hinge(60.0)), exercise="swing")


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("exercise", ["hinge", "toe_touch"])
def test_hands_at_work_between_steps_are_no_two_reps(judged, exercise, seed):
    loading, still = [hinge(bottom=3.5), hinge(85.0, bottom=3.2)], [(False, False)] * 2
    assert judged(standing(*loading), exercise=exercise, seed=seed, walked=[COMING, LEAVING]) == ["errand"] * 2
    assert judged(standing(*loading), exercise=exercise, seed=seed, walked=still) == ["rep"] * 2


@pytest.mark.parametrize("seed", SEEDS)
def test_nobody_walks_between_two_reps(judged, seed):
    assert judged(standing(hinge(), hinge()), seed=seed, walked=[COMING, LEAVING]) == ["rep"] * 2
    assert judged(standing(hinge(), hinge()), seed=seed, walked=[(True, True), (True, True)]) == ["errand"] * 2


@pytest.mark.parametrize("seed", SEEDS)
def test_two_light_ways_up_beside_a_walk_are_two_errands(judged, seed):
    def twice(stage):
        floor_set(stage, [pull(up=0.8)], 1, "dropped")
        stage.hold(2.0)
        floor_set(stage, [pull(up=0.8)], 1, "dropped")

    assert judged(twice, exercise="deadlift", seed=seed, walked=[COMING, LEAVING]) == ["errand"] * 2
    assert judged(twice, exercise="deadlift", seed=seed) == ["rep", "rep"]


def test_who_has_sat_down_gets_up_by_the_next_bend(staged, bends_of):
    """Also where it begins upright, for forward has been learnt meanwhile."""
    first, second = bends_of(staged(standing(hinge(), hinge())))
    context = Context([(False, False)] * 2, begins=True, over=True)
    assert judge([first, second], built_in()["hinge"], context) == ["rep", "rep"]
    vars(first)["top"] = -18.0, 11.0
    assert judge([first, second], built_in()["toe_touch"], context) == ["sat", "errand"]


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_picked_up_before_swings_is_no_swing_and_takes_none_away(judged, seed):
    thing = standing(hinge(62.0, 22.0, down=0.6, up=0.55, bottom=0.3, top=1.8))
    verdicts = judged(
        thing, lambda stage: swing_set(stage, [swing() for _ in range(3)], 1), exercise="swing", seed=seed
    )
    assert verdicts[:4] == ["errand", *["rep"] * 3]


@pytest.mark.parametrize("seed", SEEDS)
def test_who_rests_long_after_the_first_rep_has_done_one_though_he_walked_up_to_it(judged, seed):
    walked = [COMING, *[(False, False)] * 2]
    assert judged(standing(hinge(top=8.0), hinge(), hinge()), seed=seed, walked=walked) == ["rep"] * 3
    assert judged(standing(hinge(85.0, 30.0, top=8.0), hinge(), hinge()), seed=seed, walked=walked)[0] == "errand"


@pytest.mark.parametrize("seed", SEEDS)
def test_who_has_sat_and_tilts_the_pelvis_more_than_the_trunk_gets_up(judged, seed):
    leaning = hinge(52.0, bottom=5.5, thigh_deg=60.0, shank_deg=25.0)
    rolled, straight = (
        hinge(50.0, spine, down=1.6, bottom=0.1, thigh_deg=45.0, shank_deg=10.0) for spine in (-8.0, 8.0)
    )
    assert judged(standing(leaning, rolled), seed=seed) == ["sat", "errand"]
    assert judged(standing(leaning, straight), seed=seed) == ["sat", "rep"]
    assert judged(standing(rolled), seed=seed) == ["rep"]


@pytest.mark.parametrize("seed", SEEDS)
def test_who_stays_down_under_a_trunk_that_leans_far_does_not_sit(judged, seed):
    deep = {"bottom": 5.5, "thigh_deg": 60.0, "shank_deg": 25.0}
    assert judged(standing(hinge(), hinge(85.0, **{**deep, "thigh_deg": 52.0}), hinge()), seed=seed) == ["rep"] * 3
    assert judged(standing(hinge(), hinge(52.0, **deep), hinge()), seed=seed)[1] == "sat"


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_left_beside_an_errand_may_be_errands(judged, seed):
    shoes = [hinge(88.0, 20.0, down=0.9, up=1.0, bottom=7.0, top=1.0) for _ in range(2)]
    picked = hinge(64.0, 27.0, down=0.9, up=0.6, bottom=0.5, top=2.0, thigh_deg=55.0, shank_deg=20.0)
    assert "rep" not in judged(standing(picked, *shoes), seed=seed)
