"""Lifts from the floor, by simulated lifters with the errors of real parts, from samples to what is said."""

from dataclasses import replace
from itertools import pairwise

import pytest

from hinge_imu.events import FailedEvent, RepEvent
from hinge_imu.simulate import truth
from hinge_imu.simulate.performance import Manner, Rep
from hinge_imu.simulate.sets import floor_set

SEEDS = range(3)


def pull(pause=1.2, spine=25.0, **manner):
    return Rep(65.0, spine, 1.5, pause, 1.4, 0.9, Manner(**{"thigh_deg": 25.0, "shank_deg": 8.0, **manner}))


@pytest.fixture(scope="module")
def lifted(staged, with_errors, replayed):
    """Lift a set from the floor; return what is said, and the truth."""

    def lift(reps, ending="lowered", seed=0, exercise="deadlift", **about):
        lifter = staged(lambda stage: floor_set(stage, reps, 1, ending), seed=seed)
        said = replayed(with_errors(lifter, exercise, seed=seed, **about))
        return said, truth.labels(lifter, exercise)

    return lift


@pytest.fixture(scope="module", params=[1.2, 0.0, 4.0], ids=["dead stop", "touch and go", "long rest"])
def four(request, lifted):
    return lifted([pull(request.param) for _ in range(4)])


def test_the_pulls_are_the_reps_from_lift_off_to_lockout(four):
    said, true = four
    assert said.sets == [(1, "deadlift", 4)]
    for rep, label in zip(said.reps, true["reps"], strict=True):
        for name in ("start_s", "end_s", "concentric_s"):
            assert getattr(rep, name) == pytest.approx(label[name], abs=0.08), name
        assert rep.thorax_rom_deg == pytest.approx(label["thorax_rom_deg"], abs=2.0)


def test_neither_the_way_down_to_the_bar_nor_standing_up_without_it_is_a_rep(four):
    said, true = four
    set_up, standing_up = ((each["start_s"], each["end_s"]) for each in true["distractors"])
    for rep in said.reps:
        assert rep.start_s > set_up[1] - 0.1
        assert rep.end_s < standing_up[0]
    [empty] = said.retracted
    assert standing_up[0] - 0.1 < empty.start_s < empty.end_s < standing_up[1] + 0.1


def test_what_lies_on_the_floor_comes_before_the_pull(four):
    said, _ = four
    assert all(rep.bottom_s <= rep.start_s < rep.end_s for rep in said.of(RepEvent))
    for rep, after in pairwise(said.reps):
        assert rep.end_s < after.bottom_s


def test_the_lowering_after_lockout_is_the_rep_s_own_and_so_is_the_rest_on_the_floor(four):
    said, true = four
    for rep, label in zip(said.reps, true["reps"], strict=True):
        assert rep.eccentric_s == pytest.approx(label["eccentric_s"], abs=0.1)
        assert rep.top_pause_s == pytest.approx(label["top_pause_s"], abs=0.1)
    for rep, label in zip(said.reps[:-1], true["reps"][:-1], strict=True):
        assert rep.bottom_pause_s == pytest.approx(label["bottom_pause_s"], abs=0.15)
    assert said.reps[-1].bottom_pause_s is None, "the bar stays there"


def test_it_is_said_at_lockout_though_its_lowering_is_still_to_come(four):
    said, _ = four
    firsts = {event.id: event for event in reversed(said.of(RepEvent))}
    assert len(firsts) == 5
    for event in firsts.values():
        assert (event.revision, event.status) == (1, "provisional")
        assert 0 < event.said_s - event.end_s < 0.3
        assert (event.eccentric_s, event.bottom_pause_s, event.top_pause_s) == (None, None, None)
        assert event.tempo.startswith("?-?-")


def test_the_first_that_was_said_of_it_says_when_it_was_said_for_good(four):
    said, _ = four
    times = {}
    for event in said.of(RepEvent):
        assert times.setdefault(event.id, event.said_s) == event.said_s


@pytest.mark.parametrize("seed", SEEDS)
def test_one_that_is_dropped_from_lockout_counts_and_has_no_lowering(lifted, seed):
    said, true = lifted([pull() for _ in range(4)], "dropped", seed)
    assert said.sets == [(1, "deadlift", 4)]
    assert said.retracted == []
    *lowered, dropped = said.reps
    assert all(rep.eccentric_s is not None for rep in lowered)
    assert (dropped.eccentric_s, dropped.bottom_pause_s, dropped.top_pause_s) == (None, None, None)
    assert dropped.end_s == pytest.approx(true["reps"][-1]["end_s"], abs=0.08)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_heaviest_set_is_of_one(lifted, seed):
    said, _ = lifted([pull()], "dropped", seed)
    assert said.sets == [(1, "deadlift", 1)]


