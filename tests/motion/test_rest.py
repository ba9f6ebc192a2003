import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from hinge_imu.motion.rest import GyroBias, Stillness, turn_rate

RATE = 100.0
DEG = np.pi / 180
GRAVITY = np.array([0.0, 9.81, 0.0])
NOISE = 0.033 * DEG, 0.026  # of an MPU-6050 behind its 44 Hz low-pass: rad/s, m/s^2


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def sensor(rng, seconds, gyr=0.0, acc=0.0):
    """A sensor that reads noise, and these functions of t, (N,) for all axes or (N,3), on top."""
    t = np.arange(round(seconds * RATE)) / RATE
    noise = rng.normal(size=(2, len(t), 3)) * np.array(NOISE)[:, None, None]
    values = [np.asarray(f(t) if callable(f) else f, float) for f in (gyr, acc)]
    gyr, acc = (v[:, None] if v.ndim == 1 and len(v) == len(t) else v for v in values)
    return noise[0] + gyr, noise[1] + GRAVITY + acc


def biases(gyr, acc, cuts=()):
    """The bias known at each sample; the first still second begins it, as the orientation does."""
    stillness, bias = Stillness(RATE), GyroBias(RATE)
    bias.begin(gyr[: stillness.second].T)
    parts = zip(np.split(gyr, cuts), np.split(acc, cuts), strict=True)
    return np.concatenate([bias.push(g.T, stillness.push(g, a).calm).T for g, a in parts])


def test_a_still_sensor_is_standing_after_exactly_one_second(rng):
    standing = Stillness(RATE).push(*sensor(rng, 3)).standing
    assert np.array_equal(standing, np.arange(1, 301))
    assert Stillness(RATE).second == 100


def test_a_person_who_stands_sways_and_yet_stands(rng):
    sway = sensor(
        rng, 10, gyr=lambda t: 4 * DEG * np.sin(2 * np.pi * 0.5 * t), acc=lambda t: 0.3 * np.sin(2 * np.pi * 0.5 * t)
    )
    quiet = Stillness(RATE).push(*sway)
    assert quiet.standing[-1] == 1000
    assert quiet.calm.max() < 1000, "but nothing that could be taken for rest"


def test_who_walks_does_not_stand(rng):
    def steps(t):
        return np.sin(2 * np.pi * 1.8 * t)

    walk = sensor(rng, 10, gyr=lambda t: 20 * DEG * steps(t), acc=lambda t: 2.0 * steps(t))
    assert Stillness(RATE).push(*walk).standing.max() < Stillness(RATE).second


def test_standing_begins_anew_after_a_movement(rng):
    gyr, acc = sensor(rng, 6)
    gyr[250:280] += 2.0
    standing = Stillness(RATE).push(gyr, acc).standing
    assert standing[249] == 250
    assert standing[280] == 0
    last_moving = np.flatnonzero(standing == 0)[-1]
    assert np.array_equal(standing[last_moving:], np.arange(600 - last_moving))


def test_stillness_is_counted_the_same_however_the_stream_is_cut(rng):
    gyr, acc = sensor(rng, 6)
    gyr[250:280] += 2.0
    whole, cut = Stillness(RATE).push(gyr, acc), Stillness(RATE)
    parts = [cut.push(gyr[i : i + 7], acc[i : i + 7]) for i in range(0, 600, 7)]
    for name in ("standing", "calm"):
        assert np.array_equal(np.concatenate([getattr(part, name) for part in parts]), getattr(whole, name))


def test_the_bias_of_a_gyroscope_at_rest_is_found(rng):
    bias = np.array([2.0, -1.0, 0.5]) * DEG
    known = biases(*sensor(rng, 10, gyr=bias))
    assert np.abs(known[-1] - bias).max() < 4 * NOISE[0] / np.sqrt(500), "the mean of at least five seconds"


def test_a_bias_that_wanders_is_followed_from_rest_to_rest(rng):
    gyr, acc = sensor(rng, 120, gyr=lambda t: 2 * DEG * np.floor(t / 20)[:, None] / 5 * [1, 0, 0])
    for start in range(1950, 11900, 2000):
        gyr[start : start + 100] += np.sin(np.arange(100))[:, None]  # moves between the rests
    assert np.abs(biases(gyr, acc)[-1] / DEG - [2.0, 0, 0]).max() < 0.15


def test_a_slow_even_turn_is_no_bias(rng):
    def turn(t):
        return 5 * DEG * (np.clip(t - 5, 0, 0.4) / 0.4 - np.clip(t - 25, 0, 0.4) / 0.4)[:, None] * [0, 1, 0]

    known = biases(*sensor(rng, 35, gyr=turn))
    assert np.abs(known).max() < 0.2 * DEG


def test_moving_teaches_no_bias(rng):
    gyr, acc = sensor(rng, 20, gyr=lambda t: np.where(t > 3, 1.0, 0.0) * np.sin(3 * t) ** 2)
    known = biases(gyr, acc)
    assert np.abs(known).max() < 0.05 * DEG


def test_an_even_turn_shorter_than_a_rest_teaches_no_bias(rng):
    """Two degrees a second for a second and a bit, in the middle of moving."""

    def turn(t):
        return np.where(np.abs(t - 10) < 0.7, 2 * DEG, np.where(t > 3, np.sin(9 * t), 0.0))

    assert np.abs(biases(*sensor(rng, 15, gyr=turn))).max() < 0.05 * DEG


def test_the_bias_is_the_same_to_the_last_bit_however_the_stream_is_cut(rng):
    gyr, acc = sensor(rng, 20, gyr=1.5 * DEG)
    gyr[700:800] += np.sin(np.arange(100))[:, None]
    whole = biases(gyr, acc)
    for cuts in (range(1, 2000), range(7, 2000, 7), [699, 700, 701, 900], [1999]):
        assert np.array_equal(biases(gyr, acc, cuts), whole)


@pytest.mark.parametrize("axis", [(1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.6, 0.0, -0.8)])
def test_what_a_sway_turned_the_sensor_by_is_told_from_its_bias(axis):
    """Two degrees of lean within the second, seen by gravity along y; about y itself nothing could be seen."""
    t = np.arange(0, 1, 0.01)
    lean = Rotation.from_rotvec(np.radians(2.0) * t[:, None] * np.array(axis))
    acc = lean.inv().apply([0.0, 9.81, 0.0])
    assert turn_rate(acc.T, 100.0) == pytest.approx(np.radians(2.0) * np.array(axis), abs=np.radians(0.05))
