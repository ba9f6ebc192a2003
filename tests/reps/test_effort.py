import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.spatial.transform import Rotation

from hinge_imu.reps.effort import G, impact_g, slowest_point, velocity
from hinge_imu.reps.phases import Phase

RATE = 200.0
T = np.arange(0, 4, 1 / RATE)


def share_of(t, start, duration):
    s = np.clip((t - start) / duration, 0, 1)
    return 10 * s**3 - 15 * s**4 + 6 * s**5


def rate_of(t, start, duration):
    s = np.clip((t - start) / duration, 0, 1)
    return 30 * s**2 * (1 - s) ** 2 / duration


@settings(deadline=None, max_examples=40)
@given(travel=st.floats(20, 110), duration=st.floats(0.6, 2.5), late=st.floats(0, 0.4), hours=st.integers(0, 20))
def test_a_minimum_jerk_movement_peaks_half_way_at_fifteen_eighths_of_its_mean(travel, duration, late, hours):
    start = 0.5 + late
    t0 = 3600.0 * hours
    during = Phase(t0 + start, t0 + start + duration)
    found = velocity(t0 + T, travel * share_of(T, start, duration), travel * rate_of(T, start, duration), during)
    assert found.mean == pytest.approx(travel / duration, rel=1e-3)
    assert found.peak == pytest.approx(15 / 8 * travel / duration, rel=2e-3)
    assert found.peak_s == pytest.approx(t0 + start + duration / 2, abs=0.006)


def test_a_segment_that_moves_against_the_phase_has_a_negative_mean():
    found = velocity(T, -5 * share_of(T, 1, 1), -5 * rate_of(T, 1, 1), Phase(1.0, 2.0))
    assert found.mean == pytest.approx(-5)


def test_a_hole_in_the_phase_hides_its_velocity_and_one_outside_does_not():
    angle, rate = 60 * share_of(T, 1, 1), 60 * rate_of(T, 1, 1)
    holes = [np.where(np.abs(T - at) < 0.02, np.nan, rate) for at in (0.5, 1.5)]
    assert velocity(T, angle, holes[0], Phase(1.0, 2.0)) == velocity(T, angle, rate, Phase(1.0, 2.0))
    assert velocity(T, angle, holes[1], Phase(1.0, 2.0)) is None
    assert velocity(T, angle, rate, Phase(1.0, 1.0)) is None


def pull(*parts):
    """A way up from 80 deg made of minimum-jerk parts (travel, start, duration): angle and speed upwards."""
    angle = 80 - sum(travel * share_of(T, start, duration) for travel, start, duration in parts)
    return angle, sum(travel * rate_of(T, start, duration) for travel, start, duration in parts)


def test_a_pull_that_slows_and_goes_on_has_its_slowest_point():
    parts = (40, 0.5, 1.4), (40, 1.5, 1.4)
    angle, speed = pull(*parts)
    valley = minimize_scalar(
        lambda t: sum(travel * rate_of(t, start, duration) for travel, start, duration in parts),
        bounds=(1.4, 2.0),
        method="bounded",
    ).x
    found = slowest_point(T, angle, speed)
    assert found.at_s == pytest.approx(valley, abs=0.006)
    assert found.angle == pytest.approx(np.interp(valley, T, angle), abs=0.3)


def test_of_two_slow_points_the_slower_is_said():
    angle, speed = pull((30, 0.2, 1.0), (30, 0.9, 1.0), (20, 2.1, 1.0))
    assert slowest_point(T, angle, speed).at_s == pytest.approx(2.0, abs=0.15)


def test_slowing_to_lock_out_is_no_slow_point():
    angle, speed = pull((70, 0.5, 1.2), (10, 2.0, 0.8))
    assert slowest_point(T, angle, speed) is None


def test_a_ripple_of_less_than_a_tenth_of_the_peak_is_no_slow_point():
    angle, speed = pull((80, 0.5, 2.0))
    assert slowest_point(T, angle, speed + 2 * np.sin(2 * np.pi * 3 * T)) is None
    assert slowest_point(T, angle, speed + 9 * np.sin(2 * np.pi * 3 * T)) is not None


def test_a_pull_that_was_not_all_seen_has_no_slow_point():
    angle, speed = pull((40, 0.5, 1.4), (40, 1.3, 1.4))
    assert slowest_point(T, angle, np.where(T < 0.1, np.nan, speed)) is None
    assert slowest_point(T[:2], angle[:2], speed[:2]) is None
    assert slowest_point(T, angle, np.zeros(len(T))) is None


def shaken(hz, size, axis=(0.0, 0.6, 0.8)):
    return size * np.sin(2 * np.pi * hz * T)[:, None] * np.array(axis)


@pytest.mark.parametrize("hz", [20.0, 30.0, 60.0])
def test_a_shake_passes_as_a_filter_that_is_run_both_ways_lets_it(hz):
    gain = 1 / (1 + (np.tan(np.pi * 15 / RATE) / np.tan(np.pi * hz / RATE)) ** 4)
    assert impact_g(T, shaken(hz, 2 * G), 2.0, RATE) == pytest.approx(2 * gain, rel=0.06)


def test_lifting_itself_is_no_blow():
    assert impact_g(T, shaken(2.0, 6.0), 2.0, RATE) < 0.02


@given(turn=st.tuples(*[st.floats(-3, 3)] * 3))
@settings(deadline=None, max_examples=20)
def test_how_the_board_sits_does_not_matter(turn):
    blow = shaken(25.0, 12.0) * np.exp(-(((T - 2.03) / 0.03) ** 2))[:, None]
    turned = Rotation.from_rotvec(turn).apply(blow)
    assert impact_g(T, turned, 2.0, RATE) == pytest.approx(impact_g(T, blow, 2.0, RATE), rel=1e-9)


def test_only_a_blow_near_the_reversal_counts():
    blow = shaken(40.0, 30.0) * np.exp(-(((T - 2.0) / 0.015) ** 2))[:, None]
    assert impact_g(T, blow, 2.05, RATE) > 1
    assert impact_g(T, blow, 2.5, RATE) < 1e-6


def test_what_more_was_recorded_changes_nothing():
    blow = shaken(40.0, 30.0) * np.exp(-(((T - 2.0) / 0.03) ** 2))[:, None]
    short = slice(round(1.7 * RATE), round(2.3 * RATE))
    assert impact_g(T[short], blow[short], 2.0, RATE) == impact_g(T, blow, 2.0, RATE)


def test_a_blow_that_cannot_have_been_seen_is_not_called_soft():
    blow = shaken(25.0, 12.0)
    holed = np.where(np.abs(T - 2.05)[:, None] < 0.01, np.nan, blow)
    assert impact_g(T, holed, 2.0, RATE) is None
    assert impact_g(T, holed, 3.0, RATE) is not None
    assert impact_g(T, blow, 0.05, RATE) is None, "recorded from 0.05 s before the reversal on"
    assert impact_g(T[::4], blow[::4], 2.0, RATE / 4) is None
