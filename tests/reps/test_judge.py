"""Which bends of a set are repetitions: judged on what perfect boards would see of simulated lifters."""

import numpy as np
import pytest
from lifts import hinge, pull, standing

from hinge_imu.profiles import built_in
from hinge_imu.reps.judge import judge
from hinge_imu.reps.metrics import measure
from hinge_imu.reps.track import Trace
from hinge_imu.reps.verdicts import Context
from hinge_imu.simulate.distractors import get_up, sit_down
from hinge_imu.simulate.performance import Manner, Rep
from hinge_imu.simulate.sets import floor_set

SEEDS = range(3)


@pytest.mark.parametrize("count", [1, 2, 3, 8])
@pytest.mark.parametrize("seed", SEEDS)
def test_where_nothing_speaks_against_it_a_bend_is_a_repetition(judged, count, seed):
    reps = [hinge() for _ in range(count)]
    assert judged(standing(*reps), seed=seed) == ["rep"] * count


@pytest.mark.parametrize("exercise", built_in())
@pytest.mark.parametrize("count", range(2, 7))
def test_of_every_bend_there_is_something_to_say_whatever_they_are(staged, bends_of, exercise, count):
    """Some are like each other, and some like nothing else."""
    rng = np.random.default_rng(count)
    kinds = [hinge(*rng.uniform((45, 0, 0.5, 0.5, 0.1, 0.4), (110, 60, 5, 5, 6, 8))) for _ in range(3)]
    bends = bends_of(staged(standing(*(kinds[n] for n in rng.integers(0, 3, count)))))
    for seed in range(8):
        rng = np.random.default_rng(seed)
        walked = [tuple(each) for each in (rng.random((count, 2)) < 0.4).tolist()]
        context = Context(walked, begins=bool(seed & 1), over=bool(seed & 2))
        assert len(judge(bends, built_in()[exercise], context)) == count


@pytest.mark.parametrize("exercise", ["hinge", "deadlift"])
def test_of_no_bends_there_is_nothing_to_say(judged, exercise):
    assert judged(exercise=exercise) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_who_is_slower_at_last_does_another_rep_and_who_is_quicker_does_another_movement(judged, seed):
    reps = [hinge(down=2.8) for _ in range(3)] + [hinge(down=2.8, top=3.0)]
    assert judged(standing(*reps, hinge(down=5.5, up=2.5, bottom=2.0)), seed=seed) == ["rep"] * 5
    assert judged(standing(*reps, hinge(70.0, 22.0, down=0.9, up=0.9)), seed=seed) == [*["rep"] * 4, "other"]


@pytest.mark.parametrize("seed", SEEDS)
def test_whoever_works_down_there_with_a_round_back_is_busy_unless_that_is_the_exercise(judged, seed):
    shoe = standing(hinge(85.0, 48.0, bottom=5.0))
    assert judged(shoe, seed=seed) == ["busy"]
    assert judged(standing(*[hinge(60.0, 20.0, bottom=6.0)] * 2), seed=seed) == ["errand", "errand"]
    assert judged(standing(*[hinge(85.0, 48.0, bottom=5.0)] * 2), exercise="toe_touch", seed=seed) == ["rep", "rep"]


@pytest.mark.parametrize("seed", SEEDS)
def test_where_the_back_may_round_it_tells_no_errand(judged, seed):
    first_round = standing(hinge(96.0, 50.0), *[hinge(96.0, 15.0)] * 4)
    assert judged(first_round, exercise="toe_touch", seed=seed) == ["rep"] * 5


@pytest.mark.parametrize("seed", SEEDS)
def test_whoever_sits_down_has_a_pelvis_that_rolls_back(judged, seed):
    def seated(stage):
        stage.move(1.0, {"lean": 50.0, "spine": 10.0, "thigh": 45.0})
        stage.move(1.0, {"lean": 5.0, "spine": 27.0, "thigh": 95.0})
        stage.hold(4.0)
        get_up(stage)

    assert set(judged(seated, seed=seed)) <= {"sat", "squat"}


@pytest.mark.parametrize("seed", SEEDS)
def test_whoever_lies_down_was_not_standing(judged, seed):
    def lying(stage):
        sit_down(stage)
        stage.move(1.8, {"lean": -85.0, "spine": 4.0, "thigh": 120.0})
        stage.hold(5.0)
        stage.move(1.8, {"lean": 12.0, "spine": 30.0, "thigh": 92.0})
        get_up(stage)

    assert "rep" not in judged(lying, seed=seed)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("fault", [{"spine": 32.0}, {"spine": -14.0}, {"down": 0.6}])
def test_who_has_a_fault_in_every_other_rep_does_reps_and_what_was_picked_up_before_is_none(judged, seed, fault):
    """Among reps that differ so much, what is like none of them is told by what it is."""
    reps = [hinge(down=2.2), hinge(**{"down": 2.2, **fault})] * 2
    picked = hinge(60.0, 24.0, 1.2, 1.0, bottom=1.2, top=1.5, thigh_deg=25.0, shank_deg=8.0)
    assert judged(standing(picked, *reps), seed=seed) == ["other", *["rep"] * 4]


@pytest.mark.parametrize("seed", SEEDS)
def test_what_opens_a_set_is_told_from_it_whatever_else_closes_it(judged, seed):
    other = {"spine": 40.0, "down": 0.8, "up": 0.8, "top": 1.0}
    reps = [hinge(down=2.5) for _ in range(3)]
    verdicts = judged(
        standing(
            hinge(80.0, **other),
            *reps,
            hinge(80.0, **other),
            hinge(60.0, 25.0, 1.2, 1.2, thigh_deg=40.0, shank_deg=12.0),
        ),
        seed=seed,
    )
    assert verdicts == ["other", *["rep"] * 3, "other", "other"]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("place", [0, -1])
