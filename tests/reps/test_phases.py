import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from hinge_imu.reps.phases import phase, smooth

RATE = 200.0


def minimum_jerk_rate(t, travel, duration):
    s = np.clip(t / duration, 0, 1)
    return travel / duration * 30 * s**2 * (1 - s) ** 2


def crossing(limit, travel, duration):
    """When a minimum-jerk movement's rate first passes the limit, by root finding."""
    return brentq(lambda t: minimum_jerk_rate(t, travel, duration) - limit, 0, duration / 2)


@settings(deadline=None, max_examples=40)
@given(travel=st.floats(40, 120), duration=st.floats(0.5, 2.4))
def test_a_minimum_jerk_phase_runs_while_its_rate_is_above_a_tenth_of_its_peak(travel, duration):
    t = np.arange(-1, duration + 1, 1 / RATE)
    found = phase(t, minimum_jerk_rate(t, travel, duration))
    start = crossing(0.1 * 1.875 * travel / duration, travel, duration)
    assert found.start == pytest.approx(start, abs=0.002)
    assert found.end == pytest.approx(duration - start, abs=0.002)
    assert found.duration == pytest.approx(duration - 2 * start, abs=0.003)


def test_a_slow_phase_runs_while_its_rate_is_above_three_degrees_a_second():
    t = np.arange(-1, 9, 1 / RATE)
    found = phase(t, minimum_jerk_rate(t, 20.0, 8.0))
    assert found.start == pytest.approx(crossing(3.0, 20.0, 8.0), abs=0.002)


def test_a_way_in_a_dozen_small_steps_is_one_phase_from_the_first_to_the_last():
    t = np.arange(0, 14, 1 / RATE)
    rate = np.where((t >= 1) & (t < 13) & (t % 1 < 0.5), 12.0, 0.0)
    found = phase(t, rate)
    assert (found.start, found.end) == pytest.approx((1.0, 12.5), abs=0.01)


def test_slow_drift_is_no_phase():
    t = np.arange(0, 20, 1 / RATE)
    assert phase(t, np.full(len(t), 2.9)) is None
    assert phase(t, -np.full(len(t), 50.0)) is None
    assert phase(t[:1], np.array([50.0])) is None
    assert phase(t[:0], t[:0]) is None


def test_a_phase_that_hesitates_stays_one_phase():
    t = np.arange(0, 5, 1 / RATE)
    rate = minimum_jerk_rate(t - 0.5, 40, 1.0) + minimum_jerk_rate(t - 2.5, 30, 1.0)
    assert (rate[round(1.6 * RATE) : round(2.4 * RATE)] < 1e-9).all()
    found = phase(t, rate)
    limit = 0.1 * 1.875 * 40
    assert found.start == pytest.approx(0.5 + crossing(limit, 40, 1.0), abs=0.002)
    assert found.end == pytest.approx(3.5 - crossing(limit, 30, 1.0), abs=0.002)


def test_a_stir_that_goes_nowhere_is_not_part_of_the_phase():
    t = np.arange(0, 5, 1 / RATE)
    stirs = minimum_jerk_rate(t - 0.2, 3, 0.4) + minimum_jerk_rate(t - 4.2, 3, 0.4)
    plain = minimum_jerk_rate(t - 1.5, 60, 1.5)
    assert phase(t, plain + stirs) == pytest.approx(phase(t, plain), abs=1e-9)


def test_smoothing_delays_nothing():
    t = np.arange(0, 6, 1 / RATE)
    bump = np.exp(-((t - 3.0) ** 2) / 0.3)
    smoothed = smooth(bump, RATE)
    assert t[np.argmax(smoothed)] == 3.0
    np.testing.assert_allclose(smoothed[601:], smoothed[599:0:-1], atol=1e-6)
    np.testing.assert_allclose(smoothed, bump, atol=0.02)


@pytest.mark.parametrize(("hz", "passes"), [(0.5, 1.0), (6.0, 0.5), (20.0, 0.01)])
def test_smoothing_keeps_what_is_slower_than_six_hertz(hz, passes):
    """Forth and back a second-order Butterworth passes 1 / (1 + (f / 6 Hz)^4) of an amplitude."""
    t = np.arange(0, 20, 1 / RATE)
    middle = slice(round(8 * RATE), round(12 * RATE))
    amplitude = np.ptp(smooth(np.sin(2 * np.pi * hz * t), RATE)[middle]) / 2
    assert amplitude == pytest.approx(passes, abs=0.01)


def test_each_column_is_smoothed_by_itself():
    angles = np.random.default_rng(0).normal(size=(500, 3)).cumsum(axis=0)
    together = smooth(angles, RATE)
    for column in range(3):
        np.testing.assert_allclose(together[:, column], smooth(angles[:, column], RATE))


def test_what_is_too_short_or_too_slow_to_smooth_stays_as_it_is():
    assert np.array_equal(smooth(np.arange(3.0), RATE), np.arange(3.0))
    assert np.array_equal(smooth(np.arange(30.0), 12.0), np.arange(30.0))
    assert smooth(np.arange(4.0), RATE).shape == (4,)
