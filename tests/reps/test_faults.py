from types import SimpleNamespace

import numpy as np
import pytest

from hinge_imu.profiles import built_in
from hinge_imu.reps.faults import off_tempo, partial_rep, spine_rounding
from hinge_imu.reps.tempo import Prescription

T = np.arange(0, 4, 0.01)


def rounded(peak, seconds, at=2.0):
    """Spine flexion of 10 deg that stands at a peak for so long."""
    return np.where(np.abs(T - at) <= seconds / 2, peak, 10.0)


def test_rounding_beyond_the_limit_is_said_with_its_evidence():
    fault = spine_rounding(T, rounded(31.5, 0.5), built_in()["hinge"])
    assert (fault.name, fault.value, fault.limit, fault.unit) == ("spine_rounding", 31.5, 25.0, "deg")
    assert fault.at_s == pytest.approx(1.75)


@pytest.mark.parametrize(("seconds", "said"), [(0.08, False), (0.13, True)])
def test_a_spike_shorter_than_a_tenth_of_a_second_is_skin_or_strap(seconds, said):
    assert (spine_rounding(T, rounded(40.0, seconds), built_in()["rdl"]) is not None) is said


def test_the_value_is_that_of_a_crossing_that_lasted():
    spine = np.maximum(rounded(60.0, 0.05, at=0.5), rounded(30.0, 0.5))
    fault = spine_rounding(T, spine, built_in()["hinge"])
    assert fault.value == 30.0
    assert fault.at_s == pytest.approx(1.75)


def test_up_to_the_limit_nothing_is_said():
    assert spine_rounding(T, rounded(25.0, 1.0), built_in()["hinge"]) is None


def test_what_could_not_be_measured_is_no_fault():
    assert spine_rounding(T, np.full(len(T), np.nan), built_in()["hinge"]) is None


@pytest.mark.parametrize(
    ("exercise", "limit"),
    [("hinge", 25), ("rdl", 25), ("dowel", 25), ("kneeling", 25), ("deadlift", 45), ("swing", 35)],
)
def test_each_lift_has_the_limit_that_coaches_are_told(exercise, limit):
    assert spine_rounding(T, rounded(limit + 1.0, 0.5), built_in()[exercise]).limit == limit
    assert spine_rounding(T, rounded(limit - 1.0, 0.5), built_in()[exercise]) is None


def test_a_toe_touch_may_round():
    assert spine_rounding(T, rounded(60.0, 1.0), built_in()["toe_touch"]) is None


def bend(descent_deg):
    return SimpleNamespace(descent_deg=descent_deg, bottom_s=3.0)


@pytest.mark.parametrize(("went", "share"), [(49.1, None), (48.9, 69.857), (35.0, 50.0), (90.0, None)])
def test_less_than_seven_tenths_of_what_is_usual_is_a_partial_rep(went, share):
    fault = partial_rep(bend(went), 70.0)
    if share is None:
        assert fault is None
    else:
        assert (fault.name, fault.limit, fault.unit, fault.at_s) == ("partial_rep", 70.0, "%", 3.0)
        assert fault.value == pytest.approx(share, abs=0.01)


def test_while_it_is_not_known_what_is_usual_no_rep_is_partial():
    assert partial_rep(bend(10.0), None) is None


def test_of_several_digits_the_one_that_is_furthest_off_for_what_it_may_be_is_said():
    prescription = Prescription.parse("3-1-1-0")
    fault = off_tempo((3.9, 1.0, 1.8, 0.0), prescription, 12.5)
    assert (fault.name, fault.value, fault.limit, fault.unit, fault.at_s) == ("off_tempo", 1.8, 1.0, "s", 12.5)


@pytest.mark.parametrize("digits", [(3.2, 1.2, 0.9, 0.1), (None, None, None, None), (3.0, None, 1.0, None)])
def test_who_keeps_the_tempo_or_was_not_seen_is_not_told_off(digits):
    assert off_tempo(digits, Prescription.parse("3-1-1-0"), 0.0) is None


def test_without_a_prescription_there_is_no_tempo_to_be_off():
    assert off_tempo((9.0, 9.0, 9.0, 9.0), None, 0.0) is None
