import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinge_imu.simulate.script import CHANNELS, Rebound, Script, Step, Wave, written
from hinge_imu.simulate.stage import Stage


@pytest.fixture
def stage():
    return Stage(np.random.default_rng(0), still_s=1.0)


def at(script, channel, *moments):
    return script.at(np.array(moments))[channel].tolist()


def test_a_channel_rests_where_its_last_step_left_it():
    script = Script((Step("lean", 70.0, 1.0, 2.0), Step("lean", -30.0, 4.0, 5.0)), (), 8.0)
    assert at(script, "lean", 0.0, 1.0, 1.5, 2.0, 3.9, 5.0, 100.0) == pytest.approx([0, 0, 35, 70, 70, 40, 40])
    assert all(at(script, name, 3.0) == [0.0] for name in CHANNELS if name != "lean")


@given(
    st.lists(st.tuples(st.floats(-50, 50), st.floats(0, 9), st.floats(0.2, 3), st.sampled_from([-3, -1, 1, 2]))),
    st.lists(st.floats(0, 12), min_size=1),
)
def test_steps_that_overlap_add_up_at_every_moment(drawn, moments):
    steps = tuple(Step("spine", by, start, start + length, late) for by, start, length, late in drawn)
    t = np.sort(np.array(moments))
    expected = [sum(float(step.way(np.array([moment]))[0]) for step in steps) for moment in t]
    np.testing.assert_allclose(Script(steps, (), 12.0).at(t)["spine"], expected, atol=1e-9)


def test_a_late_step_lags_an_early_one_leads_and_they_mirror_each_other():
    t = np.linspace(0, 1, 101)
    even, late, early = (Step("spine", 1.0, 0.0, 1.0, late).way(t) for late in (1, 3, -3))
    assert (late[1:-1] < even[1:-1]).all()
    assert (early[1:-1] > even[1:-1]).all()
    np.testing.assert_allclose(late, 1 - early[::-1], atol=1e-12)


def test_a_wave_comes_and_goes_smoothly_and_is_as_large_as_it_is_said_to_be():
    wave = Wave("y", 0.02, 1.8, 2.0, 8.0, fade_s=1.0)
    t = np.arange(0, 10, 0.001)
    script = Script((), (wave,), 10.0)
    y = script.at(t)["y"]
    assert not y[(t < 2) | (t > 8)].any()
    assert np.abs(y).max() == pytest.approx(0.02, rel=1e-3)
    assert np.abs(np.diff(y)).max() < 1.1 * 0.02 * 2 * np.pi * 1.8 * 0.001, "no jump at either end"


def test_whoever_moves_on_a_stage_goes_on_from_where_the_last_movement_ended(stage):
    assert stage.move(2.0, {"lean": 60.0, "spine": 10.0}) == (1.0, 3.0)
    assert stage.hold(1.5) == (3.0, 4.5)
    stage.move(1.0, {"lean": 20.0})
    script = stage.script(still_s=2.0)
    assert at(script, "lean", 0.5, 3.5, 6.0) == pytest.approx([0, 60, 20])
    assert at(script, "spine", 6.0) == pytest.approx([10])
    assert script.duration_s == 7.5


def test_a_slow_lean_is_made_of_strokes_and_still_never_goes_back(stage):
    stage.move(6.0, {"lean": 70.0})
    script = stage.script()
    assert len(script.steps) > 3
    t = np.linspace(0, 8, 2000)
    lean = script.at(t)["lean"]
    assert np.diff(lean).min() >= -1e-9
    even = np.ptp(np.gradient(lean, t)[(t > 2.5) & (t < 5.5)])
    assert even < 70 / 6 * 0.8, "its rate is far from the bell of a single movement, which peaks at 1.9 of the mean"


def test_what_is_no_rep_is_noted_with_its_times_and_kind(stage):
    stage.hold(1.0)
    with stage.distractor("squat"):
        stage.hold(3.0)
    assert stage.script().distractors == ((2.0, 5.0, "squat"),)


def test_a_timetable_becomes_a_script_of_the_same_length_with_a_mark_for_each_rep(lifting, hinge):
    timetable = lifting(hinge(), hinge(60.0)).timetable
    script = written(timetable)
    assert script.duration_s == timetable.duration_s
    assert [mark.down[0] for mark in script.reps] == pytest.approx(timetable.onsets_s[:-1])
    assert not any(mark.starts_bent for mark in script.reps)


def test_a_spring_that_is_let_go_is_pushed_by_what_it_carried_and_comes_to_rest():
    """A load of 0.7 of the body on a spring of 5 Hz: 0.7 g at first, and M g / k higher in the end."""
    by, instant = 0.7 * 9.80665 / (2 * np.pi * 5.0) ** 2, 1e-3
    spring = Rebound("y", by, 5.0, 0.4, 1e-6, 2.0, 3.2)
    before, first = spring.way(np.array([2.0, 2.0 + instant]))
    assert before == pytest.approx(0.0, abs=1e-9)
    assert 2 * first / instant**2 == pytest.approx(0.7 * 9.80665, rel=0.02)
    assert spring.way(np.array([3.2]))[0] == pytest.approx(by, rel=1e-4)


def test_a_load_that_leaves_slowly_hardly_makes_a_spring_ring():
    t = np.arange(2.0, 3.5, 0.001)
    soon, slowly = (Rebound("y", 0.01, 5.0, 0.3, release_s, 2.0, 3.5).way(t) for release_s in (0.03, 0.3))
    assert np.max(slowly) - 0.01 < 0.3 * (np.max(soon) - 0.01)
