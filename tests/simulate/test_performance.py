from itertools import pairwise

import numpy as np
import pytest
from scipy.signal import butter, filtfilt

from hinge_imu.simulate import truth
from hinge_imu.simulate.lifter import Body, Lifter
from hinge_imu.simulate.performance import Manner, Rep
from hinge_imu.simulate.sets import floor_set, standing_set, swing_set
from hinge_imu.simulate.stage import Stage

FINE_HZ = 1000.0


def performed(perform, *reps, seed=0, **options):
    stage = Stage(np.random.default_rng(seed), 2.0)
    perform(stage, reps, 1, **options)
    return Lifter(stage.script(), np.random.default_rng(seed), 0.0)


def pull(manner=None, spine=25.0, pause=1.2):
    return Rep(65.0, spine, 1.5, pause, 1.4, 0.9, manner or Manner(thigh_deg=25.0, shank_deg=8.0))


def seen(lifter):
    t = np.arange(0, lifter.timetable.duration_s, 1 / FINE_HZ)
    pelvis, thorax = lifter.inclinations(t)
    return t, pelvis, thorax


def moving(t, thorax, sign, span):
    """Return the first and last moment within a span at which the thorax goes up (-1) or down (1) above the limit."""
    rate = sign * np.gradient(filtfilt(*butter(2, 6.0, fs=FINE_HZ), thorax), t)
    rate[(t < span[0]) | (t > span[1])] = 0
    fast = np.flatnonzero(rate > max(0.1 * rate.max(), 3.0))
    return t[fast[0]], t[fast[-1]]


def test_a_lift_from_the_floor_begins_with_the_pull_and_its_lowering_comes_after_lockout():
    lifter = performed(floor_set, pull(), pull(), pull())
    t, _, thorax = seen(lifter)
    reps = truth.labels(lifter, "deadlift")["reps"]
    assert [rep["order"] for rep in reps] == ["con"] * 3
    for rep, mark in zip(reps, lifter.script.reps, strict=True):
        up = moving(t, thorax, -1, (mark.up[0] - 0.1, mark.up[1] + 0.1))
        down = moving(t, thorax, 1, (mark.down[0] - 0.1, mark.down[1] + 0.1))
        assert (rep["start_s"], rep["end_s"]) == pytest.approx(up, abs=0.01)
        assert rep["eccentric_s"] == pytest.approx(down[1] - down[0], abs=0.01)
        assert rep["top_pause_s"] == pytest.approx(down[0] - up[1], abs=0.02)
        assert rep["bottom_s"] <= rep["start_s"]
        assert thorax[np.searchsorted(t, rep["start_s"])] > 50, "it starts bent"
    for rep, after in pairwise(reps):
        floor = rep["end_s"] + rep["top_pause_s"] + rep["eccentric_s"]
        assert rep["bottom_pause_s"] == pytest.approx(after["start_s"] - floor, abs=1e-6)
    assert "bottom_pause_s" not in reps[-1], "nobody pulls again after the last"


def test_the_way_to_the_bar_and_standing_up_without_it_are_no_reps():
    lifter = performed(floor_set, pull(), pull())
    labels = truth.labels(lifter, "deadlift")
    assert [each["kind"] for each in labels["distractors"]] == ["set_up", "standing_up"]
    set_up, standing_up = labels["distractors"]
    assert set_up["end_s"] <= labels["reps"][0]["start_s"]
    assert standing_up["start_s"] > labels["reps"][-1]["end_s"] + labels["reps"][-1]["eccentric_s"]
    t, _, thorax = seen(lifter)
    assert thorax[t < set_up["start_s"]].max() < 1
    assert abs(thorax[-1]) < 5


def test_who_drops_the_bar_from_lockout_lowers_nothing_and_stays_standing():
    lifter = performed(floor_set, pull(), pull(), ending="dropped")
    *_, last = truth.labels(lifter, "deadlift")["reps"]
    assert not {"eccentric_s", "bottom_pause_s", "top_pause_s"} & last.keys()
    t, _, thorax = seen(lifter)
    assert np.abs(thorax[t > last["end_s"] + 0.2]).max() < 3


