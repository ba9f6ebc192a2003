import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from hinge_imu.motion.offline import bias_offline
from hinge_imu.motion.orientation import up_offline, up_online
from hinge_imu.motion.rest import Stillness

RATE = 100.0


@pytest.fixture
def bows():
    """A minute of 60 degree bows about an oblique sensor axis, with the truth: gyr, acc, up."""
    t = np.arange(0, 60, 1 / RATE)
    lean = np.where(t < 4, 0.0, np.radians(30) * (1 - np.cos(2 * np.pi * (t - 4) / 4)))
    axis = np.array([2.0, -1.0, 0.5]) / np.linalg.norm([2.0, -1.0, 0.5])
    turn = Rotation.from_rotvec(lean[:, None] * axis)
    up = turn.inv().apply([0.0, 0.6, 0.8])
    # The hips swing with the bow: half a g of honest acceleration, which is no gravity.
    sway = turn.inv().apply(np.stack([5.0 * np.sin(2 * np.pi * t / 2) * (t > 4), 0 * t, 0 * t], axis=1))
    gyr = np.gradient(lean, t)[:, None] * axis
    return gyr, 9.81 * up + sway, up


def error_deg(up, true):
    return np.degrees(np.arccos(np.clip(np.sum(up * true, axis=1), -1, 1)))


def test_looking_ahead_as_well_as_back_finds_up_through_honest_acceleration(bows):
    gyr, acc, up = bows
    assert np.sqrt(np.mean(error_deg(up_offline(gyr, acc, RATE, averaging=False), up) ** 2)) < 0.6


def test_hindsight_is_no_worse_than_live_under_an_unknown_bias(bows):
    gyr, acc, up = bows
    biased = gyr + np.radians([1.5, -2.0, 1.0])
    offline = error_deg(up_offline(biased, acc, RATE, averaging=False), up)
    live = error_deg(up_online(biased, acc, RATE), up)
    assert np.sqrt(np.mean(offline**2)) < np.sqrt(np.mean(live**2))


def test_the_bias_is_a_straight_line_between_two_rests():
    n = round(30 * RATE)
    true = np.radians(np.linspace(1.0, 3.0, n))[:, None] * np.array([1.0, -1.0, 0.5])
    moving = (np.arange(n) > 5 * RATE) & (np.arange(n) < 25 * RATE)
    gyr = true + np.where(moving, np.sin(np.arange(n) / 7), 0.0)[:, None]
    acc = np.tile([0.0, 0.0, 9.81], (n, 1)) + np.where(moving, 3 * np.cos(np.arange(n) / 7), 0.0)[:, None]
    middle = slice(round(10 * RATE), round(20 * RATE))
    assert np.abs(bias_offline(gyr, Stillness(RATE).push(gyr, acc), RATE) - true)[middle].max() < np.radians(0.1)


def test_without_any_rest_no_bias_is_made_up():
    shaking = np.random.default_rng(1).normal(0, 1, (500, 3))
    assert not bias_offline(shaking, Stillness(RATE).push(shaking, 9.81 + 5 * shaking), RATE).any()


def test_a_single_sample_points_up_by_gravity_alone():
    assert up_offline(np.zeros((1, 3)), np.array([[0.0, 3.0, 4.0]]), RATE) == pytest.approx(np.array([[0.0, 0.6, 0.8]]))


@pytest.mark.parametrize("way", [1, -1], ids=["begins", "ends"])
def test_a_knock_where_a_recording_begins_or_ends_hardly_tilts_what_lies_next_to_it(bows, way):
    gyr, acc, _ = bows
    knocked = acc.copy()
    knocked[0] += [1.0, 0.0, 0.0]
    calm, other = (up_offline(way * gyr[::way], each[::way], RATE, averaging=False) for each in (acc, knocked))
    assert error_deg(other, calm).max() < 0.25
