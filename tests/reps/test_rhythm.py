import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from hinge_imu.reps.rhythm import coupling, onset_s, spine_shares

RATE = 200.0
T = np.arange(0, 4, 1 / RATE)


def rate_of(travel, duration, start=1.0, t=T):
    """The rate of a minimum-jerk movement that begins at a time."""
    share = np.clip((t - start) / duration, 0, 1)
    return travel / duration * 30 * share**2 * (1 - share) ** 2


@settings(deadline=None, max_examples=40)
@given(late=st.floats(-0.5, 0.5), pelvis=st.floats(30, 70), thorax=st.floats(40, 100), duration=st.floats(1, 2))
def test_who_sets_off_first_is_said_with_its_lead_whatever_the_travels(late, pelvis, thorax, duration):
    lag = onset_s(T, rate_of(thorax, duration, 1.0 + late)) - onset_s(T, rate_of(pelvis, duration))
    assert lag == pytest.approx(late, abs=0.001)


def test_a_segment_sets_off_at_a_twentieth_of_its_peak_rate():
    found = onset_s(T, rate_of(60, 1.6))
    expected = brentq(lambda t: rate_of(60, 1.6, t=np.array([t]))[0] - 0.05 * 1.875 * 60 / 1.6, 1.0, 1.8)
    assert found == pytest.approx(expected, abs=0.001)


def test_an_onset_moves_with_the_time_of_day():
    moving = rate_of(50, 1.5)
    assert onset_s(T + 3600, moving) == pytest.approx(3600 + onset_s(T, moving), abs=1e-9)


def test_neither_the_rep_before_nor_a_stir_is_an_onset():
    plain = rate_of(60, 1.6, 1.5)
    assert onset_s(T, plain - rate_of(60, 0.8, 0.0)) == pytest.approx(onset_s(T, plain), abs=0.001)
    assert onset_s(T, plain + rate_of(3, 0.4, 0.2)) == pytest.approx(onset_s(T, plain), abs=0.001)


def test_a_movement_that_hesitates_set_off_before_it_hesitated():
    hesitant = rate_of(30, 0.8, 0.5) + rate_of(40, 1.0, 2.0)
    assert 0.5 < onset_s(T, hesitant) < 0.7


def test_an_onset_that_was_not_seen_is_not_guessed():
    moving = rate_of(60, 1.6)
    under_way = slice(round(1.5 * RATE), None)
    assert onset_s(T[under_way], moving[under_way]) is None
    assert onset_s(T, np.where(T < 0.1, np.nan, moving)) is None
    assert onset_s(T, np.zeros(len(T))) is None


@settings(deadline=None, max_examples=40)
@given(shares=st.tuples(*[st.floats(-0.3, 1.3)] * 3), travel=st.floats(20, 100), start=st.floats(-5, 40))
def test_each_third_of_the_way_down_has_the_share_that_the_spine_took_of_it(shares, travel, start):
    way = np.clip(np.cumsum(rate_of(1, 2.0, 0.5)) / RATE, 0, 1)
    spine = np.interp(way, [0, 1 / 3, 2 / 3, 1], np.cumsum([0, *shares]) / 3) * travel
    assert spine_shares(start + way * travel, spine) == pytest.approx(shares, abs=0.02)


def test_going_back_a_little_on_the_way_down_counts_for_no_third():
    there = np.linspace(0, 40, 200), np.linspace(40, 36, 20), np.linspace(36, 60, 120)
    thorax = np.concatenate(there)
    assert spine_shares(thorax, 0.25 * thorax) == pytest.approx([0.25] * 3, abs=0.01)


def test_shares_of_a_small_or_unseen_descent_are_not_said():
    thorax = np.linspace(0, 60, 100)
    holed = np.where(np.arange(100) == 50, np.nan, thorax)
    assert spine_shares(thorax * 14.9 / 60, thorax) is None
    assert spine_shares(thorax, holed) is None
    assert spine_shares(holed, thorax) is None
    assert spine_shares(thorax[:0], thorax[:0]) is None


@pytest.mark.parametrize(("pelvis", "thorax", "direction"), [(1, 1, 45), (0, 1, 90), (1, 0, 0), (-1, 1, 135)])
def test_a_back_that_always_shares_alike_has_one_direction(pelvis, thorax, direction):
    moving = rate_of(60, 1.6)
    found, spread = coupling(pelvis * moving, thorax * moving)
    assert found == pytest.approx(direction)
    assert spread == pytest.approx(0, abs=1e-5)


def test_hips_first_and_then_the_back_is_on_average_one_piece_but_varies():
    """Half of the path at 0 and half at 90 degrees: the mean vector is cos 45 long, and its deviation sqrt(ln 2)."""
    first, then = rate_of(40, 1.0, 0.5), rate_of(40, 1.0, 2.0)
    assert coupling(first, then) == pytest.approx((45, np.degrees(np.sqrt(np.log(2)))), rel=1e-6)


def test_no_direction_where_nothing_moved_or_was_seen():
    assert coupling(np.zeros(50), np.zeros(50)) is None
    assert coupling(np.ones(50), np.full(50, np.nan)) is None
    assert coupling(np.empty(0), np.empty(0)) is None