def test_an_attempt_that_fails_is_no_rep():
    lifter = performed(floor_set, pull(), pull(Manner(attempt=0.5)), ending="failed")
    labels = truth.labels(lifter, "deadlift")
    assert len(labels["reps"]) == 2
    tried = [each for each in labels["distractors"] if each["kind"] == "failed_rep"]
    assert len(tried) == 2
    t, _, thorax = seen(lifter)
    for each in tried:
        during = thorax[(t > each["start_s"]) & (t < each["end_s"])]
        assert 0.3 * 65 < during.min() < 0.9 * 65, "it came up a good part of the way, and not to lockout"
        assert during[-1] == pytest.approx(65, abs=1), "and was on the floor again"


def test_touch_and_go_rests_for_a_moment_and_a_dead_stop_for_as_long_as_it_takes():
    touch, dead = (performed(floor_set, pull(pause=pause), pull(pause=pause)) for pause in (0.0, 3.0))
    pauses = [truth.labels(lifter, "deadlift")["reps"][0]["bottom_pause_s"] for lifter in (touch, dead)]
    assert pauses[0] < 0.35
    assert pauses[1] == pytest.approx(3.0 + pauses[0], abs=0.05)


def test_a_swing_is_hiked_cycles_without_rest_and_is_parked():
    swings = [Rep(68.0, 18.0, 0.6, -0.1, 0.55, 0.2, Manner(thigh_deg=10.0)) for _ in range(5)]
    labels = truth.labels(performed(swing_set, *swings), "swing")
    reps = labels["reps"]
    assert [rep["order"] for rep in reps] == ["con", "ecc", "ecc", "ecc", "ecc"]
    assert "eccentric_s" not in reps[0], "the first comes out of the hike"
    assert all(rep["bottom_pause_s"] < 0.12 for rep in reps[1:])
    lockouts = [rep["end_s"] for rep in reps]
    assert np.diff(lockouts) == pytest.approx(0.6 - 0.1 + 0.55 + 0.2, abs=0.05), "one cycle each"
    assert [each["kind"] for each in labels["distractors"]] == ["set_up", "park", "standing_up"]


def test_hips_go_back_in_a_hinge_and_down_in_a_squat():
    for manner, sinks in ((Manner(), False), (Manner(thigh_deg=70.0, shank_deg=25.0), True)):
        lifter = performed(standing_set, Rep(55.0, 5.0, 1.5, 1.0, 1.2, 0.5, manner))
        rest = lifter.script.reps[0].rest
        standing, bottom = lifter.posture(np.array([0.5, rest[0] + 0.5])).hips
        assert (standing[1] - bottom[1] > standing[0] - bottom[0]) == sinks


def test_a_rep_that_stops_on_the_way_up_turns_round_at_each_stop_and_is_one_rep():
    lifter = performed(standing_set, Rep(70.0, 9.0, 1.5, 0.5, 2.4, 1.0, Manner(stops=2)))
    [rep] = truth.labels(lifter, "rdl")["reps"]
    t, _, thorax = seen(lifter)
    during = (t > rep["bottom_s"] + rep["bottom_pause_s"]) & (t < rep["end_s"])
    turns = np.count_nonzero(np.diff(np.sign(np.gradient(thorax[during], t[during]))))
    assert turns >= 4
    assert rep["concentric_s"] > 2.4, "the stops belong to the way up"


def test_a_kneeling_lifter_s_hips_stay_over_the_knees():
    stage = Stage(np.random.default_rng(0), 2.0)
    standing_set(stage, [Rep(50.0, 5.0, 1.5, 0.5, 1.2, 0.5)], 1)
    body = Body(thigh_share=0.0, shank_share=0.0)
    lifter = Lifter(stage.script(), np.random.default_rng(0), 0.0, body)
    hips = lifter.posture(np.linspace(0, 6, 200)).hips
    assert np.ptp(hips, axis=0).max() < 1e-9
