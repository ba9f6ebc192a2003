import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinge_imu.reps.posture import at_deg, neutral_depth_deg, out_of_neutral_share, range_of_motion_deg

RATE = 100.0
PELVIS = np.linspace(0, 60, 201)


@given(st.lists(st.floats(-90, 140), min_size=1, max_size=30), st.floats(-20, 20))
def test_a_range_does_not_depend_on_the_stance_it_is_measured_against(angles, stance):
    plain = range_of_motion_deg(np.array(angles))
    assert plain == pytest.approx(max(angles) - min(angles))
    assert range_of_motion_deg(np.array(angles) - stance) == pytest.approx(plain, abs=1e-9)


def test_an_angle_is_read_between_samples_and_never_beyond_them():
    t = np.array([1.0, 2.0, 3.0])
    angle = np.array([10.0, 20.0, np.nan])
    assert at_deg(t, angle, 1.25) == pytest.approx(12.5)
    assert at_deg(t, angle, 2.5) is None
    assert at_deg(t, angle, 0.9) is None


def test_the_share_out_of_neutral_counts_both_ways():
    spine = np.concatenate([np.zeros(50), np.full(30, 10.5), np.full(20, -12.0)])
    assert out_of_neutral_share(spine) == pytest.approx(0.5)
    assert out_of_neutral_share(spine, band_deg=11.0) == pytest.approx(0.2)


def test_the_neutral_depth_is_where_the_back_begins_to_round():
    spine = np.where(PELVIS > 42, 10.0 + PELVIS - 42, 4.0)
    assert neutral_depth_deg(PELVIS, spine, RATE) == pytest.approx(42, abs=0.4)


def test_a_back_that_keeps_its_shape_is_neutral_all_the_way():
    assert neutral_depth_deg(PELVIS, np.full(201, 9.9), RATE) == 60
    assert neutral_depth_deg(PELVIS, np.full(201, -30.0), RATE) == 60, "arching is not rounding"


@pytest.mark.parametrize(("samples", "depth"), [(9, 60.0), (10, 15.0)])
def test_a_spike_of_less_than_a_tenth_of_a_second_is_not_rounding(samples, depth):
    spine = np.zeros(201)
    spine[50 : 50 + samples] = 20
    assert neutral_depth_deg(PELVIS, spine, RATE) == pytest.approx(depth)


def test_what_was_not_all_seen_is_not_measured():
    holed = np.where(PELVIS == 30, np.nan, PELVIS)
    assert range_of_motion_deg(holed) is None
    assert out_of_neutral_share(holed) is None
    assert neutral_depth_deg(holed, np.zeros(201), RATE) is None
    assert neutral_depth_deg(PELVIS, holed, RATE) is None
    assert range_of_motion_deg(np.empty(0)) is None
    assert out_of_neutral_share(np.empty(0)) is None
