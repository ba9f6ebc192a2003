import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from trunk import HEADER, KNOWN, PELVIS, RATE, SIDE, THORAX, T, aligned, deg, leaning, posed, seeds

from hinge_imu.motion.alignment import Alignment


@settings(deadline=None, max_examples=15)
@given(seed=seeds)
def test_leaning_forward_is_positive_for_both_segments_however_their_boards_are_mounted(seed):
    pelvis, thorax, spine = deg(aligned(posed(PELVIS, THORAX, seed=seed)))
    assert pelvis[KNOWN] == pytest.approx(PELVIS[KNOWN], abs=0.01)
    assert thorax[KNOWN] == pytest.approx(THORAX[KNOWN], abs=0.01)
    assert spine[KNOWN] == pytest.approx((THORAX - PELVIS)[KNOWN], abs=0.02)


def test_rounding_is_positive_and_arching_negative():
    *_, spine = deg(aligned(posed(THORAX, PELVIS)))
    assert spine[KNOWN].min() == pytest.approx((PELVIS - THORAX).min(), abs=0.1)
    assert spine[KNOWN].max() < 0.1


def test_a_trunk_that_twists_while_it_is_down_turns_forward_by_little():
    # Down by 70 deg, still there for 2 s while a thing is put down aside, and up again; the twist is half done by then.
    lean = 70 * np.clip(np.minimum(T - 3, 9 - T) / 2, 0, 1)
    twist = 20 * np.clip(np.minimum(T - 4, 8 - T), 0, 1)
    trunk = Rotation.from_euler("ZY", np.stack([-lean, twist], axis=1), degrees=True)
    poses = posed(lean, lean)
    rate = np.zeros_like(poses.rate)
    rate[1:] = (trunk[:-1].inv() * trunk[1:]).as_rotvec()[:, None] * RATE
    up = np.repeat(trunk.inv().apply([0.0, 1.0, 0.0])[:, None], 2, axis=1)
    alignment = Alignment(HEADER)
    alignment.push(poses._replace(up=up, rate=rate))
    for worn in alignment.worn().values():
        aside_deg = np.degrees(np.arctan2(worn.falls[2], -worn.falls[0]))
        assert abs(aside_deg) < 13.5  # 15.2 by where up is alone, which in the end is 20 aside


def test_nothing_is_known_before_the_end_of_the_first_still_second_and_everything_after():
    angles = aligned(posed(PELVIS, THORAX))
    for angle in angles[1:]:
        assert np.array_equal(np.isfinite(angle), KNOWN)


def test_angles_count_from_the_mean_posture_of_the_first_still_second():
    thorax = np.full(len(T), 7.0) + leaning(T, (3, 6, 60))
    _, found, _ = deg(aligned(posed(thorax, thorax)))
    assert found[KNOWN] == pytest.approx((thorax - 7.0)[KNOWN], abs=0.01)


@pytest.mark.parametrize("lean", [10.0, -10.0])
def test_before_the_first_bend_the_tilt_itself_is_the_angle(lean):
    small = leaning(T, (3, 6, lean))
    pelvis, thorax, _ = deg(aligned(posed(small, small)))
    for found in (pelvis, thorax):
        assert found[KNOWN] == pytest.approx(np.abs(small)[KNOWN], abs=0.01)


def test_angles_go_on_past_ninety_degrees():
    deep = leaning(T, (3, 8, 125), (10, 15, 130))
    pelvis, thorax, _ = deg(aligned(posed(0.8 * deep, deep)))
    assert thorax[KNOWN] == pytest.approx(deep[KNOWN], abs=0.01)
    assert pelvis[KNOWN] == pytest.approx(0.8 * deep[KNOWN], abs=0.01)


@pytest.mark.parametrize("worn", ["pelvis", "thorax"])
def test_one_sensor_alone_gives_its_angle_and_no_spine(worn):
    poses = posed(PELVIS, THORAX)
    poses.valid[:, 1 if worn == "pelvis" else 0] = False
    angles = aligned(poses, header=msgspec.structs.replace(HEADER, worn=(worn,)))
    truth = {"pelvis": PELVIS, "thorax": THORAX}[worn]
    assert np.degrees(getattr(angles, worn))[KNOWN] == pytest.approx(truth[KNOWN], abs=0.01)
    assert np.isnan(angles.spine).all()


@settings(deadline=None, max_examples=15)
@given(seed=seeds)
def test_forward_never_jumps_while_bent(seed):
    """From sample to sample an angle changes by what the wearer moves, and not by what has been learnt."""
    rng = np.random.default_rng(seed)
    side = 4 * np.sin(rng.uniform(0.3, 2.0) * T + rng.uniform(0, 6))
    pelvis, thorax, _ = deg(aligned(posed(PELVIS, THORAX, side, seed)))
    for found, truth in ((pelvis, PELVIS), (thorax, THORAX)):
        jumps = np.abs(np.diff(found) - np.diff(truth))
        assert jumps[(truth[:-1] > 15) & KNOWN[:-1]].max() < 1.0


def test_a_strap_that_creeps_round_the_body_is_followed():
    """Both boards turn by two degrees about the long axis of the trunk with every rep."""
    long = np.arange(0, 150, 1 / RATE)
    thorax = leaning(long, *[(3 + 5 * i, 6 + 5 * i, 70) for i in range(29)])
    poses = posed(0.8 * thorax, thorax)
    creep = np.radians(2 * np.floor(long / 5))
    for sensor in (0, 1):
        crept = Rotation.from_rotvec(creep[:, None] * poses.up[0, sensor])
        for vectors in (poses.up, poses.acc):
            vectors[:, sensor] = crept.apply(vectors[:, sensor])
    _, found, _ = deg(aligned(poses))
    late = long > 75
    assert np.abs(found - thorax)[late].max() < 2.5, "a mean over all bends would be off by ten"


def test_samples_that_are_not_valid_have_no_angle_and_teach_nothing():
    poses, spoilt = posed(PELVIS, THORAX, SIDE), posed(PELVIS, THORAX, SIDE)
    for hidden in (poses, spoilt):
        hidden.valid[420:480, 0] = False
    spoilt.up[420:480, 0] = np.random.default_rng(1).normal(size=(60, 3))
    angles = aligned(poses)
    assert np.isnan(angles.pelvis[420:480]).all()
    assert np.isfinite(angles.thorax[420:480]).all()
    for one, other in zip(angles, aligned(spoilt), strict=True):
        assert np.array_equal(one, other, equal_nan=True)


@settings(deadline=None, max_examples=20)
@given(cuts=st.lists(st.integers(0, len(T)), max_size=12).map(sorted))
def test_angles_are_the_same_however_the_poses_are_cut(cuts):
    poses = posed(PELVIS, THORAX, SIDE, seed=4)
    poses.valid[420:480, 0] = False
    for whole, cut in zip(aligned(poses), aligned(poses, cuts), strict=True):
        np.testing.assert_allclose(cut, whole, rtol=0, atol=1e-12)
