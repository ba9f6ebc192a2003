import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from hinge_imu.simulate.plan import PEAK_RATE, RepPlan, Timetable, edge, for_tempo, minimum_jerk


def test_a_minimum_jerk_movement_is_the_quintic_that_starts_and_ends_at_rest():
    """Solve for the six coefficients: position, velocity and acceleration given at both ends."""
    powers = np.arange(6)
    conditions = [
        np.where(powers < d, 0.0, np.prod([powers - i for i in range(d)], axis=0)) * np.where(powers == d, 1.0, end)
        for end in (0.0, 1.0)
        for d in range(3)
    ]
    coefficients = np.linalg.solve(conditions, [0, 0, 0, 1, 0, 0])
    s = np.linspace(0, 1, 1001)
    np.testing.assert_allclose(minimum_jerk(s), np.polynomial.Polynomial(coefficients)(s), atol=1e-12)
    assert minimum_jerk(np.array([-1.0, 2.0])).tolist() == [0.0, 1.0]


def test_its_peak_rate_is_that_of_its_numerical_derivative():
    s = np.linspace(0, 1, 100_001)
    assert np.gradient(minimum_jerk(s), s).max() == pytest.approx(PEAK_RATE, rel=1e-6)


@settings(deadline=None, max_examples=60)
@given(travel=st.floats(10, 120), duration=st.floats(0.4, 4))
def test_the_edge_is_where_the_numerical_rate_passes_the_limit(travel, duration):
    def rate(s, h=1e-5):
        return travel * np.diff(minimum_jerk(np.array([s - h, s + h])))[0] / (2 * h * duration)

    limit = max(0.1 * rate(0.5), 3.0)
    if rate(0.5) < limit * 1.001:
        return
    assert edge(travel, duration) == pytest.approx(brentq(lambda s: rate(s) - limit, 0, 0.5), abs=1e-5)


def test_a_movement_that_no_observer_would_see_is_refused():
    with pytest.raises(ValueError, match=r"5 degrees in 10\.0 s never reach 3 deg/s"):
        edge(5.0, 10.0)


TEMPI = [(3.0, 1.0, 1.0, 0.8), (2.2, 0.5, 1.2, 1.0), (1.0, 0.6, 0.8, 0.7), (4.0, 2.0, 1.5, 1.0)]


@pytest.mark.parametrize("tempo", TEMPI)
@pytest.mark.parametrize("depth", [40.0, 70.0, 105.0])
def test_an_observer_times_a_plan_with_the_digits_that_were_prescribed(tempo, depth):
    """Each movement is timed where its numerical rate is above a tenth of its peak, and above 3 deg/s."""
    plan = for_tempo(depth, 9.0, tempo)
    t = np.arange(0, plan.duration_s, 1e-4)
    down = depth * minimum_jerk(t / plan.eccentric_s)
    up = depth * minimum_jerk((t - plan.eccentric_s - plan.bottom_pause_s) / plan.concentric_s)
    edges = []
    for angle in (down, up):
        rate = np.gradient(angle, t)
        moving = np.flatnonzero(rate > max(0.1 * rate.max(), 3.0))
        edges += [t[moving[0]], t[moving[-1]]]
    onset, bottom, pull, lockout = edges
    seen = bottom - onset, pull - bottom, lockout - pull, plan.duration_s - lockout + onset
    assert seen == pytest.approx(tempo, abs=0.002)


def test_a_pause_shorter_than_the_slow_ends_becomes_none_at_all():
    assert for_tempo(70.0, 9.0, (3.0, 0.05, 3.0, 0.0)).bottom_pause_s == 0.0


def test_a_timetable_has_its_reps_between_two_still_stretches():
    reps = (RepPlan(70, 9, 2, 0.5, 1, 1), RepPlan(60, 8, 1, 0, 1, 0.5))
    timetable = Timetable(reps, still_s=3.0)
    assert timetable.onsets_s.tolist() == [3.0, 7.5, 10.0]
    assert timetable.duration_s == 13.0
    assert Timetable(()).duration_s == 4.0
