import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinge_imu.motion.positions import HOLD_S, Positions
from hinge_imu.simulate.hands import FACES, Hands

RATE = 100.0
NOISE = 0.03  # m/s^2, and a tenth of that in rad/s


@pytest.fixture(scope="module")
def measured():
    """A round of four sides as a noisy sensor that is 4 deg/s off measures it; all of it valid."""
    rng = np.random.default_rng(2)
    hands = Hands(FACES[:4], rng, still_s=3.0, turn_s=1.5)
    t = np.arange(0, hands.duration_s, 1 / RATE)
    acc, gyr = hands.specific_force_and_rate(t)
    acc += NOISE * rng.standard_normal(acc.shape)
    gyr += NOISE / 10 * rng.standard_normal(gyr.shape) + np.radians(4.0)
    return acc, gyr, np.ones(len(t), bool)


def found(measured, cuts=()):
    positions = Positions(RATE)
    parts = [np.split(part, sorted(cuts)) for part in measured]
    taken = [still for block in zip(*parts, strict=True) for still in positions.push(*block)]
    assert len(taken) == len(positions.stills)
    return positions


def test_each_position_is_taken_once_with_the_way_from_one_to_the_next(measured):
    positions = found(measured)
    ups = [still.acc / np.linalg.norm(still.acc) for still in positions.stills]
    assert np.argmax(ups @ np.array(FACES[:4], float).T, axis=1).tolist() == [0, 1, 2, 3]
    assert [(turn.start, turn.stop) for turn in positions.turns] == [(0, 1), (1, 2), (2, 3)]
    # A minimum-jerk turn begins and ends slowly; some rest at both ends is cut out with it.
    assert all(1.5 < len(turn.acc) / RATE < 3.0 for turn in positions.turns)


def test_the_means_are_those_of_lying_there(measured):
    acc, gyr, _ = measured
    first = found(measured).stills[0]
    assert first.acc == pytest.approx(acc[: int(2 * RATE)].mean(axis=0), abs=NOISE / 5)
    assert np.degrees(first.gyr) == pytest.approx([4, 4, 4], abs=0.1)
    assert gyr.mean() != pytest.approx(first.gyr.mean(), abs=1e-3)


@given(st.sets(st.integers(1, 1600), max_size=40))
def test_however_the_samples_are_cut_the_same_is_found(measured, cuts):
    whole, pieces = found(measured), found(measured, cuts)
    for name in ("stills", "turns"):
        for one, other in zip(getattr(whole, name), getattr(pieces, name), strict=True):
            assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_a_hole_ends_a_turn_that_nobody_has_seen_whole(measured):
    acc, gyr, valid = measured
    valid = valid.copy()
    valid[int(3.5 * RATE)] = False  # in the first turn
    positions = found((acc, gyr, valid))
    assert len(positions.stills) == 4
    assert [(turn.start, turn.stop) for turn in positions.turns] == [(1, 2), (2, 3)]


def test_a_slow_turn_is_not_lying_still():
    t = np.arange(0, 20, 1 / RATE)
    angle = np.radians(5.0) * t
    acc = 9.81 * np.column_stack([np.sin(angle), np.cos(angle), 0 * t])
    gyr = np.tile([0.0, 0.0, -np.radians(5.0)], (len(t), 1))
    assert found((acc, gyr, np.ones(len(t), bool))).stills == []


def test_how_long_it_has_lain_counts_from_the_moment_it_lies(measured):
    positions = Positions(RATE)
    positions.push(*(part[: int(1.5 * RATE)] for part in measured))
    assert positions.still_s == pytest.approx(1.5)
    assert not positions.taken
    positions.push(*(part[int(1.5 * RATE) : int(2.5 * RATE)] for part in measured))
    assert positions.taken
    assert positions.still_s == pytest.approx(2.5)
    positions.push(*(part[int(2.5 * RATE) : int(3.9 * RATE)] for part in measured))
    assert (positions.still_s, positions.taken) == (0.0, False)


def test_whoever_takes_too_long_to_turn_has_stills_and_no_turn(measured):
    acc, gyr, _ = measured
    lying, turning = slice(0, int(2.8 * RATE)), slice(int(3.4 * RATE), int(4.0 * RATE))
    order = [lying, *[turning] * 40, slice(int(4.6 * RATE), int(7.4 * RATE))]
    acc, gyr = (np.concatenate([part[each] for each in order]) for part in (acc, gyr))
    positions = found((acc, gyr, np.ones(len(acc), bool)))
    assert (len(positions.stills), positions.turns) == (2, [])
    assert HOLD_S < 2.8
