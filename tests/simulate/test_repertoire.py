from itertools import pairwise

import numpy as np
import pytest

from hinge_imu.simulate import repertoire, truth
from hinge_imu.simulate.styles import FROM_THE_FLOOR, STYLES

SEEDS = range(40)


@pytest.fixture(scope="module")
def drawn():
    return [repertoire.draw(seed) for seed in SEEDS]


@pytest.fixture(scope="module")
def labels(drawn):
    return [truth.labels(lifter, exercise) for lifter, exercise, _ in drawn]


def test_one_seed_draws_one_session_and_another_another():
    t = np.linspace(0, 10, 50)
    one, same, other = (repertoire.draw(seed).lifter.inclinations(t) for seed in (5, 5, 6))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_every_session_begins_with_a_second_of_standing_still(drawn):
    t = np.arange(0, 1, 0.01)
    for lifter, _, _ in drawn:
        for sensor in (0, 1):
            _, rate = lifter.specific_force_and_rate(sensor, t)
            assert np.degrees(np.linalg.norm(rate, axis=1)).max() < 4


def test_many_sessions_are_of_every_kind_and_most_lifts(drawn):
    assert {kind for _, _, kind in drawn} == {"set", "sets", "medley", "distractors"}
    assert len({exercise for _, exercise, _ in drawn}) > 9
    assert all(14 < lifter.timetable.duration_s < 220 for lifter, _, _ in drawn)


def test_who_only_does_other_things_makes_no_rep(drawn, labels):
    for (_, _, kind), truths in zip(drawn, labels, strict=True):
        assert bool(truths["reps"]) == (kind != "distractors")
        assert truths["distractors"] or kind != "distractors"


def test_reps_follow_each_other_and_are_numbered_in_their_sets(labels):
    for truths in labels:
        assert [rep["start_s"] for rep in truths["reps"]] == sorted(rep["start_s"] for rep in truths["reps"])
        for rep, after in pairwise(truths["reps"]):
            assert rep["end_s"] < after["start_s"]
        for number, each in enumerate(truths["sets"], 1):
            numbers = [rep["rep"] for rep in truths["reps"] if rep["set"] == number]
            assert numbers == list(range(1, each["n"] + 1))


def test_no_rep_happens_inside_a_distractor(labels):
    for truths in labels:
        for rep in truths["reps"]:
            middle = (rep["start_s"] + rep["end_s"]) / 2
            assert not [each for each in truths["distractors"] if each["start_s"] < middle < each["end_s"]]


def test_no_fault_is_both_there_and_absent(labels):
    assert not [rep for each in labels for rep in each["reps"] if {*rep["faults"]} & {*rep["faults_absent"]}]


@pytest.mark.parametrize("exercise", STYLES)
def test_a_session_has_the_sets_and_reps_that_were_asked_for(exercise):
    lifter = repertoire.session(np.random.default_rng(3), exercise, sets=2, reps=3)
    truths = truth.labels(lifter, exercise)
    assert [each["n"] for each in truths["sets"]] == [3, 3]
    assert {rep["order"] for rep in truths["reps"]} == (
        {"con"} if exercise in FROM_THE_FLOOR else {"con", "ecc"} if exercise == "swing" else {"ecc"}
    )
    least = {"kneeling": 25, "deadlift": 30, "kettlebell_deadlift": 30, "swing": 30, "toe_touch": 50}.get(exercise, 35)
    assert min(rep["thorax_rom_deg"] for rep in truths["reps"]) > 0.9 * least


def test_a_medley_names_the_exercise_of_each_set():
    lifter = repertoire.medley(np.random.default_rng(0), ["rdl", "swing"])
    truths = truth.labels(lifter, "auto")
    assert [each["exercise"] for each in truths["sets"]] == ["rdl", "swing"]
    assert {(rep["set"], rep["exercise"]) for rep in truths["reps"]} == {(1, "rdl"), (2, "swing")}


@pytest.mark.parametrize("tempo", [(3.0, 1.0, 1.0, 1.0), (6.0, 1.0, 2.0, 1.5), (1.0, 0.0, 1.0, 0.0)])
@pytest.mark.parametrize("exercise", ["rdl", "deadlift"])
def test_a_prescribed_tempo_is_kept(exercise, tempo):
    lifter = repertoire.session(np.random.default_rng(1), exercise, reps=4, tempo=tempo, with_distractors=False)
    for rep in truth.labels(lifter, exercise, tempo)["reps"]:
        assert "off_tempo" not in rep["faults"]
        assert rep["eccentric_s"] == pytest.approx(tempo[0], abs=max(0.3, 0.2 * tempo[0]))
        assert rep["concentric_s"] == pytest.approx(tempo[2], abs=max(0.3, 0.2 * tempo[2]))


def test_an_exercise_that_there_is_not_is_refused_with_those_that_there_are():
    with pytest.raises(ValueError, match=r"--exercise curl: is not simulated; these are: hinge, .*dowel"):
        repertoire.session(np.random.default_rng(0), "curl")
