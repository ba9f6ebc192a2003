import itertools
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinge_imu.reps.tempo import Prescription, compare
from hinge_imu.reps.trend import deviation, measure_set, trend, variation_share, velocity_losses

VALUES = st.lists(st.floats(0.5, 100), min_size=5, max_size=15)


@given(VALUES)
def test_variation_is_the_deviation_over_the_mean(values):
    expected = statistics.stdev(values)
    assert deviation(np.array(values)) == pytest.approx(expected, abs=1e-9)
    assert variation_share(np.array(values)) == pytest.approx(expected / statistics.mean(values), abs=1e-9)


@given(VALUES)
def test_reps_that_were_not_measured_do_not_vary(values):
    holed = np.insert(np.array(values), [1, 4], np.nan)
    assert deviation(holed) == deviation(np.array(values))


def test_variation_takes_three_reps_and_a_mean_above_zero():
    assert deviation(np.array([3.0, 5.0, np.nan])) is None
    assert variation_share(np.array([3.0, 5.0])) is None
    assert variation_share(np.array([-3.0, 0.0, 3.0])) is None
    assert deviation(np.array([-3.0, 0.0, 3.0])) == pytest.approx(3)


@given(VALUES)
def test_a_trend_is_the_median_slope_of_all_pairs_of_reps(values):
    slopes = [(b - a) / (j - i) for (i, a), (j, b) in itertools.combinations(enumerate(values), 2)]
    found = trend(np.array(values))
    assert found.slope == pytest.approx(statistics.median(slopes), abs=1e-9)
    assert min(slopes) <= found.low <= found.slope <= found.high <= max(slopes)


def test_one_odd_rep_does_not_turn_a_trend():
    steady = 10 + 1.5 * np.arange(9.0)
    odd = np.where(np.arange(9) == 4, 60.0, steady)
    assert trend(odd).slope == pytest.approx(1.5)
    assert trend(odd).low <= 1.5 <= trend(odd).high


def test_a_rep_that_was_not_measured_still_took_its_turn():
    holed = np.where(np.arange(9) == 4, np.nan, 10 + 1.5 * np.arange(9.0))
    assert trend(holed).slope == pytest.approx(1.5)


def test_four_reps_show_no_trend():
    """The most that four can do is rise all the way, and one order in twelve goes all one way by chance."""
    one_way = sum(list(order) in ([0, 1, 2, 3], [3, 2, 1, 0]) for order in itertools.permutations(range(4)))
    assert one_way / 24 > 0.05
    assert trend(np.arange(4.0)) is None
    assert trend(np.arange(5.0)).slope == pytest.approx(1)


def test_velocity_is_lost_against_the_fastest_rep_so_far():
    losses = velocity_losses(np.array([80.0, 100.0, np.nan, 90.0, 75.0]))
    np.testing.assert_allclose(losses, [0, 0, np.nan, 0.1, 0.25])


@given(VALUES, st.integers(1, 5))
def test_what_was_lost_at_a_rep_does_not_change_with_what_follows(values, first):
    means = np.array(values)
    np.testing.assert_array_equal(velocity_losses(means[:first]), velocity_losses(means)[:first])


def test_where_nothing_went_up_no_velocity_is_lost():
    assert np.isnan(velocity_losses(np.array([np.nan, -5.0, 0.0]))).all()


def tiring(n):
    return [
        {
            "pelvis_rom_deg": 60.0 + (-1) ** i,
            "thorax_rom_deg": 70.0,
            "eccentric_s": 2.0,
            "concentric_s": 1.0 + 0.1 * i,
            "thorax_concentric_mean_deg_s": 70.0 - 4.0 * i,
            "spine_flexion_peak_deg": 8.0 + 2.0 * i if i != 1 else None,
        }
        for i in range(n)
    ]


def test_a_tiring_set_is_told_by_its_reps_as_they_were_published():
    verdicts = [compare(Prescription.parse("2-0-1-0"), (2.0, 0.1, rep["concentric_s"], None)) for rep in tiring(7)]
    found = measure_set(tiring(7), verdicts)
    assert found["spine_flexion_peak_trend_deg"] == pytest.approx(2)
    assert found["concentric_trend_s"] == pytest.approx(0.1)
    assert found["thorax_concentric_mean_trend_deg_s"] == pytest.approx(-4)
    assert found["thorax_concentric_mean_trend_low_deg_s"] <= -4 <= found["thorax_concentric_mean_trend_high_deg_s"]
    assert found["velocity_loss_share"] == pytest.approx(24 / 70)
    assert found["tempo_kept_share"] == pytest.approx(4 / 7), "from the fifth on the way up takes 1.4 s"
    assert found["thorax_rom_cv_share"] == 0
    assert found["pelvis_rom_cv_share"] == pytest.approx(statistics.stdev([61, 59, 61, 59, 61, 59, 61]) / 60, rel=0.01)
    assert found["spine_flexion_peak_sd_deg"] == pytest.approx(statistics.stdev([8, 12, 14, 16, 18, 20]))


def test_a_last_rep_that_is_fast_again_has_lost_little():
    means = (80.0, 100.0, 60.0, 95.0, None)
    found = measure_set([{"thorax_concentric_mean_deg_s": mean} for mean in means])
    assert found["velocity_loss_share"] == pytest.approx(0.05)


@pytest.mark.parametrize("reps", [[], tiring(1), [{}] * 8], ids=["none", "one", "eight of which nothing is known"])
def test_of_too_little_nothing_is_said(reps):
    measured = measure_set(reps)
    assert set(measured.values()) == {None}
