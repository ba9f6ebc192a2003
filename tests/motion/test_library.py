import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from hinge_imu.motion.library import LibraryFilter

RATE = 100.0
NAMES = "madgwick", "mahony", "ekf", "aqua", "complementary"
boards = st.integers(0, 2**32 - 1).map(lambda seed: Rotation.random(rng=np.random.default_rng(seed)))


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None, max_examples=5)
@given(board=boards)
def test_a_slow_bow_reads_as_deep_as_it_is_and_the_right_way_up_however_the_board_is_mounted(
    bowing, apart, name, board
):
    bow = bowing([0, 2, 5, 7], [0, 0, 30, 30], board=board)
    up, *_ = LibraryFilter(name, RATE).track(bow.gyr, bow.acc)
    assert apart(up[:1], bow.up[:1]) < 0.1
    assert apart(up[150:151], up[-1:]) == pytest.approx(30, abs=2)
    assert apart(up, bow.up).max() < 3


@pytest.mark.parametrize("name", NAMES)
def test_a_board_that_lies_on_its_back_has_up_where_gravity_pushes(name):
    force = np.tile([0.0, 0.0, -9.81], (50, 1))
    up, *_ = LibraryFilter(name, RATE).track(np.zeros_like(force), force)
    assert up == pytest.approx(np.tile([0.0, 0.0, -1.0], (50, 1)), abs=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_up_has_length_one_and_does_not_depend_on_how_the_stream_is_cut(bowing, name):
    bow = bowing([0, 2, 4], [0, 0, 30])
    whole, cut = (LibraryFilter(name, RATE) for _ in range(2))
    up, still, _ = whole.track(bow.gyr, bow.acc)
    parts = [cut.track(bow.gyr[i : i + 37], bow.acc[i : i + 37]) for i in range(0, len(bow.t), 37)]
    np.testing.assert_allclose(np.concatenate([part[0] for part in parts]), up, rtol=0, atol=1e-9)
    assert np.array_equal(np.concatenate([part[1] for part in parts]), still)
    assert np.linalg.norm(up, axis=1) == pytest.approx(1)


@pytest.mark.parametrize("name", NAMES)
def test_after_a_restart_what_was_before_is_forgotten(bowing, apart, name):
    bow = bowing([0, 2], [0, 0])
    other = Rotation.from_rotvec([0.0, 0.0, 2.5])
    filter_ = LibraryFilter(name, RATE)
    filter_.track(bow.gyr, bow.acc)
    filter_.restart()
    up, *_ = filter_.track(other.apply(bow.gyr), other.apply(bow.acc))
    assert apart(up, other.apply(bow.up)).max() < 1
    assert filter_.settled_after == RATE


def test_one_second_of_a_jolt_bends_the_filter_that_trusts_the_force_more(bowing, apart):
    """Complementary weighs the force by a tenth at every sample, AQUA here by a three-hundredth."""
    bow = bowing([0, 4], [0, 0], shaken=lambda t: ((t > 2) & (t < 3))[:, None] * [3.0, 0.0, 0.0])
    off = {name: apart(LibraryFilter(name, RATE).track(bow.gyr, bow.acc)[0], bow.up).max() for name in NAMES}
    assert off["complementary"] == pytest.approx(np.degrees(np.arctan2(3.0, 9.81)), rel=0.02)
    assert off["aqua"] < 0.5 * off["complementary"]
