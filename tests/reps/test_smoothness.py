import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import brentq

from hinge_imu.reps.phases import phase
from hinge_imu.reps.smoothness import ldlj, sparc

RATE = 200.0


def minimum_jerk_speed(share):
    return 30 * share**2 * (1 - share) ** 2


def minimum_jerk(travel=60.0, duration=1.5, rate=RATE):
    t = np.arange(0, duration + 0.5 / rate, 1 / rate)
    return minimum_jerk_speed(t / duration) * travel / duration


def curvature(share):
    return 30 * (2 - 12 * share + 12 * share**2)


def test_the_spectral_arc_length_is_that_which_its_authors_publish_for_a_bell():
    """The value stands in their reference implementation for this very movement."""
    bell = np.exp(-5 * np.arange(-1, 1, 0.01) ** 2)
    assert sparc(bell, 100.0) == pytest.approx(-1.41403, abs=1e-5)
    assert ldlj(bell, 100.0, 2.0) == pytest.approx(-5.81636, abs=0.02)


def test_the_spectral_arc_length_of_a_minimum_jerk_movement_is_that_of_its_fourier_integral():
    duration = 1.5

    def amplitude(hz):
        real = quad(
            lambda t: minimum_jerk_speed(t / duration) * np.cos(2 * np.pi * hz * (t - duration / 2)), 0, duration
        )
        return abs(real[0]) / duration

    end = brentq(lambda hz: amplitude(hz) - 0.05, 0.8, 2.0)
    hz = np.linspace(0, end, 400)
    length = np.hypot(1 / 399, np.diff([amplitude(each) for each in hz])).sum()
    assert sparc(minimum_jerk(duration=duration), RATE) == pytest.approx(-length, abs=0.012), (
        "read off a spectrum in steps"
    )
    assert -1.6 < -length < -1.4, "as published for such movements"


def test_the_jerk_of_a_minimum_jerk_movement_is_the_least_there_is():
    """With its peak at 1.875 times its mean, 720 / 1.875^2 = 204.8."""
    assert quad(lambda share: curvature(share) ** 2, 0, 1)[0] == pytest.approx(720)
    assert ldlj(minimum_jerk(), RATE, 1.5) == pytest.approx(-np.log(204.8), abs=0.02)


@pytest.mark.parametrize("duration", [0.6, 1.5, 5.0])
@pytest.mark.parametrize("rate", [50.0, 100.0, 200.0])
def test_a_phase_cut_as_phases_are_has_the_jerk_of_that_part(duration, rate):
    t = np.arange(0, duration + 0.5 / rate, 1 / rate)
    speed = minimum_jerk(120.0, duration, rate)
    cut = phase(t, speed)
    start = brentq(lambda share: minimum_jerk_speed(share) - 0.1875, 0, 0.5)
    part = (1 - 2 * start) ** 3 * quad(lambda share: curvature(share) ** 2, start, 1 - start)[0] / 1.875**2
    inside = speed[(t >= cut.start) & (t <= cut.end)]
    assert ldlj(inside, rate, cut.duration) == pytest.approx(-np.log(part), abs=0.07)
    assert sparc(inside, rate) == pytest.approx(-1.52, abs=0.02)


@settings(deadline=None, max_examples=40)
@given(scale=st.floats(0.01, 100), slower=st.floats(0.5, 3))
def test_neither_how_far_nor_how_fast_a_movement_went_matters(scale, slower):
    fast, slow = minimum_jerk(), scale * minimum_jerk(duration=1.5 * slower)
    assert sparc(slow, RATE) == pytest.approx(sparc(fast, RATE), abs=0.02)
    assert ldlj(slow, RATE, 1.5 * slower) == pytest.approx(ldlj(fast, RATE, 1.5), abs=0.03)


@settings(deadline=None, max_examples=40)
@given(hz=st.floats(2, 6), size=st.floats(0.2, 0.5))
def test_a_tremor_is_less_smooth_by_either_number(hz, size):
    plain = minimum_jerk(duration=2.0)
    t = np.arange(len(plain)) / RATE
    trembling = plain * (1 + size * np.sin(2 * np.pi * hz * t))
    assert sparc(trembling, RATE) < sparc(plain, RATE)
    assert ldlj(trembling, RATE, 2.0) < ldlj(plain, RATE, 2.0)


def test_two_movements_in_a_row_are_less_smooth_than_one():
    twice = np.concatenate([minimum_jerk(30, 0.75), minimum_jerk(30, 0.75)])
    assert sparc(twice, RATE) < -2
    assert ldlj(twice, RATE, 1.5) < -np.log(204.8) - 2


@pytest.mark.parametrize(
    "speed",
    [np.empty(0), np.zeros(50), minimum_jerk()[:7], np.where(np.arange(301) == 150, np.nan, minimum_jerk())],
    ids=["empty", "still", "seven samples", "a hole"],
)
def test_what_has_no_shape_is_not_measured(speed):
    assert sparc(speed, RATE) is None
    assert ldlj(speed, RATE, 1.0) is None


def test_a_straight_line_has_no_jerk_to_take_the_logarithm_of():
    assert ldlj(np.full(20, 8.0), RATE, 0.1) is None
