"""A board that turns and is pushed about, whose gyroscope's bias makes gravity drift: worked out with scipy's turns."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import signal
from scipy.spatial.transform import Rotation

from hinge_imu.motion import gravity as module
from hinge_imu.motion.gravity import Felt, Gravity
from hinge_imu.motion.orientation import TAU_S, Inclination, up_online

RATE = 100.0
DEG = np.pi / 180
GRAVITY = np.array([0.0, 0.0, 9.81])
BIAS = np.array([0.3, -0.2, 0.25]) * DEG
NOTHING = np.zeros(3)


def tumbling(seconds):
    """Turns of a board that leans to all sides."""
    t = np.arange(0, seconds, 1 / RATE)
    return Rotation.from_euler("xyz", np.stack([np.sin(0.9 * t), np.sin(0.7 * t + 1), 0.1 * t], axis=1))


def felt(turns, bias=NOTHING, pushed=0.0, rate=1.0, rest=0):
    """What a board feels that turns so, and gravity in the frame that a gyroscope of such a bias (3,) keeps, (N,3)."""
    true = GRAVITY + np.cumsum(np.cross(turns.apply(bias), GRAVITY), axis=0) / RATE
    n = len(true)
    quaternions = np.roll(turns.as_quat(), 1, axis=1).T
    calm_for = np.arange(1, n + 1) if rest else np.zeros(n, int)
    return Felt((true + pushed).T, quaternions, np.full(n, rate**2), calm_for, np.tile(bias, (n, 1)).T * rest), true


def followed(known, what, cuts=()):
    ends = sorted({0, *cuts, len(what.calm_for)})
    parts = [known.push(what.part(slice(*part))) for part in pairwise(ends)]
    return np.concatenate(parts, axis=1).T


def stood():
    known = Gravity(RATE, TAU_S)
    known.stand(GRAVITY)
    return known


def off(said, true):
    """The angle between two vectors (N,3), in degrees."""
    return np.linalg.norm(np.cross(said, true), axis=1) / (9.81**2 * DEG)


def shaken(turns, metres_s=0.4, hertz=0.6):
    """Forces of a velocity that goes to and fro, as a movement does."""
    t = np.arange(len(turns)) / RATE
    w = 2 * np.pi * hertz
    return (metres_s * w * np.cos(w * t))[:, None] * [1.0, 0.5, 0.2]


def test_a_drift_that_goes_on_is_foretold():
    turns = tumbling(60)
    what, true = felt(turns, BIAS, shaken(turns))
    known = stood()
    said = followed(known, what)
    assert off(said, true)[3000:].max() < 0.5
    assert known._bias == pytest.approx(BIAS, abs=0.05 * DEG)


def test_without_a_bias_and_a_push_gravity_stays_where_it_was():
    what, true = felt(tumbling(60))
    np.testing.assert_allclose(followed(stood(), what), true, rtol=0, atol=1e-12)


def test_what_it_says_does_not_depend_on_how_the_stream_is_cut():
    turns = tumbling(40)
    what, _ = felt(turns, BIAS, shaken(turns))
    whole = followed(stood(), what)
    for every in (1, 7, 333):
        np.testing.assert_allclose(followed(stood(), what, range(every, 4000, every)), whole, rtol=0, atol=1e-12)


def test_one_who_moves_all_the_time_is_followed_as_by_a_low_pass_of_second_order(monkeypatch):
    monkeypatch.setattr(module, "WANDER", 1e-9)
    known = stood()
    known._covariance = 1e-18 * np.eye(3)
    still, _ = felt(Rotation.identity(6000))
    followed(known, still)
    step = followed(known, still._replace(force=still.force + GRAVITY[::-1, None]))[:, 0]
    _, expected = signal.step(([1.0], [TAU_S**2, np.sqrt(2) * TAU_S, 1.0]), T=np.arange(6000) / RATE)
    assert step / 9.81 == pytest.approx(expected, abs=0.04)


def test_who_turns_slowly_has_no_speed_and_shows_gravity_sooner():
    what, _ = felt(Rotation.identity(200), pushed=np.array([0.2, 0.0, 0.0]))
    fast, slow = (followed(stood(), what._replace(turning=np.full(200, rate**2))) for rate in (1.0, 0.01))
    assert 0.2 - slow[-1, 0] < 0.25 * (0.2 - fast[-1, 0])


def test_after_a_restart_gravity_may_be_elsewhere_and_the_bias_is_what_it_was():
    turns = tumbling(60)
    what, _ = felt(turns, BIAS)
    known = stood()
    followed(known, what)
    bias = known._bias
    known.restart()
    lying = Felt(np.tile([[9.81], [0.0], [0.0]], 100), *felt(Rotation.identity(100))[0][1:])
    assert followed(known, lying)[-1] == pytest.approx([9.81, 0, 0], abs=0.05)
    assert np.array_equal(known._bias, bias)


def test_a_bias_along_gravity_stays_unknown_and_harmless():
    what, true = felt(Rotation.identity(6000), np.array([0.0, 0.0, 5.0]) * DEG)
    assert not np.ptp(true, axis=0).any()
    np.testing.assert_allclose(followed(stood(), what), true, rtol=0, atol=1e-12)


def test_a_rest_shows_it_all_the_same():
    bias = np.array([0.0, 0.0, 0.3]) * DEG
    known = stood()
    followed(known, felt(Rotation.identity(1500), bias, rest=1)[0])
    assert known._bias == pytest.approx(bias, abs=0.05 * DEG)


def test_a_turn_that_the_gyroscope_has_missed_is_no_bias():
    known = stood()
    what, _ = felt(tumbling(4), BIAS)
    followed(known, what)
    what, _ = felt(tumbling(56))
    missed = Rotation.from_rotvec([0.3, 0.0, 0.0]).apply(GRAVITY)
    said = followed(known, what._replace(force=np.tile(missed, (5600, 1)).T))
    assert np.linalg.norm(known._bias) < np.linalg.norm(BIAS)
    assert off(said, missed)[1500:].max() < 2.0


def test_what_is_worked_out_beside_the_filter_is_what_one_filter_of_nine_states_says():
    """Velocity, gravity and bias in one Kalman filter, stride by stride, in its textbook form."""
    turns = tumbling(4)
    what, _ = felt(turns, BIAS, shaken(turns))
    n = round(module.STRIDE_S * RATE)
    step, noise = n / RATE, module.MOVING / module.STRIDE_S
    state = np.concatenate([NOTHING, GRAVITY, NOTHING])
    spread = np.diag(np.repeat(np.square([*module.STANCE, module.SWAYED]), 3))
    expected = []
    for end in range(n, 401, n):
        force = what.force[:, end - n : end].mean(axis=1)
        on = np.eye(9)
        on[:3, 3:6] = -step * np.eye(3)
        on[3:6, 6:] = step * np.cross(turns[end - 1].as_matrix().T, GRAVITY).T
        state = on @ state + np.concatenate([step * force, np.zeros(6)])
        spread = on @ spread @ on.T
        spread[3:6, 3:6] += module.MOVING / TAU_S**4 * step * np.eye(3)
        gain = spread[:, :3] @ np.linalg.inv(spread[:3, :3] + noise * np.eye(3))
        state, spread = state - gain @ state[:3], spread - gain @ spread[:3]
        expected.append(state[3:6])
    said = followed(stood(), what)
    np.testing.assert_allclose(said[n::n], expected[: len(said[n::n])], rtol=0, atol=1e-9)


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
    trusting._gravity._learn = trusting._gravity._open
    learnt, known = (apart(filtered, up)[6000:] for filtered in (up_online(gyr, acc, RATE), trusting.push(gyr, acc)))
    assert np.sqrt(np.mean(learnt**2)) < 0.9 * np.sqrt(np.mean(known**2))
