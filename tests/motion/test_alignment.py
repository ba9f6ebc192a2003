import re

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from hinge_imu.motion.alignment import Alignment
from hinge_imu.samples import Header, Poses, SagittalAngles, Wearer

RATE = 100.0
HEADER = Header(session_id="s", unit="SI", clock="timed", rate_hz=RATE)
STILL = 150  # samples
seeds = st.integers(0, 2**32 - 1)


def leaning(t, *bends):
    """The inclination in deg: bends (from, to, depth), each half of the time down and half of it up."""
    return sum(depth * np.sin(np.pi * np.clip((t - start) / (stop - start), 0, 1)) ** 2 for start, stop, depth in bends)


def posed(pelvis, thorax, side=0.0, seed=0, sunk_m=0.0, turn=None):
    """Poses of two boards mounted any way round, from inclinations (N,) and a sideways lean of both, in deg.

    With a ``turn`` (N,) of both to the left, deg, the boards' rates are seen as well.

    The hips go back by 15 cm for each radian that the trunk goes forward; the upper board is 40 cm above them.
    """
    rng = np.random.default_rng(seed)
    n = len(thorax)
    hips, ahead = np.zeros((2, n, 3))
    hips[:, 0] = np.gradient(np.gradient(-0.15 * np.radians(thorax))) * RATE**2
    hips[:, 1] = -np.gradient(np.gradient(np.broadcast_to(sunk_m, n))) * RATE**2
    ahead[:, 0] = np.gradient(np.gradient(0.4 * np.sin(np.radians(thorax)))) * RATE**2
    up, acc, rate = np.zeros((3, n, 2, 3))
    for sensor, (lean, force) in enumerate(((pelvis, hips), (thorax, hips + ahead))):
        angles = np.stack([np.broadcast_to(side, n), -np.asarray(lean, float)], axis=1)
        segment = Rotation.from_euler("XZ", angles, degrees=True)
        board = Rotation.random(rng=rng)
        up[:, sensor] = board.apply(segment.inv().apply([0.0, 1.0, 0.0]))
        acc[:, sensor] = board.apply(segment.inv().apply(force))
        if turn is not None:
            faced = Rotation.from_euler("Y", np.asarray(turn, float)[:, None], degrees=True) * segment
            rate[:-1, sensor] = board.apply((faced[:-1].inv() * faced[1:]).as_rotvec()) * RATE
    still = np.zeros((n, 2), bool)
    still[99:STILL] = True
    t_ns = np.arange(n) * 10_000_000
    return Poses(t_ns=t_ns, up=up, acc=acc, rate=rate, still=still, valid=np.ones((n, 2), bool))


def aligned(poses, cuts=(), header=HEADER):
    alignment = Alignment(header)
    parts = [alignment.push(Poses(*(np.split(part, cuts)[i] for part in poses))).sagittal for i in range(len(cuts) + 1)]
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


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_bend_done_askew_does_not_teach_the_boards_another_forward(seed):
    """A pelvis that leans 32 deg forward, and in the second bend 25 deg aside as well, falls 38 deg to the side."""
    shallow = leaning(T, (3, 6, 32), (8, 11, 32), (13, 16, 32))
    poses = posed(shallow, THORAX, side=leaning(T, (8, 11, 25)), seed=seed)
    pelvis, thorax, _ = deg(aligned(poses))
    after = T > 12
    assert pelvis[after] == pytest.approx(shallow[after], abs=1.0)
    assert thorax[after] == pytest.approx(THORAX[after], abs=1.0)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_first_bend_done_askew_is_outweighed_by_those_that_follow(seed):
    poses = posed(0.8 * SET, SET, side=leaning(SET_S, (3, 6, 30)), seed=seed)
    pelvis, thorax, _ = deg(aligned(poses))
    late = SET_S > 40
    assert pelvis[late] == pytest.approx(0.8 * SET[late], abs=1.5)
    assert thorax[late] == pytest.approx(SET[late], abs=1.5)


