"""Boards that join late or go, and stances that are mended."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from trunk import PELVIS, RATE, SIDE, THORAX, T, aligned, deg, leaning, posed


def late(poses, since_s, sensor):
    """One board joins so many seconds after the other, and is never still for a second."""
    missing = since_s > T
    poses.up[missing, sensor] = poses.acc[missing, sensor] = 0.0
    poses.valid[missing, sensor] = poses.still[:, sensor] = False
    return poses


@pytest.mark.parametrize("sensor", [0, 1])
@pytest.mark.parametrize(
    ("since_s", "upright_s"),
    [(4.2, 6.0), (7.0, 7.3), (9.5, 11.0)],  # while bent, between two bends, while bent again
)
def test_a_board_that_joins_late_takes_its_stance_when_the_other_one_is_upright(sensor, since_s, upright_s):
    found = deg(aligned(late(posed(PELVIS, THORAX, seed=3), since_s, sensor)))[sensor]
    true = (PELVIS, THORAX)[sensor]
    stance = T[np.isfinite(found)][0]
    assert stance == pytest.approx(upright_s, abs=0.3)
    assert np.isfinite(found[stance < T]).all()
    assert found[stance < T] == pytest.approx(true[stance < T], abs=1.0)


def test_a_board_that_joins_late_while_the_wearer_holds_still_bent_waits_for_upright():
    bent = leaning(T, (3, 9, 70)) * (T < 6) + 70.0 * ((T >= 6) & (T < 9)) + leaning(T, (6, 12, 70)) * (T >= 9)
    poses = late(posed(0.8 * bent, bent), 6.5, 0)
    poses.still[(T > 7.5) & (T < 9)] = True
    pelvis, _, _ = deg(aligned(poses))
    assert np.isnan(pelvis[T < 11.4]).all()
    assert pelvis[T > 12.5] == pytest.approx((0.8 * bent)[T > 12.5], abs=1.0)


def test_a_stance_that_a_filter_took_before_it_had_settled_is_mended_after_each_bend():
    """Gravity is off by six degrees when the board joins, and comes right within seconds."""
    long = np.arange(0, 60, 1 / RATE)
    thorax = leaning(long, *[(3 + 5 * i, 6 + 5 * i, 70) for i in range(11)])
    poses = posed(0.8 * thorax, thorax)
    missing = long < 4.5
    poses.up[missing, 1] = poses.acc[missing, 1] = 0.0
    poses.valid[missing, 1] = poses.still[:, 1] = False
    off = Rotation.from_rotvec(np.radians(6.0) * np.exp(-(long - 4.5) / 3.0)[~missing, None] * [0.0, 0.0, 1.0])
    poses.up[~missing, 1] = off.apply(poses.up[~missing, 1])
    _, found, _ = deg(aligned(poses))
    assert np.abs(found - thorax)[(long > 6.5) & (long < 7.5)].max() > 1.0
    assert np.abs(found - thorax)[long > 40].max() < 1.0


def test_with_the_other_board_gone_a_still_second_is_taken_for_the_stance():
    poses = late(posed(PELVIS, THORAX), 7.0, 0)
    poses.valid[T > 6.5, 1] = False
    poses.still[(T > 11.9) & (T < 12.9), 0] = True
    pelvis, _, _ = deg(aligned(poses))
    assert np.isnan(pelvis[T < 11.9]).all()
    assert pelvis[T > 13.5] == pytest.approx(PELVIS[T > 13.5], abs=0.5)


@settings(deadline=None, max_examples=20)
@given(cuts=st.lists(st.integers(0, len(T)), max_size=12).map(sorted), sensor=st.integers(0, 1))
def test_with_a_board_that_joins_late_they_are_the_same_too(cuts, sensor):
    poses = late(posed(PELVIS, THORAX, SIDE, seed=4), 4.2, sensor)
    for whole, cut in zip(aligned(poses), aligned(poses, cuts), strict=True):
        np.testing.assert_allclose(cut, whole, rtol=0, atol=1e-12)


def test_the_stance_is_where_gravity_was_though_the_filter_did_not_know_its_gyroscope_yet():
    """Until the end of the first still second its up had turned away, by 2 degrees at first."""
    poses = posed(PELVIS, THORAX, seed=9)
    away = np.radians(2) * np.clip(1 - T / 0.995, 0, 1)
    gravity = 9.80665 * poses.up
    for sensor in (0, 1):
        axis = np.cross(poses.up[0, sensor], [0.3, 0.5, 0.8])
        turn = Rotation.from_rotvec(away[:, None] * axis / np.linalg.norm(axis))
        poses.up[:, sensor] = turn.apply(poses.up[:, sensor])
    poses.acc[:] += gravity - 9.80665 * poses.up
    pelvis, thorax, _ = deg(aligned(poses))
    later = T > 1.2
    assert pelvis[later] == pytest.approx(PELVIS[later], abs=0.1)
    assert thorax[later] == pytest.approx(THORAX[later], abs=0.1)
