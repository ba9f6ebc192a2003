"""What people do in a gym besides their reps, by simulated lifters with the errors of real parts."""

import pytest

from hinge_imu.events import RepEvent, SetEvent
from hinge_imu.simulate import distractors, truth
from hinge_imu.simulate.distractors import DISTRACTORS, get_up, pick_up, put_down, walk
from hinge_imu.simulate.performance import Manner, Rep
from hinge_imu.simulate.sets import standing_set

NO_LIFTS = sorted(set(DISTRACTORS) - {"pick_up"})
"""A bar that is picked up, and nothing after it, looks like the rep that it could be."""


def hinges(count=4):
    plans = [Rep(70.0, 9.0, 1.6, 0.4, 1.2, 0.8, Manner()) for _ in range(count)]
    return lambda stage: standing_set(stage, plans, 1)


def rest(seconds):
    return lambda stage: stage.hold(seconds)


def elbows_on_knees(stage):
    with stage.distractor("sitting"):
        stage.move(0.9, {"lean": 40.0, "spine": 12.0, "thigh": 45.0})
        stage.move(0.9, {"lean": 40.0, "spine": 50.0, "thigh": 90.0})
        stage.hold(8.0)
        get_up(stage)


@pytest.fixture(scope="module")
def done(staged, with_errors, replayed):
    """Do one thing after the other; return what is said."""

    def do(*scenes, exercise="hinge", seed=0, **about):
        return replayed(with_errors(staged(*scenes, seed=seed), exercise, seed=seed, **about))

    return do


@pytest.mark.parametrize("exercise", ["auto", "hinge"])
@pytest.mark.parametrize("name", NO_LIFTS)
def test_nothing_else_that_people_do_is_a_rep(done, name, exercise):
    for seed in range(5):
        said = done(rest(6.0), DISTRACTORS[name], exercise=exercise, seed=seed)
        assert (said.reps, said.sets) == ([], []), seed


@pytest.mark.parametrize("name", ["walking", "hopping", "reaching", "lying", "walk_out", "pick_object"])
@pytest.mark.parametrize("exercise", ["deadlift", "swing"])
def test_nor_is_it_where_reps_come_from_the_floor(done, name, exercise):
    for seed in range(4):
        assert done(DISTRACTORS[name], exercise=exercise, seed=seed).reps == [], seed


@pytest.mark.parametrize("exercise", ["auto", "hinge"])
@pytest.mark.parametrize("seed", range(4))
def test_who_sits_with_elbows_on_knees_and_gets_up_has_done_no_rep(done, exercise, seed):
    said = done(elbows_on_knees, exercise=exercise, seed=seed)
    assert (said.reps, said.sets) == ([], [])


@pytest.mark.parametrize("seed", range(4))
def test_squats_are_none_however_many(done, seed):
    def five(stage):
        for _ in range(5):
            with stage.distractor("squat"):
                stage.move(1.4, {"lean": 38.0, "spine": 10.0, "thigh": 80.0, "shank": 26.0}, {"spine": 3})
                stage.move(1.2, {"lean": 0.0, "spine": 0.0, "thigh": 0.0, "shank": 0.0}, {"spine": -3})
                stage.hold(0.8)

    said = done(five, exercise="hinge", seed=seed)
    assert (said.reps, said.sets) == ([], [])


@pytest.mark.parametrize("exercise", ["rdl", "auto"])
@pytest.mark.parametrize("seed", range(4))
def test_a_bar_that_is_picked_up_and_put_down_is_no_part_of_its_set(done, exercise, seed):
    """One that is light in one's hands, from the floor, over bent knees and a round back."""

    def bend(kind):
        def act(stage):
            with stage.distractor(kind):
                stage.move(1.2, {"lean": 80.0, "spine": 42.0, "thigh": 25.0, "shank": 10.0})
                stage.hold(1.0)
                stage.move(1.2, {"lean": 0.0, "spine": 0.0, "thigh": 0.0, "shank": 0.0})

        return act

    said = done(bend("pick_up"), rest(2.5), hinges(5), rest(2.0), bend("put_down"), exercise=exercise, seed=seed)
    assert [count for _, _, count in said.sets] == [5]
    assert [rep.rep for rep in said.reps] == [1, 2, 3, 4, 5]
    picked, put = said.retracted
    assert picked.end_s < said.reps[0].start_s
    assert put.start_s > said.reps[-1].end_s


