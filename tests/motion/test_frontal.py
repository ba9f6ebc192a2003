import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from hinge_imu.motion.frontal import Frontal

RATE = 200.0
T = np.arange(0, 6, 1 / RATE)
LEAN = 85 * np.sin(np.pi * T / 6) ** 2


def segment(turn, side, lean):
    """A segment that has turned to the left, then leant to its right, then forward (deg)."""
    angles = np.stack(np.broadcast_arrays(turn, side, -np.asarray(lean)), axis=1)
    return Rotation.from_euler("YXZ", angles, degrees=True)


def followed(turn, side, lean, board, cuts=()):
    """Tilt and turn (deg) that a board mounted any way round makes of it."""
    pose = segment(turn(T), side(T), lean(T))
    step = 1e-4
    moved = segment(*(f(T - step) for f in (turn, side, lean))).inv() * segment(
        *(f(T + step) for f in (turn, side, lean))
    )
    up, rate = board.apply(pose.inv().apply([0.0, 1.0, 0.0])), board.apply(moved.as_rotvec() / (2 * step))
    right = board.apply([0.0, 0.0, 1.0])
    # One sensor is that board, the other one does not know where right is.
    seen = [np.stack([each, np.full(len(T), np.nan)]) for each in (up @ right, rate @ right, np.sum(up * rate, axis=1))]
    frontal = Frontal(RATE)
    parts = [frontal.push(*part) for part in zip(*(np.split(each, cuts, axis=1) for each in seen), strict=True)]
    tilt, turn = (np.concatenate(part, axis=1) for part in zip(*parts, strict=True))
    assert np.isnan([tilt[1], turn[1]]).all()
    return np.degrees([tilt[0], turn[0]])


def lean(t):
    return 85 * np.sin(np.pi * t / 6) ** 2


def square(t):
    return np.zeros_like(t)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32 - 1))
def test_who_stays_square_in_a_deep_bend_neither_tilts_nor_turns(seed):
    tilt, turn = followed(square, square, lean, Rotation.random(rng=np.random.default_rng(seed)))
    assert np.abs(tilt).max() < 1e-6
    assert np.abs(turn).max() < 1e-6


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), side=st.floats(-30, 30), turned=st.floats(-40, 40))
def test_tilt_and_turn_are_those_of_the_hips_however_deep_the_bend(seed, side, turned):
    def sides(t):
        return side * np.sin(np.pi * t / 6) ** 2

    def turns(t):
        return turned * np.sin(np.pi * t / 6) ** 2

    tilt, turn = followed(turns, sides, lean, Rotation.random(rng=np.random.default_rng(seed)))
    assert tilt == pytest.approx(sides(T), abs=1e-6)
    # What is added up sample by sample lags by half a sample of the fastest turn.
    assert turn == pytest.approx(turns(T), abs=0.15)


def test_the_right_side_down_is_a_positive_tilt_and_to_the_left_a_positive_turn():
    right_down = segment(0.0, 10.0, np.zeros(1)).apply([0.0, 0.0, 1.0])[0]
    assert right_down[1] < 0
    to_the_left = segment(10.0, 0.0, np.zeros(1)).apply([1.0, 0.0, 0.0])[0]
    assert to_the_left[2] < 0  # z points to the right


def test_a_hip_that_hangs_while_bending_is_not_taken_for_a_turn():
    _, turn = followed(square, lambda t: np.full_like(t, 12.0), lean, Rotation.identity())
    assert np.abs(turn).max() < 1e-3


def test_pieces_of_a_stream_give_the_same_as_the_whole():
    board = Rotation.random(rng=np.random.default_rng(1))
    whole, cut = (followed(lean, square, lean, board, cuts) for cuts in ((), (1, 2, 40, 700)))
    np.testing.assert_array_equal(cut, whole)


def test_what_a_board_turned_before_it_was_known_which_way_it_sits_is_not_counted():
    frontal, turning = Frontal(RATE), np.ones((2, 5))
    frontal.push(np.full((2, 5), np.nan), turning, turning)
    _, turn = frontal.push(np.zeros((2, 5)), turning, turning)
    assert turn[0] == pytest.approx(np.arange(1, 6) / RATE)
