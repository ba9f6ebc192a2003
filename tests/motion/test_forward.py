"""What the first bends teach of where forward is, and what does not."""

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from trunk import HEADER, KNOWN, PELVIS, RATE, SET, SET_S, THORAX, T, aligned, deg, leaning, posed, seeds

from hinge_imu.motion.alignment import Alignment
from hinge_imu.samples import Wearer


def test_once_a_bend_has_shown_forward_leaning_back_is_negative():
    thorax = THORAX + leaning(T, (17, 19, -15))
    pelvis, found, _ = deg(aligned(posed(PELVIS + leaning(T, (17, 19, -10)), thorax)))
    assert np.nanmin(found) == pytest.approx(-15, abs=0.1)
    assert np.nanmin(pelvis) == pytest.approx(-10, abs=0.1)


@pytest.mark.parametrize("first", [8.0, -8.0])
def test_a_pelvis_that_hardly_tilts_in_the_first_bend_learns_forward_from_the_hips(first):
    """They go back whenever the trunk goes forward."""
    pelvis = leaning(T, (3, 6, first), (8, 11, 50), (13, 16, 45))
    found, _, _ = deg(aligned(posed(pelvis, THORAX)))
    known = T > 4  # once the trunk was well on its way
    assert found[known] == pytest.approx(pelvis[known], abs=0.5)


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


def test_bends_in_which_one_turns_on_the_spot_mend_a_first_one_done_askew():
    """At each bottom but the first they turn by 40 deg in 0.3 s, and back while they stand."""
    turn = sum(
        40 * (np.clip((SET_S - at) / 0.3, 0, 1) - np.clip((SET_S - at - 2) / 1.5, 0, 1)) for at in range(9, 54, 5)
    )
    tilt = tilted(posed(0.8 * SET, SET, side=leaning(SET_S, (3, 6, 30)), seed=4, turn=turn))
    late = SET_S > 20
    assert tilt[late] == pytest.approx(0 * tilt[late], abs=3.0)


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