def test_the_bar_may_be_lowered_by_one_rep_alone(lifted):
    said, _ = lifted([pull()])
    assert said.sets == [(1, "deadlift", 1)]
    assert said.reps[0].eccentric_s is not None


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("ending", ["lowered", "failed"])
def test_a_pull_that_fails_is_said_and_is_no_rep(lifted, seed, ending):
    """In the middle of a set, or as its end."""
    tries = {} if ending == "failed" else {"attempt": 0.4}
    said, true = lifted([pull(), pull(**tries), pull()], ending, seed)
    assert said.sets == [(1, "deadlift", 3)]
    for rep, label in zip(said.reps, true["reps"], strict=True):
        assert rep.start_s == pytest.approx(label["start_s"], abs=0.1)
    [tried] = [each for each in true["distractors"] if each["kind"] == "failed_rep"]
    [failed] = said.of(FailedEvent)
    assert failed.set == 1
    assert tried["start_s"] < failed.at_s < tried["end_s"]


@pytest.mark.parametrize("seed", SEEDS)
def test_an_attempt_between_two_pulls_is_no_part_of_the_lowering(lifted, seed):
    said, true = lifted([pull(), pull(attempt=0.4), pull()], seed=seed)
    lowered = [rep.eccentric_s for rep in said.reps]
    assert lowered == pytest.approx([label["eccentric_s"] for label in true["reps"]], abs=0.15)


def test_a_back_is_judged_by_the_pull_alone(lifted):
    """Rounder than a deadlift may be on the way to the bar, and straight when it is pulled."""
    said, _ = lifted([pull(spine=34.0) for _ in range(3)])
    rounded = [fault for rep in said.reps for fault in rep.faults]
    assert rounded == []
    assert all(rep.spine_flexion_peak_deg < 40 for rep in said.reps)


def test_a_back_that_rounds_beyond_45_degrees_is_said_with_its_pull(lifted):
    said, true = lifted([pull(), pull(spine=30.0, load_deg=25.0), pull()])
    assert ["spine_rounding" in label["faults"] for label in true["reps"]] == [False, True, False]
    first, second, third = said.reps
    assert (first.faults, third.faults) == ((), ())
    [fault] = second.faults
    assert fault.limit == 45.0
    assert second.start_s < fault.at_s < second.end_s


@pytest.mark.parametrize(("rest", "sets"), [(12.0, [6]), (17.0, [3, 3])])
def test_a_set_from_the_floor_is_over_after_fifteen_seconds(staged, with_errors, replayed, rest, sets):
    """The bar is dropped from lockout before it, and pulled anew after it."""

    def twice(stage):
        floor_set(stage, [pull() for _ in range(3)], 1, "dropped")
        stage.hold(rest - 2.0)
        floor_set(stage, [pull() for _ in range(3)], 1)

    said = replayed(with_errors(staged(twice, seed=0), "deadlift", seed=0))
    assert [count for _, _, count in said.sets] == sets


def test_a_kettlebell_is_lifted_alike(lifted):
    said, _ = lifted([pull(spine=18.0) for _ in range(4)], exercise="kettlebell_deadlift")
    assert said.sets == [(1, "kettlebell_deadlift", 4)]


def test_digits_of_a_prescription_stand_for_the_same_as_in_every_lift(lifted):
    """Down, floor, up, top: what is lifted here is 1.2-1.5-1.2-1.1."""
    kept, _ = lifted([pull() for _ in range(3)], tempo="1.2-1.4-1.2-1.2")
    off, _ = lifted([pull() for _ in range(3)], tempo="3-1.4-1.2-1.2")
    assert [rep.faults for rep in kept.reps] == [()] * 3
    for rep in off.reps:
        [fault] = rep.faults
        assert (fault.name, fault.limit, fault.unit) == ("off_tempo", 3.0, "s")
        assert fault.value == rep.eccentric_s


def test_whether_one_who_settles_rounder_on_the_floor_still_lowers_could_be_argued_about(lifted):
    """The last tenth of the way down to the next pull's beginning is made with the bar on the floor."""
    plain, round_ = pull(), replace(pull(spine=53.0), depth_deg=75.0)
    _, true = lifted([plain, round_, plain])
    first, second, _ = true["reps"]
    assert "spine_rounding" in second["faults"]
    assert "spine_rounding" not in {*first["faults"], *first["faults_absent"]}
    _, true = lifted([plain, plain, plain])
    assert all("spine_rounding" in rep["faults_absent"] for rep in true["reps"])
