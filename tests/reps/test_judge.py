"""Which bends of a set are repetitions: judged on what perfect boards would see of simulated lifters."""

import numpy as np
import pytest

from hinge_imu.profiles import built_in
from hinge_imu.reps.judge import Context, judge
from hinge_imu.reps.metrics import measure
from hinge_imu.reps.track import Trace
from hinge_imu.simulate.distractors import get_up, sit_down, walk
from hinge_imu.simulate.performance import Manner, Rep
from hinge_imu.simulate.sets import floor_set, standing_set, swing_set

SEEDS = range(3)


def hinge(depth=70.0, spine=9.0, down=1.6, up=1.2, bottom=0.4, top=0.8, **manner):
    return Rep(depth, spine, down, bottom, up, top, Manner(**manner))


def pull(up=1.4, **manner):
    return Rep(65.0, 25.0, 1.5, 1.2, up, 0.9, Manner(**{"thigh_deg": 25.0, "shank_deg": 8.0, **manner}))


def swing():
    return Rep(68.0, 18.0, 0.6, -0.1, 0.55, 0.2, Manner(thigh_deg=10.0))


def standing(*reps):
    return lambda stage: standing_set(stage, reps, 1)


@pytest.fixture(scope="module")
def judged(staged, bends_of):
    """Judge the bends of these scenes as one set, whole unless it is said otherwise."""

    def run(*scenes, exercise="hinge", seed=0, walked=None, begins=True, over=True):
        profile = built_in()[exercise]
        bends = bends_of(staged(*scenes, seed=seed))
        bends = [bend for bend in bends if bend is not None and bend.descent_deg > profile.least_rom_deg]
        bends = [bend.pulled if profile.starts_bent else bend for bend in bends]
        return judge(bends, profile, Context(walked or [0] * len(bends), begins, over))

    return run


@pytest.mark.parametrize("count", [1, 2, 3, 8])
@pytest.mark.parametrize("seed", SEEDS)
def test_where_nothing_speaks_against_it_a_bend_is_a_repetition(judged, count, seed):
    reps = [hinge() for _ in range(count)]
    assert judged(standing(*reps), seed=seed) == ["rep"] * count


@pytest.mark.parametrize("exercise", ["hinge", "deadlift"])
def test_of_no_bends_there_is_nothing_to_say(judged, exercise):
    assert judged(exercise=exercise) == []


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


@pytest.mark.parametrize("seed", SEEDS)
def test_a_bend_in_haste_is_an_errand_also_where_others_are_long_before_and_after(judged, seed):
    quick, slow = hinge(down=0.6, up=0.6, bottom=0.1, top=9.0), hinge(top=9.0)
    assert judged(standing(slow, quick, hinge(), hinge()), seed=seed) == ["rep", "errand", "rep", "rep"]


@pytest.mark.parametrize("seed", SEEDS)
def test_who_is_slower_at_last_does_another_rep_and_who_is_quicker_does_another_movement(judged, seed):
    reps = [hinge(down=2.8) for _ in range(3)] + [hinge(down=2.8, top=3.0)]
    assert judged(standing(*reps, hinge(down=5.5, up=2.5, bottom=2.0)), seed=seed) == ["rep"] * 5
    assert judged(standing(*reps, hinge(down=0.9, up=0.9)), seed=seed) == [*["rep"] * 4, "other"]


def test_a_back_that_is_straightened_before_a_pull_ends_no_set(judged):
    """Every other pull is made with a round back, and the next begins by mending that: no bar has been let go."""
    pulls = [pull(), Rep(65.0, 45.0, 1.5, 1.2, 1.4, 0.9, Manner(thigh_deg=25.0, shank_deg=8.0))] * 2
    verdicts = judged(lambda stage: floor_set(stage, pulls, 1), exercise="deadlift")
    assert verdicts[:4] == ["rep"] * 4


