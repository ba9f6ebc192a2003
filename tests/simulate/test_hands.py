import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from hinge_imu.simulate.hands import EDGES, FACES, Hands

G = 9.80665
STEP = 0.001


@pytest.fixture
def hands():
    return Hands(FACES + EDGES, np.random.default_rng(3), still_s=2.0, turn_s=1.5)


def times(start, stop):
    return np.arange(start, stop, STEP)


def test_each_position_is_met_within_a_few_degrees_and_is_perfectly_still(hands):
    for number, up in enumerate(FACES + EDGES):
        force, rate = hands.specific_force_and_rate(times(number * 3.5 + 0.01, number * 3.5 + 1.99))
        assert np.ptp(force, axis=0) == pytest.approx([0, 0, 0], abs=1e-3)
        assert np.abs(rate).max() < 1e-6
        assert np.linalg.norm(force[0]) == pytest.approx(G, abs=1e-3)
        assert np.degrees(np.arccos(force[0] @ up / np.linalg.norm(up) / G)) < 10


def test_the_rates_lead_from_one_attitude_to_the_next(hands):
    t = times(1.9, 3.6) + STEP / 2
    force, rate = hands.specific_force_and_rate(t)
    turned = Rotation.identity()
    for step in rate:
        turned *= Rotation.from_rotvec(step * STEP)
    assert turned.apply(force[-1]) == pytest.approx(force[0], abs=0.01)


def test_from_rest_to_rest_nothing_is_gained_but_gravity(hands):
    """The mean force in the world's axes over a whole turn is g upwards: speed begins and ends at nothing."""
    t = times(1.9, 3.6) + STEP / 2
    force, rate = hands.specific_force_and_rate(t)
    turned, mean = Rotation.identity(), np.zeros(3)
    for acc, step in zip(force, rate, strict=True):
        half = Rotation.from_rotvec(step * STEP / 2)
        turned *= half
        mean += turned.apply(acc) / len(t)
        turned *= half
    assert mean == pytest.approx(force[0], abs=0.01)
    assert np.linalg.norm(force, axis=1).std() > 0.1


def test_the_round_ends_lying_still(hands):
    assert hands.duration_s == pytest.approx(12 * 2.0 + 11 * 1.5)
    force, _ = hands.specific_force_and_rate(np.array([hands.duration_s + 100.0]))
    assert np.linalg.norm(force) == pytest.approx(G, abs=1e-3)