def tilted(poses):
    return np.degrees(Alignment(HEADER).push(poses).frontal.tilt)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_who_pulls_askew_from_the_floor_and_lowers_so_has_not_turned_the_boards(seed):
    """Two bends in a row go aside alike, but each on one of its two ways only."""
    side = np.interp(T, [9.2, 9.5, 11, 13, 14.5, 14.8], [0, 30, 0, 0, 30, 0])
    tilt = tilted(posed(PELVIS, THORAX, side=side, seed=seed, turn=0 * T))
    after = T > 15
    assert tilt[after] == pytest.approx(0 * tilt[after], abs=3.0)


def test_who_turns_on_the_way_down_and_back_has_not_bent_aside():
    tilt = tilted(posed(PELVIS, THORAX, seed=3, turn=leaning(T, (8, 11, 30))))
    after = T > 12
    assert tilt[after] == pytest.approx(0 * tilt[after], abs=1.0)


def test_a_long_set_up_has_shown_forward_and_lying_has_not():
    for lean, shown in ((65, True), (88, False)):
        bent = leaning(np.clip(T, 0, 4.5) + np.clip(T - 11, 0, None), (3, 6, lean))
        alignment = Alignment(HEADER)
        alignment.push(posed(bent, bent))
        assert bool(alignment.worn()) is shown


SET_S = np.arange(0, 60, 1 / RATE)
SET = leaning(SET_S, *[(3 + 5 * i, 6 + 5 * i, 70) for i in range(10)])


def test_bends_in_which_one_turns_on_the_spot_mend_a_first_one_done_askew():
    """At each bottom but the first they turn by 40 deg in 0.3 s, and back while they stand."""
    turn = sum(
        40 * (np.clip((SET_S - at) / 0.3, 0, 1) - np.clip((SET_S - at - 2) / 1.5, 0, 1)) for at in range(9, 54, 5)
    )
    tilt = tilted(posed(0.8 * SET, SET, side=leaning(SET_S, (3, 6, 30)), seed=4, turn=turn))
    late = SET_S > 20
    assert tilt[late] == pytest.approx(0 * tilt[late], abs=3.0)


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


def test_a_wearer_who_was_calibrated_has_forward_before_the_first_bend():
    """A first lean is backwards, and the pelvis tilts backwards in the first bend."""
    pelvis, thorax = leaning(T, (2, 3, -8), (8, 11, -10)), leaning(T, (2, 3, -12), (8, 11, 70))
    known = Alignment(HEADER)
    known.push(posed(PELVIS, THORAX, seed=6))
    header = msgspec.structs.replace(HEADER, wearer=Wearer(made_utc="2026-01-01T00:00:00Z", worn=known.worn()))
    found = deg(aligned(posed(pelvis, thorax, seed=6), header=header))
    assert found[0][KNOWN] == pytest.approx(pelvis[KNOWN], abs=0.1)
    assert found[1][KNOWN] == pytest.approx(thorax[KNOWN], abs=0.1)


def test_boards_that_are_worn_another_way_round_than_remembered_learn_forward_anew():
    known = Alignment(HEADER)
    known.push(posed(PELVIS, THORAX, seed=6))
    header = msgspec.structs.replace(HEADER, wearer=Wearer(made_utc="2026-01-01T00:00:00Z", worn=known.worn()))
    found = deg(aligned(posed(PELVIS, THORAX, seed=7), header=header))
    assert found[1][T > 4] == pytest.approx(THORAX[T > 4], abs=0.1)


@pytest.mark.parametrize("back", [6, 12, 17])
@pytest.mark.parametrize("pelvis_first", [-8, 8, 40])
def test_a_first_lean_backwards_does_not_turn_the_sign(back, pelvis_first):
    pelvis = leaning(T, (2, 4, -back / 2), (5, 8, pelvis_first), (10, 13, 45))
    thorax = leaning(T, (2, 4, -back), (5, 8, 70), (10, 13, 70))
    found = deg(aligned(posed(pelvis, thorax, seed=8)))
    bent = (T > 5) & (thorax > 30)
    assert found[1][bent] == pytest.approx(thorax[bent], abs=0.5)
    assert found[0][bent] == pytest.approx(pelvis[bent], abs=0.5)
    later = T > 9
    assert found[0][later] == pytest.approx(pelvis[later], abs=0.5)