def test_low_hips_belong_to_a_lift_from_the_floor(judged):
    low = [hinge(60.0, 20.0, thigh_deg=45.0, shank_deg=15.0) for _ in range(4)]
    assert judged(standing(*low), exercise="kettlebell_deadlift")[:-1] == ["rep"] * 3


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
def test_a_lone_bend_in_haste_is_an_errand_and_two_are_a_set(judged, seed):
    quick = {"down": 0.6, "up": 0.6, "bottom": 0.1}
    assert judged(standing(hinge(**quick)), seed=seed) == ["errand"]
    assert judged(standing(hinge(**quick), hinge(**quick)), seed=seed) == ["rep", "rep"]


@pytest.mark.parametrize("seed", SEEDS)
def test_two_bends_with_a_round_back_and_in_haste_are_two_errands_and_two_hinges_are_a_set(judged, seed):
    quick = {"down": 0.9, "up": 0.9, "bottom": 0.4, "thigh_deg": 20.0, "shank_deg": 6.0}
    assert judged(standing(hinge(60.0, 38.0, **quick), hinge(85.0, 30.0, **quick)), seed=seed) == ["other"] * 2
    assert judged(standing(hinge(50.0), hinge(80.0)), seed=seed) == ["rep"] * 2


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
def test_squats_after_a_lift_with_low_hips_are_squats_and_a_lift_that_sinks_now_and_then_is_one(judged, seed):
    deep, pulls = hinge(40.0, 8.0, thigh_deg=60.0, shank_deg=20.0), [pull(), pull(), pull()]
    done = judged(lambda stage: floor_set(stage, pulls, 1), standing(deep, deep), exercise="deadlift", seed=seed)
    assert done == [*["rep"] * 3, "unloaded", "squat", "squat"]
    sunk = Rep(45.0, 15.0, 1.5, 1.2, 1.4, 0.9, Manner(thigh_deg=50.0, shank_deg=20.0))
    mixed = judged(lambda stage: floor_set(stage, [pull(), sunk, pull(), sunk], 1), exercise="deadlift", seed=seed)
    assert mixed[:4] == ["rep"] * 4


@pytest.mark.parametrize("seed", SEEDS)
def test_a_quick_lone_pull_beside_a_walk_is_an_errand_and_a_slow_one_a_set(judged, seed):
    def lone(up):
        return lambda stage: floor_set(stage, [pull(up=up)], 1, "dropped")

    assert judged(lone(0.9), exercise="deadlift", seed=seed, walked=[1]) == ["errand"]
    assert judged(lone(2.5), exercise="deadlift", seed=seed, walked=[1]) == ["rep"]
    assert judged(lone(0.9), exercise="deadlift", seed=seed) == ["rep"]


def test_a_lone_bend_between_steps_is_an_errand(judged):
    assert judged(standing(hinge()), walked=[1]) == ["errand"]
    assert judged(standing(hinge(), hinge(), hinge()), walked=[1, 0, 1]) == ["rep"] * 3


def test_as_long_as_more_may_come_a_lone_bend_is_a_rep(judged):
    quick = standing(hinge(down=0.6, up=0.6, bottom=0.1))
    assert judged(quick, over=False) == ["rep"]
    assert judged(quick, begins=False) == ["rep"], "it is what is left of a longer set"


def test_one_pull_is_a_set_and_one_swing_is_none(judged):
    assert judged(standing(hinge(60.0)), exercise="deadlift") == ["rep"]
    assert "rep" not in judged(standing(hinge(60.0)), exercise="swing")


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
    assert judged(standing(hinge(down=1.0, bottom=2.6), *reps), seed=seed) == ["other", *["rep"] * 5]
    assert judged(standing(hinge(down=1.3), *reps), seed=seed) == ["rep"] * 6, "haste alone is no other movement"


