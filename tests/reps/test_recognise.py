"""Which lift it is: told of bends as they are, and of simulated lifters whom nobody asks."""

from dataclasses import replace

import pytest

from hinge_imu.events import RepEvent, SetEvent
from hinge_imu.reps.recognise import SURE, recognise
from hinge_imu.simulate.performance import Manner, Rep
from hinge_imu.simulate.sets import floor_set, standing_set, swing_set

HIPS_LOW = {"thigh_deg": 40.0, "shank_deg": 15.0}
LIFTED = {
    # Heavy enough that nobody stands up so slowly with empty hands.
    "hinge": (standing_set, Rep(70.0, 8.0, 1.6, 0.4, 1.2, 0.8, Manner())),
    "deadlift": (floor_set, Rep(65.0, 28.0, 1.5, 1.2, 2.6, 0.9, Manner(**HIPS_LOW))),
    "swing": (swing_set, Rep(68.0, 18.0, 0.6, -0.1, 0.55, 0.2, Manner(thigh_deg=10.0))),
    "toe_touch": (standing_set, Rep(110.0, 55.0, 1.8, 0.5, 1.5, 1.0, Manner(late=1, thigh_deg=-6.0))),
}


@pytest.fixture(scope="module")
def bends(staged, bends_of):
    """The bends of five reps of a lift, done in a way of their own."""

    def build(name, seed=0, **changes):
        perform, rep = LIFTED[name]
        reps = [replace(rep, **changes) for _ in range(5)]
        return bends_of(staged(lambda stage: perform(stage, reps, 1), seed=seed))

    return build


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", LIFTED)
def test_bends_of_a_lift_are_that_lift(bends, name, seed):
    lift = recognise(bends(name, seed))
    assert lift.profile.name == name
    assert SURE <= lift.sure <= 1.0


@pytest.mark.parametrize("name", LIFTED)
def test_of_nothing_and_of_one_bend_a_hinge_is_assumed(bends, name):
    assert recognise([]).profile.name == "hinge"
    assert recognise(bends(name)[:1]).profile.name == "hinge"


@pytest.mark.parametrize("slow", [{"eccentric_s": 1.6, "concentric_s": 1.4}, {"bottom_pause_s": 1.0}])
def test_what_is_slow_or_rests_at_the_bottom_is_no_swing(bends, slow):
    assert recognise(bends("swing", **slow)).profile.name != "swing"


@pytest.mark.parametrize("before", [1, 2])
@pytest.mark.parametrize("seed", range(3))
def test_a_lift_from_the_floor_is_known_whatever_was_picked_up_before(staged, bends_of, bends, before, seed):
    straight = {"spine_deg": 12.0, "manner": Manner(), "bottom_pause_s": 0.6}
    shoe = Rep(60.0, 30.0, 0.8, 4.0, 0.8, 1.5, Manner(thigh_deg=50.0, shank_deg=20.0))
    shoes = bends_of(staged(lambda stage: standing_set(stage, [shoe] * before, 1), seed=seed))
    assert recognise([*shoes, *bends("deadlift", seed, **straight)]).profile.name == "deadlift"


def test_who_sat_before_or_after_has_lifted_nothing(bends):
    pulls = bends("deadlift")
    for bend in pulls[1:]:
        vars(bend)["top"] = -20.0, 5.0
    assert recognise(pulls).profile.name == "hinge"


def test_nobody_stands_for_ten_seconds_between_two_pulls(bends):
    assert recognise(bends("deadlift", top_pause_s=10.0)).profile.name != "deadlift"


@pytest.mark.parametrize("less", [{"spine_deg": 15.0}, {"depth_deg": 60.0, "spine_deg": 30.0}])
def test_what_is_straight_or_shallow_is_no_toe_touch(bends, less):
    assert recognise(bends("toe_touch", **less)).profile.name != "toe_touch"


def test_between_two_lifts_it_is_less_sure_than_of_one(bends):
    between = bends("toe_touch", spine_deg=34.0, depth_deg=85.0)
    assert recognise(between).sure < recognise(bends("toe_touch")).sure


@pytest.fixture(scope="module")
def unasked(staged, with_errors, replayed):
    """Lift five of them, and let nobody say what they are."""

    def lift(name, seed):
        perform, rep = LIFTED[name]
        reps = [replace(rep) for _ in range(5)]
        lifter = staged(lambda stage: perform(stage, reps, 1), seed=seed)
        return replayed(with_errors(lifter, "auto", seed=seed))

    return lift


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", LIFTED)
def test_without_a_name_the_lift_is_told_from_how_it_is_done(unasked, name, seed):
    said = unasked(name, seed)
    assert said.sets == [(1, name, 5)]
    assert {rep.exercise for rep in said.reps} == {name}
    [ended] = said.of(SetEvent)
    assert SURE <= ended.exercise_sure <= 1.0


def test_a_rep_that_was_said_as_another_lift_is_said_again(unasked):
    said = unasked("swing", 0)
    first = [event for event in said.of(RepEvent) if event.id == said.reps[0].id]
    assert first[0].exercise == "hinge"
    assert first[-1].exercise == "swing"
    assert [event.revision for event in first] == [*range(1, len(first) + 1)]


def test_named_it_is_what_it_was_named(staged, with_errors, replayed):
    perform, rep = LIFTED["toe_touch"]
    lifter = staged(lambda stage: perform(stage, [replace(rep) for _ in range(3)], 1))
    [ended] = replayed(with_errors(lifter, "rdl")).of(SetEvent)
    assert (ended.exercise, ended.exercise_sure) == ("rdl", None)
