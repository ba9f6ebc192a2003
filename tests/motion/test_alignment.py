import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from hinge_imu.motion.alignment import Alignment
from hinge_imu.samples import Header, Poses, SagittalAngles

RATE = 100.0
HEADER = Header(session_id="s", unit="SI", clock="timed", rate_hz=RATE)
STILL = 150  # samples
seeds = st.integers(0, 2**32 - 1)


def leaning(t, *bends):
    """The inclination in deg: bends (from, to, depth), each half of the time down and half of it up."""
    return sum(depth * np.sin(np.pi * np.clip((t - start) / (stop - start), 0, 1)) ** 2 for start, stop, depth in bends)


def posed(pelvis, thorax, side=0.0, seed=0):
    """Poses of two boards mounted any way round, from inclinations (N,) and a sideways lean of both, in deg.

    The hips go back by 15 cm for each radian that the trunk goes forward.
    """
    rng = np.random.default_rng(seed)
    n = len(thorax)
    hips = np.zeros((n, 3))
    hips[:, 0] = np.gradient(np.gradient(-0.15 * np.radians(thorax))) * RATE**2
    up, acc = np.empty((2, n, 2, 3))
    for sensor, lean in enumerate((pelvis, thorax)):
        angles = np.stack([np.broadcast_to(side, n), -np.asarray(lean, float)], axis=1)
        segment = Rotation.from_euler("XZ", angles, degrees=True)
        board = Rotation.random(rng=rng)
        up[:, sensor] = board.apply(segment.inv().apply([0.0, 1.0, 0.0]))
        acc[:, sensor] = board.apply(segment.inv().apply(hips))
    still = np.zeros((n, 2), bool)
    still[99:STILL] = True
    t_ns = np.arange(n) * 10_000_000
    return Poses(t_ns=t_ns, up=up, acc=acc, still=still, valid=np.ones((n, 2), bool))


def aligned(poses, cuts=(), header=HEADER):
    alignment = Alignment(header)
    parts = [alignment.push(Poses(*(np.split(part, cuts)[i] for part in poses))) for i in range(len(cuts) + 1)]
    return SagittalAngles(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def deg(angles):
    return np.degrees(angles.pelvis), np.degrees(angles.thorax), np.degrees(angles.spine)


T = np.arange(0, 20, 1 / RATE)
PELVIS = leaning(T, (3, 6, 50), (8, 11, 55), (13, 16, 45))
THORAX = leaning(T, (3, 6, 70), (8, 11, 75), (13, 16, 68))
KNOWN = T >= 0.99 - 1e-9


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


def test_once_a_bend_has_shown_forward_leaning_back_is_negative():
    thorax = THORAX + leaning(T, (17, 19, -15))
    pelvis, found, _ = deg(aligned(posed(PELVIS + leaning(T, (17, 19, -10)), thorax)))
    assert np.nanmin(found) == pytest.approx(-15, abs=0.1)
    assert np.nanmin(pelvis) == pytest.approx(-10, abs=0.1)


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


@pytest.mark.parametrize("first", [8.0, -8.0])
def test_a_pelvis_that_hardly_tilts_in_the_first_bend_learns_forward_from_the_hips(first):
    """They go back whenever the trunk goes forward."""
    pelvis = leaning(T, (3, 6, first), (8, 11, 50), (13, 16, 45))
    found, _, _ = deg(aligned(posed(pelvis, THORAX)))
    known = T > 4  # once the trunk was well on its way
    assert found[known] == pytest.approx(pelvis[known], abs=0.5)


SIDE = 4 * np.sin(0.9 * T + 1)  # deg, of someone who leans aside now and then


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


@settings(deadline=None, max_examples=15)
@given(seed=seeds, first_aside=st.floats(-8, 8))
def test_what_the_first_bend_lacks_in_exactness_the_following_ones_mend(seed, first_aside):
    """Who leans aside while bending for the first time has forward a little wrong, but only until upright again."""
    side = first_aside * leaning(T, (2.5, 6.5, 1.0))
    long = np.arange(0, 40, 1 / RATE)
    bends = [(3 + 5 * i, 6 + 5 * i, 70) for i in range(7)]
    thorax = leaning(long, *bends)
    side = np.concatenate([side, np.zeros(len(long) - len(side))])
    pelvis, found, _ = deg(aligned(posed(0.8 * thorax, thorax, side, seed)))
    last = long > 30
    assert np.abs(found - thorax)[last].max() < 1.0
    assert np.abs(pelvis - 0.8 * thorax)[last].max() < 1.0


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


@pytest.mark.parametrize("lost_s", [3.2, 3.4, 3.6])
def test_a_first_bend_of_which_only_the_beginning_was_seen_teaches_nothing(lost_s):
    """The little that the pelvis had tilted was more sideways than forward."""
    poses = posed(PELVIS, THORAX, side=6 * np.sin(3 * T) * (T < 4), seed=2)
    poses.valid[(lost_s < T) & (T < 7.0), 0] = False
    pelvis, _, _ = deg(aligned(poses))
    after = T > 9.0
    assert pelvis[after] == pytest.approx(PELVIS[after], abs=1.0)


@settings(deadline=None, max_examples=20)
@given(cuts=st.lists(st.integers(0, len(T)), max_size=12).map(sorted))
def test_angles_are_the_same_however_the_poses_are_cut(cuts):
    poses = posed(PELVIS, THORAX, SIDE, seed=4)
    poses.valid[420:480, 0] = False
    for whole, cut in zip(aligned(poses), aligned(poses, cuts), strict=True):
        np.testing.assert_allclose(cut, whole, rtol=0, atol=1e-12)


@settings(deadline=None, max_examples=20)
@given(cuts=st.lists(st.integers(0, len(T)), max_size=12).map(sorted), sensor=st.integers(0, 1))
def test_with_a_board_that_joins_late_they_are_the_same_too(cuts, sensor):
    poses = late(posed(PELVIS, THORAX, SIDE, seed=4), 4.2, sensor)
    for whole, cut in zip(aligned(poses), aligned(poses, cuts), strict=True):
        np.testing.assert_allclose(cut, whole, rtol=0, atol=1e-12)