@pytest.mark.parametrize("seed", SEEDS)
def test_who_ties_a_shoe_before_coming_to_the_bar_has_not_pulled_it(judged, seed):
    """As deep as the pulls, but rounder, with a longer stay."""

    def shoe(top):
        return standing(Rep(65.0, 42.0, 1.0, 5.0, 1.0, top, Manner(thigh_deg=25.0, shank_deg=8.0)))

    def pulls(stage):
        floor_set(stage, [Rep(65.0, 25.0, 1.5, 0.5, 1.4, 0.9, Manner(thigh_deg=25.0, shank_deg=8.0))] * 3, 1)

    assert judged(shoe(2.5), pulls, exercise="deadlift", seed=seed) == ["other", *["rep"] * 3, "unloaded"]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_last_pull_that_is_much_slower_than_the_one_before_is_a_pull(judged, seed):
    """Who lets the bar go after it never stood up with empty hands."""
    double = [pull(up=1.3), pull(up=2.4)]
    verdicts = judged(lambda stage: floor_set(stage, double, 1, "dropped"), exercise="deadlift", seed=seed)
    assert verdicts == ["rep", "rep"]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_jolt_at_lockout_says_that_the_bar_was_pulled_however_the_back_gave_way(judged, seed):
    last = pull(up=1.1, load_deg=12.0)
    verdicts = judged(lambda stage: floor_set(stage, [pull(), last], 1, "dropped"), exercise="deadlift", seed=seed)
    assert verdicts == ["rep", "rep"]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("exercise", "last"), [("deadlift", "rep"), ("kettlebell_deadlift", "unloaded")])
def test_nobody_drops_a_bell_that_hangs_between_the_feet(judged, exercise, last, seed):
    """The last way up is as the pulls were, and whoever made it turns away at once: nothing else shows what it was."""
    pulls = standing(*[hinge(65.0, 25.0, thigh_deg=25.0, shank_deg=8.0, bottom=1.2, top=0.3) for _ in range(4)])
    assert judged(pulls, walk, exercise=exercise, seed=seed)[3] == last


@pytest.mark.parametrize("seed", SEEDS)
def test_whoever_grips_nothing_before_squatting_has_lifted_nothing(judged, seed):
    legs = {"thigh_deg": 55.0, "shank_deg": 20.0}
    squats, pulls = [hinge(42.0, 8.0, **legs)] * 3, [hinge(42.0, 8.0, bottom=2.0, **legs)] * 3
    assert judged(standing(*squats), exercise="deadlift", seed=seed) == ["squat"] * 3
    assert judged(standing(*pulls), exercise="deadlift", seed=seed)[:2] == ["rep"] * 2


@pytest.mark.parametrize("seed", SEEDS)
def test_a_back_that_comes_up_from_an_arch_has_not_given_way(judged, staged, bends_of, seed):
    arched = Rep(65.0, -18.0, 1.5, 1.2, 1.4, 0.9, Manner(thigh_deg=25.0, shank_deg=8.0))
    pulls = [pull(), arched, pull(), arched]
    verdicts = judged(lambda stage: floor_set(stage, pulls, 1), exercise="deadlift", seed=seed)
    assert verdicts[:4] == ["rep"] * 4
    bends = bends_of(staged(lambda stage: floor_set(stage, pulls, 1), seed=seed))
    assert all(bend.pulled.gives_deg < 3.0 for bend in bends[:4])


@pytest.mark.parametrize("seed", SEEDS)
def test_a_set_goes_on_after_the_bar_was_let_go_and_gripped_anew(judged, seed):
    def clusters(stage):
        floor_set(stage, [pull(), pull(), pull()], 1)
        stage.hold(2.5)
        floor_set(stage, [pull(), pull()], 1)

    verdicts = judged(clusters, exercise="deadlift", seed=seed)
    assert verdicts == [*["rep"] * 3, "unloaded", *["rep"] * 2, "unloaded"]


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_picked_up_after_the_standing_up_is_no_lowering(judged, seed):
    thing = standing(Rep(76.0, 25.0, 0.7, 0.3, 1.3, 1.0, Manner(thigh_deg=25.0, shank_deg=8.0)))
    verdicts = judged(lambda stage: floor_set(stage, [pull()] * 3, 1), thing, exercise="deadlift", seed=seed)
    assert verdicts[:3] == ["rep"] * 3
    assert "rep" not in verdicts[3:]


