"""Straps that slip, creep and turn on the body, and what only looks so."""

import re

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from trunk import HEADER, RATE, SET, SET_S, aligned, deg, leaning, posed

from hinge_imu.motion.alignment import Alignment


def turned(poses, sensor, from_s, degrees, seed=0):
    """One board turns by so many degrees on the body, about some axis that does not stand upright."""
    axis = np.cross(poses.up[0, sensor], np.random.default_rng(seed).normal(size=3))
    turn = Rotation.from_rotvec(np.radians(degrees) * axis / np.linalg.norm(axis))
    since = int(from_s * RATE)
    for vectors in (poses.up, poses.acc):
        vectors[since:, sensor] = turn.apply(vectors[since:, sensor])
    return poses


def heard(poses):
    alignment = Alignment(HEADER)
    angles = alignment.push(poses).sagittal
    return angles, [event for _, event in alignment.said()]


@pytest.mark.parametrize("sensor", [0, 1])
@pytest.mark.parametrize("from_s", [11.0, 11.8, 12.5, 13.2, 14.6, 16.8])  # the third rep is from 13 to 16 s
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_strap_that_slips_is_said_within_two_reps_and_reckoned_with(sensor, from_s, seed):
    angles, said = heard(turned(posed(0.8 * SET, SET), sensor, from_s, 8.0, seed))
    [event] = said
    assert (event.what, event.segment) == ("slipped", ("pelvis", "thorax")[sensor])
    assert "turned on the body by 8 degrees" in event.text
    assert from_s < event.at_s < from_s + 10.0
    after = event.at_s + 3 < SET_S
    assert deg(angles)[sensor][after] == pytest.approx(((0.8 * SET), SET)[sensor][after], abs=1.0)


@pytest.mark.parametrize("sensor", [0, 1])
@pytest.mark.parametrize("degrees", [-30, 25, 50])
def test_a_board_that_turns_round_the_trunk_is_said_after_two_bends_and_reckoned_with(sensor, degrees):
    poses = posed(0.8 * SET, SET)
    turn, since = Rotation.from_rotvec(np.radians(degrees) * poses.up[0, sensor]), int(16.5 * RATE)
    for vectors in (poses.up, poses.acc):
        vectors[since:, sensor] = turn.apply(vectors[since:, sensor])
    angles, said = heard(poses)
    [event] = said
    assert (event.what, event.segment) == ("slipped", ("pelvis", "thorax")[sensor])
    assert int(re.search(r"round the trunk by (\d+) degrees", event.text)[1]) == pytest.approx(abs(degrees), abs=2)
    assert event.at_s < 27, "the second bend after it ends at 26 s"
    after = event.at_s + 0.1 < SET_S
    assert deg(angles)[sensor][after] == pytest.approx(((0.8 * SET), SET)[sensor][after], abs=1.5)


@pytest.mark.parametrize("sensor", [0, 1])
def test_who_leans_back_at_every_other_lockout_has_no_slipped_strap(sensor):
    overdone = sum(12.0 * np.clip(1 - np.abs(SET_S - 7 - 10 * i) / 1.0, 0, 0.5) for i in range(5))
    segments = [0.8 * SET, SET]
    segments[sensor] = segments[sensor] - 2 * overdone
    assert heard(posed(*segments))[1] == []


def test_a_lifter_who_turns_has_no_strap_that_slips():
    twisted = Rotation.from_rotvec(np.radians(40) * np.clip(SET_S - 16.5, 0, 1)[:, None] * [0.0, 1.0, 0.0])
    poses = posed(0.8 * SET, SET)
    for sensor in (0, 1):
        about = Rotation.align_vectors(poses.up[0, sensor][None], [[0.0, 1.0, 0.0]])[0]
        for vectors in (poses.up, poses.acc):
            vectors[:, sensor] = (about * twisted * about.inv()).apply(vectors[:, sensor])
    assert heard(poses)[1] == []


@pytest.mark.parametrize("sensor", [0, 1])
def test_a_back_that_rounds_bit_by_bit_is_no_slip_and_is_not_swallowed(sensor):
    rounding = 20 * np.clip((SET_S - 6) / 45, 0, 1)
    segments = [0.8 * SET, SET]
    segments[sensor] = segments[sensor] + rounding
    angles, said = heard(posed(*segments))
    assert said == []
    assert deg(angles)[sensor][-100:] == pytest.approx(20, abs=1)


def test_who_does_not_stand_up_straight_has_no_slipped_strap():
    stooping = 9 * np.clip(SET_S - 22, 0, 1)
    angles, said = heard(posed(0.8 * SET + stooping, SET + stooping))
    assert said == []
    assert deg(angles)[1][-100:] == pytest.approx(9, abs=1)


@pytest.mark.parametrize("worn", ["pelvis", "thorax"])
def test_one_board_alone_cannot_tell_a_slip_from_a_stoop_and_says_nothing(worn):
    poses = posed(0.8 * SET + 9 * (SET_S > 22), SET + 9 * (SET_S > 22))
    sensor = ("pelvis", "thorax").index(worn)
    poses.valid[:, 1 - sensor] = poses.still[:, 1 - sensor] = False
    poses.up[:, 1 - sensor] = poses.acc[:, 1 - sensor] = 0.0
    alignment = Alignment(msgspec.structs.replace(HEADER, worn=(worn,)))
    angles = alignment.push(poses).sagittal
    assert alignment.said() == []
    assert deg(angles)[sensor][-100:] == pytest.approx(9, abs=1)


def test_who_leans_otherwise_for_once_has_no_slipped_strap():
    _, said = heard(posed(0.8 * SET, SET + 9 * ((SET_S > 17) & (SET_S < 18))))
    assert said == []


def test_a_strap_that_creeps_by_half_a_degree_a_minute_is_followed():
    long = np.arange(0, 600, 1 / RATE)
    thorax = leaning(long, *[(3 + 5 * i, 6 + 5 * i, 70) for i in range(119)])
    _, found, _ = deg(aligned(posed(0.8 * thorax, thorax + long / 120)))
    assert np.abs(found - thorax)[long > 6].max() < 1.0


@settings(deadline=None, max_examples=20)
@given(cuts=st.lists(st.integers(0, len(SET_S)), max_size=12).map(sorted))
def test_with_a_strap_that_slips_they_are_the_same_too(cuts):
    poses = turned(posed(0.8 * SET, SET, 3 * np.sin(SET_S)), 1, 14.6, 8.0)
    for whole, cut in zip(aligned(poses), aligned(poses, cuts), strict=True):
        np.testing.assert_allclose(cut, whole, rtol=0, atol=1e-9)
