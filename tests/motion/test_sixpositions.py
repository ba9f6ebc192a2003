"""What a calibration leaves, at any attitude, of boards as bad as the data sheet allows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from hinge_imu.motion.positions import Positions, Still
from hinge_imu.motion.sixpositions import GRAVITY, fit
from hinge_imu.simulate.hands import EDGES, FACES, Hands
from hinge_imu.simulate.imu import ImuErrors, Span, counts

RATE = 200.0
SPAN = Span(acc=16 * GRAVITY, gyr=np.radians(2000), acc_hz=44, gyr_hz=42)
ROOM_C = 23.0
ANYWHERE = np.random.default_rng(0).normal(size=(2000, 3))
ANYWHERE /= np.linalg.norm(ANYWHERE, axis=1, keepdims=True)


class Board:
    """A part as bought, laid on one side after the other, and what a chip counts meanwhile."""

    def __init__(self, seed, ups=FACES, **hands):
        rng = np.random.default_rng(seed)
        moved = Hands(ups, rng, **hands)
        self.errors = ImuErrors.draw(rng)
        t = np.arange(0, moved.duration_s, 1 / RATE)
        # Switched on a minute ago, so that it still warms.
        warm = -np.expm1(-(t + 60) / self.errors.warm_up_s)
        self.die_c = ROOM_C + self.errors.warmth_c * warm.mean()
        skewed = Rotation.from_rotvec(np.radians(5) * rng.normal(size=3))
        acc, gyr = map(skewed.apply, moved.specific_force_and_rate(t))
        words = counts((acc, gyr, ROOM_C), self.errors, SPAN, rng.standard_normal((len(t), 7)), warm=warm)
        self.positions = Positions(RATE)
        scales = SPAN.acc / 32768, SPAN.gyr / 32768
        self.positions.push(words[:, :3] * scales[0], words[:, 4:] * scales[1], np.ones(len(t), bool))

    def fit(self):
        return fit(self.positions.stills, self.positions.turns)

    def tilt_deg(self, found):
        """The worst tilt error anywhere, but for one rotation of the whole board: mounting takes that up."""
        bias = self.errors.acc_bias + (self.die_c - 25) * self.errors.acc_drift
        return tilt_deg(found, self.errors.acc_matrix, bias)


def tilt_deg(found, matrix, bias):
    corrected = (GRAVITY * ANYWHERE @ matrix.T + bias - found.acc_bias) @ found.acc_matrix.T
    seen = corrected / np.linalg.norm(corrected, axis=1, keepdims=True)
    board, _ = Rotation.align_vectors(seen, ANYWHERE)
    return np.degrees(2 * np.arcsin(np.linalg.norm(seen - board.apply(ANYWHERE), axis=1).max() / 2))


@pytest.fixture(scope="module")
def boards():
    return [Board(seed) for seed in range(40)]


def test_after_six_sides_any_board_tilts_by_less_than_a_third_of_a_degree_at_any_attitude(boards):
    left = [board.tilt_deg(board.fit()) for board in boards]
    assert max(left) < 0.3
    assert np.median(left) < 0.1


def test_before_it_was_degrees(boards):
    bare = fit([Still(np.array([0.0, 0.0, GRAVITY]), np.zeros(3))], [])._replace(
        acc_bias=np.zeros(3), acc_matrix=np.eye(3)
    )
    assert np.median([board.tilt_deg(bare) for board in boards]) > 3


def test_no_board_is_worse_than_it_is_told(boards):
    for board in boards:
        found = board.fit()
        assert board.tilt_deg(found) < np.degrees(found.tilt)


@pytest.mark.parametrize("seed", range(6))
def test_the_order_of_the_sides_does_not_matter_much_and_slow_hands_do_no_harm(seed):
    order = np.random.default_rng(seed).permutation(FACES)
    board = Board(100 + seed, order, turn_s=3.5)
    found = board.fit()
    assert board.tilt_deg(found) < max(0.3, np.degrees(found.tilt))


@pytest.mark.parametrize("seed", range(6))
def test_six_edges_more_make_it_better_and_tell_so(seed):
    six, twelve = Board(seed), Board(seed, FACES + EDGES)
    assert twelve.tilt_deg(twelve.fit()) < 0.1
    assert twelve.fit().tilt < 0.5 * six.fit().tilt
    assert twelve.fit().condition < 0.5 * six.fit().condition


def test_the_gyroscope_s_offset_is_what_it_reads_at_rest(boards):
    for board in boards[:5]:
        drift = (board.die_c - 25) * board.errors.gyr_drift
        assert np.degrees(board.fit().gyr_bias) == pytest.approx(np.degrees(board.errors.gyr_bias + drift), abs=0.25)


def test_six_attitudes_alone_do_not_tell_the_axes_apart_and_that_is_told(boards):
    for board in boards:
        found = fit(board.positions.stills, [])
        assert not found.cross_axis
        assert found.condition == np.inf
        assert found.known[:6].min() > 0.6 > found.known[6:].min()
        assert board.tilt_deg(found) < np.degrees(found.tilt)
        assert 0.9 < np.degrees(found.tilt) < 2.5


def test_a_side_that_never_pointed_up_is_missed(boards):
    # Without x up and x down, the length of gravity hardly depends on what x reads.
    [x_up, x_down] = [i for i, face in enumerate(FACES) if face[0]]
    for board in boards[:5]:
        stills = [still for i, still in enumerate(board.positions.stills) if i not in {x_up, x_down}]
        found = fit(stills, [])
        assert np.degrees(found.tilt) > 2.0
        assert found.known[0] < 0.7 < found.known[1]


def symmetric(scales, crosses):
    matrix = np.diag(1.0 + np.array(scales))
    matrix[np.triu_indices(3, 1)] = crosses
    return np.triu(matrix) + np.triu(matrix, 1).T


tenths = st.floats(-1, 1)
three = st.tuples(tenths, tenths, tenths)


@given(offset=three, scales=three, crosses=three, twists=three)
@settings(max_examples=40)
def test_whatever_the_errors_only_a_rotation_is_left_of_them(offset, scales, crosses, twists):
    shape = symmetric(0.03 * np.array(scales), 0.02 * np.array(crosses))
    # Axes that are turned as a whole change no length, so nothing but the mounting can find that out.
    matrix = Rotation.from_rotvec(0.02 * np.array(twists)).as_matrix() @ shape
    bias = 0.8 * np.array(offset)
    ups = np.array(FACES + EDGES, float)
    ups /= np.linalg.norm(ups, axis=1, keepdims=True)
    found = fit([Still(matrix @ up * GRAVITY + bias, np.zeros(3)) for up in ups], [])
    assert tilt_deg(found, matrix, bias) < 0.02
    assert np.array_equal(found.acc_matrix, found.acc_matrix.T)
    assert np.abs(found.still_residuals).max() < 1e-3 * GRAVITY


def test_a_knock_while_it_lay_shows_in_what_is_left_and_in_what_is_told():
    good = Board(3, FACES + EDGES)
    stills = list(good.positions.stills)
    stills[8] = stills[8]._replace(acc=stills[8].acc * 1.02)
    spoiled = fit(stills, [])
    assert np.abs(spoiled.still_residuals).max() > 5 * np.abs(fit(good.positions.stills, []).still_residuals).max()
    assert good.tilt_deg(spoiled) < np.degrees(spoiled.tilt)


def test_without_lying_still_there_is_nothing_to_fit():
    with pytest.raises(ValueError, match="never lay still"):
        fit([], [])
