import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from hinge_imu.motion import quaternion

RNG = np.random.default_rng(0)
TURNS = RNG.normal(scale=0.3, size=(500, 3))  # rad, more than three runs of the block product


def as_scipy(q):
    """Scalar first, components on the first axis: to scipy's order."""
    return Rotation.from_quat(np.roll(q.T, -1, axis=1))


def running_product(d, cuts=()):
    product = quaternion.Product()
    return np.concatenate([product.push(part) for part in np.split(d, cuts, axis=1)], axis=1)


def test_a_rotation_vector_becomes_the_rotation_that_scipy_makes_of_it():
    turns = np.concatenate([TURNS, np.zeros((1, 3)), [[np.pi, 0, 0]], [[1e-12, 0, 0]]])
    q = quaternion.from_rotation_vector(turns.T)
    np.testing.assert_allclose(as_scipy(q).as_matrix(), Rotation.from_rotvec(turns).as_matrix(), atol=1e-14)


def test_vectors_are_turned_as_scipy_turns_them():
    q, v = quaternion.from_rotation_vector(TURNS.T), RNG.normal(size=(500, 3))
    np.testing.assert_allclose(quaternion.rotate(q, v.T).T, as_scipy(q).apply(v), atol=1e-13)


def test_one_vector_can_be_turned_by_many_rotations():
    q = quaternion.from_rotation_vector(TURNS.T)
    turned = quaternion.rotate(q[:, -1:], TURNS.T)
    np.testing.assert_allclose(turned.T, as_scipy(q)[-1].apply(TURNS), atol=1e-13)


def test_the_conjugate_is_the_way_back():
    q = quaternion.from_rotation_vector(TURNS.T)
    np.testing.assert_allclose(as_scipy(quaternion.conjugate(q)).as_matrix(), as_scipy(q).inv().as_matrix(), atol=1e-14)


def test_a_product_applies_the_right_factor_first():
    p, q = quaternion.from_rotation_vector(TURNS[:250].T), quaternion.from_rotation_vector(TURNS[250:].T)
    both = as_scipy(p) * as_scipy(q)
    np.testing.assert_allclose(as_scipy(quaternion.multiply(p, q)).as_matrix(), both.as_matrix(), atol=1e-14)


def test_the_running_product_equals_one_rotation_after_the_other():
    d = quaternion.from_rotation_vector(TURNS.T)
    so_far, expected = Rotation.identity(), []
    for turn in TURNS:
        so_far = so_far * Rotation.from_rotvec(turn)
        expected.append(so_far.as_matrix())
    np.testing.assert_allclose(as_scipy(running_product(d)).as_matrix(), expected, atol=1e-12)


@settings(deadline=None, max_examples=40)
@given(cuts=st.sets(st.integers(1, 499), max_size=8).map(sorted))
def test_the_running_product_is_the_same_to_the_last_bit_however_the_stream_is_cut(cuts):
    d = quaternion.from_rotation_vector(TURNS.T)
    assert np.array_equal(running_product(d, cuts), running_product(d))


def test_sample_by_sample_the_running_product_is_the_same_to_the_last_bit():
    d = quaternion.from_rotation_vector(TURNS.T)
    assert np.array_equal(running_product(d, range(1, 500)), running_product(d))


@settings(deadline=None, max_examples=10)
@given(cut=st.integers(1, 2999))
def test_long_blocks_give_the_same_to_the_last_bit_as_short_ones(cut):
    d = quaternion.from_rotation_vector(np.random.default_rng(1).normal(scale=0.3, size=(3, 3000)))
    short = range(quaternion.SHORT // 3, 3000, quaternion.SHORT // 3)
    assert np.array_equal(running_product(d, [cut]), running_product(d, short))


def test_a_block_without_rotations_changes_nothing():
    d = quaternion.from_rotation_vector(TURNS.T)
    assert np.array_equal(running_product(d, [200, 200, 384, 384]), running_product(d))


def test_the_running_product_stays_a_rotation_for_hours():
    d = quaternion.from_rotation_vector(np.full((3, 200_000), 0.01))
    assert np.abs(np.linalg.norm(running_product(d)[:, -1000:], axis=0) - 1).max() < 1e-12


def test_the_last_product_is_kept_for_whoever_asks():
    product = quaternion.Product()
    out = product.push(quaternion.from_rotation_vector(TURNS.T))
    assert np.array_equal(product.last, out[:, -1:])
