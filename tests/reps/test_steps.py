import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hinge_imu.reps.steps import Steps
from hinge_imu.simulate import distractors
from hinge_imu.simulate.performance import Manner, Rep
from hinge_imu.simulate.sets import floor_set, standing_set, swing_set

RATE = 100.0
HEAVE, LEAD = 5, 4


def walks(rows, cuts=()):
    steps = Steps(RATE)
    blocks = zip(np.split(rows[HEAVE], cuts), np.split(rows[LEAD], cuts), strict=True)
    return [walk for heave, lead in blocks for walk in steps.push(heave, lead)]


def bobbing(steps, hz=1.8, metres_s2=2.0, lead_deg=3.0):
    """Rows of who stands, goes so many steps and stands."""
    t = np.arange(0, 4 + steps / hz, 1 / RATE)
    going = (t > 2) & (t < 2 + steps / hz)
    heave = np.where(going, -metres_s2 * np.cos(2 * np.pi * hz * (t - 2)), 0.0)
    return np.stack([t, *np.zeros((3, len(t))), np.full(len(t), lead_deg), heave])


@pytest.fixture(scope="module")
def walking(staged, rows_of):
    return lambda seed, count: rows_of(staged(lambda stage: distractors.walk(stage, count, about=False), seed=seed))


def test_a_walk_may_be_one_at_its_third_step_and_is_at_its_fourth():
    assert walks(bobbing(2)) == []
    assert [walk.sure for walk in walks(bobbing(3))] == [False]
    _, walk = walks(bobbing(4))
    assert walk.sure
    assert walk.start / RATE == pytest.approx(2.0 + 0.5 / 1.8 + 0.1, abs=0.2)
    assert walk.known / RATE == pytest.approx(2.0 + 3.5 / 1.8 + 0.1, abs=0.2)


def test_each_further_step_says_that_it_goes_on():
    found = walks(bobbing(9))
    assert [walk.sure for walk in found] == [False, *[True] * 6]
    assert len({walk.start for walk in found}) == 1
    assert np.diff([walk.known for walk in found]) / RATE == pytest.approx(1 / 1.8, abs=0.03)


@pytest.mark.parametrize("seed", range(8))
def test_who_walks_is_seen_to_walk_however_fast(walking, seed):
    rows = walking(seed, 10)
    found = walks(rows)
    assert 5 <= len(found) <= 9
    assert rows[0, found[0].start] < 2.0 + 2.5


@pytest.mark.parametrize("hz", [1.3, 1.8, 2.5])
def test_steps_come_one_to_three_times_a_second(hz):
    assert len(walks(bobbing(8, hz))) == pytest.approx(5, abs=1)


@pytest.mark.parametrize("wrong", [{"hz": 0.7}, {"metres_s2": 0.3}, {"lead_deg": 50.0}, {"lead_deg": -50.0}])
def test_what_is_too_slow_too_faint_or_bent_is_no_walk(wrong):
    assert walks(bobbing(12, **wrong)) == []


def test_who_bends_between_any_two_bobs_does_not_walk():
    rows = bobbing(8, hz=1.2)
    assert walks(rows)
    rows[LEAD] += 30 * (1 - np.cos(2 * np.pi * 1.2 * (rows[0] - 2.35)))
    assert walks(rows) == []


def test_two_steps_here_and_two_there_are_no_walk():
    assert walks(np.concatenate([bobbing(2)] * 4, axis=1)) == []


def rep(top=0.8, **times):
    return Rep(70.0, 15.0, times.get("down", 1.4), 0.3, times.get("up", 1.1), top, Manner(thigh_deg=15.0))


SETS = {
    "hinges": lambda stage: standing_set(stage, [rep() for _ in range(6)], 1),
    "quick hinges": lambda stage: standing_set(stage, [rep(0.2, down=0.9, up=0.8) for _ in range(8)], 1),
    "lifts from the floor": lambda stage: floor_set(stage, [rep() for _ in range(5)], 1),
    "squats": distractors.squats,
    "reaching": distractors.reach,
    "sitting down and getting up": distractors.sit,
}


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("seed", range(3))
def test_who_lifts_or_sits_does_not_walk(staged, rows_of, name, seed):
    assert walks(rows_of(staged(SETS[name], seed=seed))) == []


@pytest.mark.parametrize("top", [0.1, 0.3, 1.0])
def test_who_swings_does_not_walk(staged, rows_of, top):
    swings = [Rep(68.0, 18.0, 0.6, -0.1, 0.55, top, Manner(thigh_deg=10.0)) for _ in range(8)]
    assert walks(rows_of(staged(lambda stage: swing_set(stage, swings, 1)))) == []


def test_nothing_and_what_is_not_known_is_no_walk():
    assert Steps(RATE).push(np.empty(0), np.empty(0)) == []
    assert Steps(RATE).push(np.full(500, np.nan), np.full(500, 3.0)) == []


@settings(deadline=None, max_examples=30)
@given(cuts=st.lists(st.integers(0, 1500), max_size=12).map(sorted), seed=st.integers(0, 5), steps=st.integers(1, 14))
def test_the_same_walks_are_found_however_the_stream_is_cut(walking, cuts, seed, steps):
    rows = walking(seed, steps)
    assert walks(rows, [cut for cut in cuts if cut <= rows.shape[1]]) == walks(rows)
