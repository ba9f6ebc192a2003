import numpy as np
import pytest

from hinge_imu.profiles import built_in
from hinge_imu.reps.faults import spine_rounding

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
