import numpy as np
import pytest

from hinge_imu.simulate import repertoire, truth
from hinge_imu.simulate.pathologies import PATHOLOGIES, pathological
from hinge_imu.simulate.performance import Rep
from hinge_imu.simulate.styles import STYLES

TEMPO = (2.0, 1.0, 1.5, 1.0)
OF_EACH = [(fault, exercise) for fault, each in PATHOLOGIES.items() for exercise in sorted(each.lifts)]


def labelled(exercise, seed=0, tempo=None, **options):
    rng = np.random.default_rng(seed)
    lifter = repertoire.session(rng, exercise, reps=3, tempo=tempo, with_distractors=False, **options)
    return truth.labels(lifter, exercise, tempo)["reps"]


@pytest.mark.parametrize(("fault", "exercise"), OF_EACH)
def test_a_fault_that_is_meant_is_there_by_definition_and_the_reps_around_it_are_clean(fault, exercise):
    tempo = TEMPO if fault == "off_tempo" else None
    before, rep, after = labelled(exercise, tempo=tempo, fault=fault)
    assert fault in rep["faults"]
    assert fault not in before["faults"] + after["faults"]


@pytest.mark.parametrize(("fault", "exercise"), OF_EACH)
def test_who_stays_inside_the_limit_does_not_have_the_fault(fault, exercise):
    tempo = TEMPO if fault == "off_tempo" else None
    inside = -PATHOLOGIES[fault].typical
    _, rep, _ = labelled(exercise, tempo=tempo, fault=fault, beyond=inside)
    # A toe touch goes so far that its way down is quick in any second.
    assert fault not in rep["faults"] or (fault, exercise) == ("uncontrolled_lowering", "toe_touch")


@pytest.mark.parametrize("exercise", STYLES)
def test_a_clean_set_has_no_fault_of_posture(exercise):
    posture = {"spine_rounding", "spine_arching", "incomplete_lockout", "overextended_lockout", "not_square"}
    said = {fault for seed in range(4) for rep in labelled(exercise, seed) for fault in rep["faults"]}
    assert not said & posture


def test_the_grade_of_a_fault_is_how_far_the_rep_goes_beyond_the_limit():
    for beyond in (-10.0, 4.0, 12.0):
        _, rep, _ = labelled("rdl", fault="spine_rounding", beyond=beyond)
        assert rep["spine_flexion_peak_deg"] == pytest.approx(25.0 + beyond, abs=1.5)


def test_a_fault_that_an_exercise_does_not_know_is_refused_with_those_it_does():
    with pytest.raises(ValueError, match=r"--fault bounce: .* swing; these are: spine_rounding, .*not_square"):
        pathological(Rep(60, 9, 1, 0, 1, 1), "bounce", "swing", np.random.default_rng(0))


def test_a_blow_at_the_reversal_is_felt_by_the_pelvis_and_a_soft_touch_is_not():
    """0.8 g is the limit; half a g above it and below it."""
    hard, soft = (labelled("deadlift", fault="bounce", beyond=beyond)[1] for beyond in (0.5, -0.5))
    assert ("bounce" in hard["faults"], "bounce" in soft["faults_absent"]) == (True, True)


WITHIN = {
    "incomplete_lockout": ("end_s", "end_s"),
    "overextended_lockout": ("end_s", "end_s"),
    "off_tempo": ("start_s", "end_s"),
    "partial_rep": ("start_s", "end_s"),
}
"""Where a fault can only be; elsewhere anywhere from the onset to the end of the lowering."""


@pytest.mark.parametrize(("fault", "exercise"), OF_EACH)
def test_when_a_fault_began_is_said_of_those_that_are_there_and_of_no_others(fault, exercise):
    tempo = TEMPO if fault == "off_tempo" else None
    for rep in labelled(exercise, tempo=tempo, fault=fault):
        assert sorted(rep["faults_at_s"]) == sorted(rep["faults"])
        first, last = WITHIN.get(fault, ("start_s", "end_s"))
        after = rep.get("top_pause_s", 0.0) + rep.get("eccentric_s", 0.0) if rep["order"] == "con" else 0.0
        if fault in rep["faults"]:
            assert rep[first] - 0.3 <= rep["faults_at_s"][fault] <= rep[last] + after + 0.1


@pytest.mark.parametrize(("over_deg", "there"), [(0.6, False), (4.0, True)])
def test_half_a_rep_that_hardly_counts_as_one_can_be_argued_about(over_deg, there):
    """A hinge counts from 35 deg on, whatever the share of the others' that is."""
    usual = labelled("hinge", 3)[0]["thorax_rom_deg"]
    _, rep, _ = labelled("hinge", 3, fault="partial_rep", beyond=0.7 - (35.0 + over_deg) / usual)
    assert 35.0 < rep["thorax_rom_deg"] < 0.66 * usual
    assert ("partial_rep" in rep["faults"], "partial_rep" in rep["faults_absent"]) == (there, False)


def test_half_a_pull_is_held_for_a_lockout_since_one_that_turns_back_has_failed():
    pauses = [labelled("deadlift", seed, fault="partial_rep")[1]["top_pause_s"] for seed in (3, 5, 11)]
    assert min(pauses) > 1.0