@pytest.mark.parametrize("name", ["plate_loading", "shoe_tying", "sitting", "lying", "squat", "hopping", "pick_object"])
@pytest.mark.parametrize("seed", range(2))
def test_what_is_done_between_two_sets_belongs_to_neither(done, name, seed):
    between = DISTRACTORS[name]
    said = done(hinges(), rest(16.0), between, rest(16.0), hinges(), seed=seed)
    assert [count for _, _, count in said.sets] == [4, 4]


@pytest.mark.parametrize("seed", range(3))
def test_a_recording_of_one_bend_was_made_for_it_however_hasty(done, seed):
    assert len(done(distractors.pick_object, seed=seed).reps) == 1


@pytest.mark.parametrize("seed", range(3))
def test_what_was_said_too_early_is_taken_back_under_its_own_name(done, seed):
    said = done(rest(6.0), distractors.pick_object, seed=seed)
    first, last = said.of(RepEvent)
    assert (first.status, last.status) == ("provisional", "retracted")
    assert first.id == last.id
    assert last.revision > first.revision
    assert said.of(SetEvent) == []


def test_ids_go_on_while_people_s_numbers_leave_out_what_was_taken_back(done):
    said = done(distractors.pick_object, rest(15.0), hinges(3), seed=1)
    assert [rep.id for rep in said.final] == [f"simulated-{n}" for n in (1, 2, 3, 4)]
    assert [(rep.set, rep.rep) for rep in said.reps] == [(1, 1), (1, 2), (1, 3)]


def test_a_set_of_which_nothing_is_left_uses_up_no_number(done):
    said = done(hinges(3), rest(15.0), distractors.pick_object, rest(15.0), hinges(3), seed=1)
    assert [(number, count) for number, _, count in said.sets] == [(1, 3), (2, 3)]
    assert [ended.id for ended in said.of(SetEvent)] == ["simulated-set-1", "simulated-set-2"]


@pytest.mark.parametrize("seed", range(3))
def test_walking_ends_a_set(done, seed):
    """In much less than the ten seconds of a rest."""

    def to_the_water(stage):
        walk(stage, 6)

    together = done(hinges(3), rest(5.0), hinges(3), seed=seed)
    apart = done(hinges(3), rest(1.0), to_the_water, rest(0.5), hinges(3), seed=seed)
    assert [count for _, _, count in together.sets] == [6]
    assert [count for _, _, count in apart.sets] == [3, 3]
    first, second = (min(rep.start_s for rep in apart.reps if rep.set == number) for number in (1, 2))
    assert second - first < 25


@pytest.mark.parametrize("seed", [1, 2])
def test_three_steps_may_be_anything_and_end_no_set(done, seed):
    def step_aside(stage):
        walk(stage, 3, about=False)

    said = done(hinges(3), rest(1.0), step_aside, rest(0.5), hinges(3), seed=seed)
    assert [count for _, _, count in said.sets] == [6]


def test_walking_after_a_lone_bend_says_that_it_was_on_the_way(done):
    """Who stays where the bend was may have done a rep."""
    one = hinges(1)
    assert len(done(one, rest(12.0), seed=1).reps) == 1
    said = done(one, rest(0.3), lambda stage: walk(stage, 6, about=False), rest(12.0), seed=1)
    assert (said.reps, len(said.retracted)) == ([], 1)


def test_walking_up_to_a_lone_bend_says_so_as_well(done):
    said = done(lambda stage: walk(stage, 6, about=False), rest(0.3), hinges(1), rest(12.0), seed=1)
    assert (said.reps, len(said.retracted)) == ([], 1)
    assert len(done(lambda stage: walk(stage, 6, about=False), rest(0.3), hinges(3), seed=1).reps) == 3


@pytest.mark.parametrize("seed", range(3))
def test_what_is_no_rep_makes_a_set_no_longer(done, seed):
    """A thing picked up from the floor in the middle of a rest of sixteen seconds."""
    said = done(hinges(4), rest(6.0), distractors.pick_object, rest(8.0), hinges(4), seed=seed)
    assert [count for _, _, count in said.sets] == [4, 4]


@pytest.mark.parametrize("seed", range(4))
def test_however_a_bar_is_picked_up_and_put_down_every_rep_between_is_counted(staged, with_errors, replayed, seed):
    lifter = staged(pick_up, rest(3.0), hinges(5), rest(2.5), put_down, seed=seed)
    said = replayed(with_errors(lifter, "rdl", seed=seed))
    for label in truth.labels(lifter, "rdl")["reps"]:
        assert sum(label["start_s"] < rep.bottom_s < label["end_s"] for rep in said.reps) == 1
    assert len(said.sets) == 1