def test_who_has_reached_aside_is_seen_to_bend_forward_from_the_beginning_of_the_bend():
    thorax = leaning(T, (6, 9, 70)) - leaning(T, (3, 5, 16))
    found = deg(aligned(posed(leaning(T, (6, 9, 50)), thorax, side=leaning(T, (3, 5, 18)), seed=8)))
    bent = (T > 6) & (thorax > 8)
    assert found[1][bent] == pytest.approx(thorax[bent], abs=0.5)


@pytest.mark.parametrize("seconds", [2, 6])
def test_who_sits_and_lies_down_before_the_first_bend_has_not_shown_that_forward_is_back(seconds):
    lying = leaning(np.clip(T, 0, 4.6) + np.clip(T - 4.6 - seconds, 0, None), (2, 4, 40), (3.2, 6, -88))
    pelvis, thorax = lying + leaning(T, (15, 19, 50)), lying + leaning(T, (15, 19, 70))
    found = deg(aligned(posed(pelvis, thorax, seed=8)))
    bent = (T > 15) & (thorax > 20)
    assert found[1][bent] == pytest.approx(thorax[bent], abs=0.5)
    assert found[0][bent] == pytest.approx(pelvis[bent], abs=0.5)


def test_who_lies_down_after_a_small_lean_has_not_shown_that_forward_is_back():
    lying = leaning(np.clip(T, 0, 7.1) + np.clip(T - 12.6, 0, None), (2, 4, 29), (5.5, 8.7, -88))
    thorax = lying + leaning(T, (15, 19, 70))
    found = deg(aligned(posed(lying + leaning(T, (15, 19, 50)), thorax, seed=8)))
    bent = (T > 15) & (thorax > 20)
    assert found[1][bent] == pytest.approx(thorax[bent], abs=0.5)


def test_a_squat_that_hardly_leans_shows_the_pelvis_which_way_it_tilts():
    pelvis, thorax = leaning(T, (3, 5, -6)), leaning(T, (3, 5, 14))
    found, _, _ = deg(aligned(posed(pelvis, thorax, sunk_m=leaning(T, (3, 5, 0.4)))))
    late = T > 4
    assert found[late] == pytest.approx(pelvis[late], abs=0.5)


def test_who_only_reaches_aside_has_not_shown_forward_and_the_tilt_itself_is_the_angle():
    pelvis = leaning(T, (3, 5, -6))
    found, _, _ = deg(aligned(posed(pelvis, leaning(T, (3, 5, 6)), side=leaning(T, (3, 5, 18)))))
    assert np.nanmin(found) > -0.1


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


@pytest.mark.parametrize("degrees", [60, 90, 180])
@pytest.mark.parametrize("boards", [(0,), (1,), (0, 1)])
def test_boards_that_were_put_on_turned_are_believed_no_longer_in_the_first_bend(degrees, boards):
    known = Alignment(HEADER)
    known.push(posed(PELVIS, THORAX, seed=6))
    header = msgspec.structs.replace(HEADER, wearer=Wearer(made_utc="2026-01-01T00:00:00Z", worn=known.worn()))
    poses = posed(PELVIS, THORAX, seed=6)
    for sensor in boards:
        turn = Rotation.from_rotvec(np.radians(degrees) * poses.up[0, sensor])
        for vectors in (poses.up, poses.acc):
            vectors[:, sensor] = turn.apply(vectors[:, sensor])
    pelvis, thorax, _ = deg(aligned(poses, header=header))
    deep = (T > 3) & (T < 6) & (THORAX > 35)
    assert thorax[deep] == pytest.approx(THORAX[deep], abs=1)
    assert pelvis[deep] == pytest.approx(PELVIS[deep], abs=1)
