"""A board that turns, whose gyroscope's bias makes gravity drift: worked out with scipy's rotations."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from hinge_imu.motion.drift import Drift
from hinge_imu.motion.orientation import Inclination, up_online

RATE = 100.0
DEG = np.pi / 180
GRAVITY = np.array([0.0, 0.0, 9.81])
BIAS = np.array([0.3, -0.2, 0.25]) * DEG


def tumbling(seconds):
    """Turns of a board that leans to all sides."""
    t = np.arange(0, seconds, 1 / RATE)
    return Rotation.from_euler("xyz", np.stack([np.sin(0.9 * t), np.sin(0.7 * t + 1), 0.1 * t], axis=1))


def followed(turns, bias, cuts=(), *, stood=False):
    """What `Drift` says of gravity that a small bias (3,) moves in the gyroscope's frame, and what moved it, (N,3)."""
    true = np.cumsum(np.cross(turns.apply(bias), GRAVITY), axis=0) / RATE
    quaternions = np.roll(turns.as_quat(), 1, axis=1).T
    drift, said, start = Drift(RATE), [], 0
    if stood:
        drift.stand(GRAVITY)
    ends = sorted({*cuts, len(true)})
    while start < len(true):
        stop = min(start + drift.room, *(end for end in ends if end > start))
        said.append(drift.push(quaternions[:, start:stop]).T)
        if not drift.room:
            drift.learn(GRAVITY + true[stop - 1] - said[-1][-1])
        start = stop
    return np.concatenate(said), true


def test_a_drift_that_goes_on_is_foretold():
    said, true = followed(tumbling(120), BIAS)
    left = np.linalg.norm(np.diff((true - said)[::500], axis=0), axis=1)
    unexplained = np.linalg.norm(np.diff(true[::500], axis=0), axis=1)
    assert not said[:1000].any(), "the first window shows where gravity is, the second how it drifts"
    assert left[12:].mean() < 0.3 * unexplained[12:].mean()


def test_without_a_bias_nothing_drifts():
    said, _ = followed(tumbling(60), np.zeros(3))
    assert not said.any()


def test_who_has_stood_has_shown_gravity_so_the_first_window_shows_how_it_drifts():
    said, true = followed(tumbling(10), BIAS, stood=True)
    second = slice(500, 1000)
    left, unexplained = (np.linalg.norm(np.diff(each[second], axis=0).sum(axis=0)) for each in (true - said, true))
    assert left < 0.9 * unexplained


def test_what_it_says_does_not_depend_on_how_the_stream_is_cut():
    whole, _ = followed(tumbling(40), BIAS)
    for every in (1, 7, 333):
        assert np.array_equal(followed(tumbling(40), BIAS, cuts=range(every, 4000, every))[0], whole)


def test_after_a_restart_gravity_may_be_elsewhere():
    drift, quaternions = Drift(RATE), np.roll(tumbling(5).as_quat(), 1, axis=1).T
    for gravity in (GRAVITY, GRAVITY[::-1]):
        drift.push(quaternions)
        drift.learn(gravity)
        drift.restart()
    drift.push(quaternions)
    assert not drift.push(quaternions[:, :0]).any()
    assert not drift._bias.any()


def test_a_bias_along_gravity_stays_unknown_and_harmless():
    upright = Rotation.from_rotvec(np.zeros((6000, 3)))
    said, true = followed(upright, np.array([0.0, 0.0, 5.0]) * DEG)
    assert not true.any()
    assert not said.any()


@pytest.mark.parametrize("seed", range(3))
def test_a_chip_that_warms_while_nobody_rests_is_followed_better_than_by_what_the_last_rest_showed(seed, apart):
    """Half a degree per second of new bias within two minutes of moving about, in which hands also push."""
    rng = np.random.default_rng(seed)
    turns = tumbling(120)
    turns = Rotation.concatenate([Rotation.from_quat(np.tile(turns[0].as_quat(), (200, 1))), turns])
    t = np.arange(len(turns)) / RATE
    rate = (turns[:-1].inv() * turns[1:]).as_rotvec() * RATE
    warming = rng.choice([-0.5, 0.5], 3) * DEG * t[:, None] / t[-1]
    pushed = 2.0 * np.sin(2 * np.pi * 0.6 * t)[:, None] * (t > 2.5)[:, None] * rng.normal(size=3)
    gyr = np.concatenate([rate[:1], rate]) + warming
    acc, up = turns.inv().apply(GRAVITY + pushed), turns.inv().apply([0.0, 0.0, 1.0])
    trusting = Inclination(RATE)
    trusting._drift.learn = lambda left: trusting._drift.restart()
    learnt, known = (apart(filtered, up)[6000:] for filtered in (up_online(gyr, acc, RATE), trusting.push(gyr, acc)))
    assert np.sqrt(np.mean(learnt**2)) < 0.9 * np.sqrt(np.mean(known**2))
