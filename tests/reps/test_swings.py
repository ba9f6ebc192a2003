"""Swings, by simulated lifters with the errors of real parts, from samples to what is said."""

import numpy as np
import pytest

from hinge_imu.events import RepEvent
from hinge_imu.simulate import truth
from hinge_imu.simulate.performance import Manner, Rep
from hinge_imu.simulate.sets import swing_set


def swing(top=0.2):
    return Rep(68.0, 18.0, 0.6, -0.1, 0.55, top, Manner(thigh_deg=10.0))


@pytest.fixture(scope="module")
def swung(staged, with_errors, replayed):
    def build(seed=0, exercise="swing", reps=6, top=0.2, **about):
        lifter = staged(lambda stage: swing_set(stage, [swing(top) for _ in range(reps)], 1), seed=seed)
        return replayed(with_errors(lifter, exercise, seed=seed, **about)), truth.labels(lifter, "swing")

    return build


@pytest.fixture(scope="module", params=range(3))
def six(request, swung):
    return swung(request.param)


def test_neither_the_hike_nor_the_park_is_a_swing(six):
    said, true = six
    assert said.sets == [(1, "swing", 6)]
    for rep, label in zip(said.reps, true["reps"], strict=True):
        assert rep.end_s == pytest.approx(label["end_s"], abs=0.08)


def test_the_first_comes_out_of_the_hike_and_has_no_way_down(six):
    said, true = six
    first, *others = said.reps
    assert first.bottom_s <= first.start_s
    assert (first.eccentric_s, first.bottom_pause_s) == (None, None)
    assert first.start_s == pytest.approx(true["reps"][0]["start_s"], abs=0.08)
    for rep, label in zip(others, true["reps"][1:], strict=True):
        assert rep.start_s < rep.bottom_s < rep.end_s
        assert rep.eccentric_s == pytest.approx(label["eccentric_s"], abs=0.08)


def test_swings_follow_each_other_as_fast_as_they_were_swung(six):
    said, _ = six
    assert np.diff([rep.bottom_s for rep in said.reps[1:]]) == pytest.approx(0.6 - 0.1 + 0.55 + 0.2, abs=0.05)


def test_what_is_said_of_the_park_is_taken_back(six):
    said, true = six
    parked = next(each for each in true["distractors"] if each["kind"] == "park")
    too_many = {event.id for event in said.of(RepEvent) if event.end_s > parked["start_s"]}
    assert too_many == {rep.id for rep in said.retracted}
    assert all(rep.revision > 1 for rep in said.retracted)


def test_each_is_said_before_the_next_one_turns(six):
    said, _ = six
    for rep in said.reps:
        assert 0 < rep.said_s - rep.end_s < 0.3


def test_nobody_asks_for_a_tempo_in_swings_nor_calls_one_partial(swung):
    said, _ = swung(tempo="3-1-1-0")
    assert {fault.name for rep in said.reps for fault in rep.faults} == set()


@pytest.mark.parametrize(("rest", "sets"), [(3.5, [10]), (7.0, [5, 5])])
def test_a_set_of_swings_is_over_after_five_seconds(staged, with_errors, replayed, rest, sets):
    """The bell is held at the top meanwhile."""

    def scene(stage):
        held = [swing(rest if number == 4 else 0.2) for number in range(10)]
        swing_set(stage, held, 1)

    said = replayed(with_errors(staged(scene), "swing"))
    assert [count for _, _, count in said.sets] == sets