def test_another_movement_at_either_end_of_a_set_is_no_part_of_it(judged, seed, place):
    """A bar picked up, or put down: rounder, over bent knees, and with a rest between it and the reps."""
    bar = hinge(88.0, 45.0, 1.2, 1.2, top=3.0, thigh_deg=30.0, shank_deg=10.0)
    reps = [hinge() for _ in range(4)] + [hinge(top=3.0)]
    scene = [bar, *reps] if place == 0 else [*reps, bar]
    verdicts = judged(standing(*scene), seed=seed)
    assert verdicts.pop(place) == "other"
    assert verdicts == ["rep"] * 5


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_picked_up_and_put_down_is_told_from_two_reps(judged, seed):
    picked, reps = hinge(spine=22.0, down=1.2, bottom=2.0), [hinge(down=2.2, top=1.0)] * 2
    put = hinge(88.0, 45.0, 0.9, 0.8, top=3.0, thigh_deg=30.0, shank_deg=10.0)
    assert judged(standing(picked, *reps, put), seed=seed) == ["other", "rep", "rep", "other"]


@pytest.mark.parametrize("seed", SEEDS)
def test_hands_that_are_busy_at_the_bottom_of_a_quick_bend_do_something_else_than_the_reps(judged, seed):
    reps = [hinge(down=3.0)] * 5
    assert judged(standing(hinge(spine=18.0, down=1.0, bottom=2.6), *reps), seed=seed) == ["other", *["rep"] * 5]
    assert judged(standing(hinge(down=1.3), *reps), seed=seed) == ["rep"] * 6, "haste alone is no other movement"


@pytest.mark.parametrize("seed", SEEDS)
def test_who_ties_a_shoe_before_coming_to_the_bar_has_not_pulled_it(judged, seed):
    """As deep as the pulls, but rounder, with a longer stay."""

    def shoe(top):
        return standing(Rep(65.0, 42.0, 1.0, 5.0, 1.0, top, Manner(thigh_deg=25.0, shank_deg=8.0)))

    def pulls(stage):
        floor_set(stage, [Rep(65.0, 25.0, 1.5, 0.5, 1.4, 0.9, Manner(thigh_deg=25.0, shank_deg=8.0))] * 3, 1)

    assert judged(shoe(2.5), pulls, exercise="deadlift", seed=seed) == ["other", *["rep"] * 3, "unloaded"]


def test_while_the_set_goes_on_its_last_bend_may_be_anything(judged):
    bar = hinge(88.0, 45.0, 1.2, 1.2, thigh_deg=30.0, shank_deg=10.0)
    reps = [hinge() for _ in range(4)] + [hinge(top=3.0)]
    assert judged(standing(*reps, bar), over=False) == ["rep"] * 6
    assert judged(standing(bar, hinge(), hinge(), hinge()), begins=False)[0] == "rep"


def test_one_that_grows_tired_does_another_rep_and_no_other_movement(judged):
    tired = [hinge(70 - i, 9 + i, 1.6 + 0.15 * i, 1.2 + 0.2 * i) for i in range(7)]
    assert judged(standing(*tired)) == ["rep"] * 7


def test_half_of_what_the_others_do_is_too_little(judged):
    reps = [hinge(90.0), hinge(90.0), hinge(40.0, 5.0), hinge(90.0), hinge(50.0, 6.0), hinge(90.0)]
    assert judged(standing(*reps)) == ["rep", "rep", "small", "rep", "rep", "rep"]


def test_a_wearer_s_own_spine_says_what_is_round(staged, bends_of):
    """Of 90 degrees that it could flex, 48 are not much."""
    bends = bends_of(staged(standing(hinge(85.0, 48.0, bottom=4.0, down=2.0, up=2.0))))
    context = Context([(False, False)], begins=False, over=True)
    assert judge(bends, built_in()["hinge"], context, 60.0) == ["busy"]
    assert judge(bends, built_in()["hinge"], context, 90.0) == ["rep"]


def test_what_was_not_seen_speaks_against_nothing(staged, rows_of):
    """A pelvis that is lost for the whole set: neither spine nor sitting is known."""
    rows = rows_of(staged(standing(hinge(85.0, 48.0, bottom=5.0))))
    rows[[1, 3]] = np.nan
    bend = measure(Trace.smoothed(rows, 100.0), (0, int(np.argmax(rows[4])), rows.shape[1]))
    assert judge([bend], built_in()["hinge"], Context([(False, False)], begins=False, over=False)) == ["rep"]


@pytest.mark.parametrize("seed", SEEDS)
def test_of_two_reps_that_differ_none_is_an_errand_beside_one(judged, seed):
    reps = hinge(55.0, 10.0, down=4.0, up=1.1), hinge(61.0, 12.5, down=0.7, up=1.3, top=2.5)
    put_down = hinge(82.0, 24.0, down=1.1, up=1.0, bottom=1.0, thigh_deg=50.0, shank_deg=18.0)
    assert judged(standing(*reps, put_down), seed=seed) == ["rep", "rep", "other"]


def test_steps_after_a_bend_that_is_like_a_pull_say_that_it_was_none(judged):
    def pulls(stage):
        floor_set(stage, [pull()] * 3, 1)

    plate = standing(Rep(66.0, 28.0, 1.0, 3.0, 1.2, 2.5, Manner(thigh_deg=25.0, shank_deg=8.0)))
    still = [(False, False)] * 4
    assert judged(plate, pulls, exercise="deadlift", walked=[(False, False), *still])[0] == "rep"
    assert judged(plate, pulls, exercise="deadlift", walked=[(False, True), *still])[0] == "other"