def test_while_the_set_goes_on_its_last_bend_may_be_anything(judged):
    bar = hinge(88.0, 45.0, 1.2, 1.2, thigh_deg=30.0, shank_deg=10.0)
    reps = [hinge() for _ in range(4)] + [hinge(top=3.0)]
    assert judged(standing(*reps, bar), over=False) == ["rep"] * 6
    assert judged(standing(bar, hinge(), hinge(), hinge()), begins=False)[0] == "rep"


def test_one_that_grows_tired_does_another_rep_and_no_other_movement(judged):
    tired = [hinge(70 - i, 9 + i, 1.6 + 0.15 * i, 1.2 + 0.2 * i) for i in range(7)]
    assert judged(standing(*tired)) == ["rep"] * 7


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("count", [1, 2, 5])
def test_standing_up_with_empty_hands_is_no_heavy_pull(judged, seed, count):
    scene = [pull(up=2.8) for _ in range(count)]
    verdicts = judged(lambda stage: floor_set(stage, scene, 1), exercise="deadlift", seed=seed)
    assert verdicts == [*["rep"] * count, "unloaded"]


@pytest.mark.parametrize("seed", SEEDS)
def test_who_drops_the_bar_has_pulled_it(judged, seed):
    scene = [pull() for _ in range(4)]
    verdicts = judged(lambda stage: floor_set(stage, scene, 1, "dropped"), exercise="deadlift", seed=seed)
    assert verdicts == ["rep"] * 4


def test_while_a_set_from_the_floor_goes_on_its_last_way_up_is_a_pull(judged):
    scene = [pull() for _ in range(3)]
    assert judged(lambda stage: floor_set(stage, scene, 1), exercise="deadlift", over=False) == ["rep"] * 4


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("count", [3, 8])
def test_a_bell_that_is_parked_is_swung_no_more(judged, seed, count):
    swings = [swing() for _ in range(count)]
    verdicts = judged(lambda stage: swing_set(stage, swings, 1), exercise="swing", seed=seed)
    assert verdicts[:-1] == ["rep"] * count
    assert verdicts[-1] in {"unloaded", "other"}


def test_half_of_what_the_others_do_is_too_little(judged):
    reps = [hinge(90.0), hinge(90.0), hinge(40.0, 5.0), hinge(90.0), hinge(50.0, 6.0), hinge(90.0)]
    assert judged(standing(*reps)) == ["rep", "rep", "small", "rep", "rep", "rep"]


def test_a_wearer_s_own_spine_says_what_is_round(staged, bends_of):
    """Of 90 degrees that it could flex, 48 are not much."""
    bends = bends_of(staged(standing(hinge(85.0, 48.0, bottom=4.0, down=2.0, up=2.0))))
    context = Context([0], begins=False, over=True)
    assert judge(bends, built_in()["hinge"], context, 60.0) == ["busy"]
    assert judge(bends, built_in()["hinge"], context, 90.0) == ["rep"]


def test_what_was_not_seen_speaks_against_nothing(staged, rows_of):
    """A pelvis that is lost for the whole set: neither spine nor sitting is known."""
    rows = rows_of(staged(standing(hinge(85.0, 48.0, bottom=5.0))))
    rows[[1, 3]] = np.nan
    bend = measure(Trace.smoothed(rows, 100.0), (0, int(np.argmax(rows[4])), rows.shape[1]))
    assert judge([bend], built_in()["hinge"], Context([0], begins=False, over=False)) == ["rep"]
