import json
from itertools import pairwise

import numpy as np
import pytest
from scipy.signal import butter, filtfilt

from hinge_imu.simulate import truth

FINE_HZ = 1000.0


def timed(t, thorax, onset, next_onset):
    """Time one rep by the definition of a phase, on inclinations low-passed at 6 Hz, forth and back."""
    rate = np.gradient(filtfilt(*butter(2, 6.0, fs=FINE_HZ), thorax), t)
    bottom = np.argmax(np.where((t > onset) & (t < next_onset), thorax, -np.inf))
    edges = []
    for part, sign in ((t > onset) & (t <= t[bottom]), 1), ((t >= t[bottom]) & (t < next_onset), -1):
        speed = np.where(part, sign * rate, 0.0)
        moving = np.flatnonzero(speed > max(0.1 * speed.max(), 3.0))
        edges += [t[moving[0]], t[moving[-1]]]
    return edges


@pytest.fixture(scope="module")
def lifter(lifting, hinge):
    return lifting(hinge(), hinge(60, 34, (2.4, 0.5, 1.0, 1.4)), hinge(75, 26, (1.0, 0.3, 0.8, 0.6)))


def test_the_labels_are_what_the_definition_of_a_phase_gives_on_the_true_angles(lifter):
    t = np.arange(0, lifter.timetable.duration_s, 1 / FINE_HZ)
    _, thorax = lifter.inclinations(t)
    labels = truth.labels(lifter, "hinge")["reps"]
    onsets = [*lifter.timetable.onsets_s[:-1], lifter.timetable.duration_s]
    for label, (onset, next_onset) in zip(labels, pairwise(onsets), strict=True):
        start, bottom, pull, end = timed(t, thorax, onset - 0.05, next_onset - 0.05)
        assert label["start_s"] == pytest.approx(start, abs=0.03)
        assert label["end_s"] == pytest.approx(end, abs=0.03)
        assert label["eccentric_s"] == pytest.approx(bottom - start, abs=0.03)
        assert label["bottom_pause_s"] == pytest.approx(pull - bottom, abs=0.03)
        assert label["concentric_s"] == pytest.approx(end - pull, abs=0.03)
        assert start < label["bottom_s"] < end


def test_the_ranges_are_those_of_the_plan(lifter):
    for label, plan in zip(truth.labels(lifter, "hinge")["reps"], lifter.timetable.reps, strict=True):
        assert label["thorax_rom_deg"] == pytest.approx(plan.depth_deg, abs=1.0)
        assert label["spine_flexion_peak_deg"] == pytest.approx(plan.spine_deg, abs=0.01)


def test_a_fault_is_labelled_where_nobody_would_argue(lifter):
    labels = truth.labels(lifter, "hinge")["reps"]
    assert ["spine_rounding" in label["faults"] for label in labels] == [False, True, False]
    assert ["spine_rounding" in label["faults_absent"] for label in labels] == [True, False, False], (
        "26 deg is arguable"
    )


def test_reps_are_numbered_and_the_last_of_a_set_has_no_pause_after_it(lifter):
    labels = truth.labels(lifter, "rdl")
    assert [(rep["set"], rep["rep"]) for rep in labels["reps"]] == [(1, 1), (1, 2), (1, 3)]
    assert [rep.get("top_pause_s") is None for rep in labels["reps"]] == [False, False, True]
    for rep, following in pairwise(labels["reps"]):
        assert rep["top_pause_s"] == pytest.approx(following["start_s"] - rep["end_s"])
    [whole] = labels["sets"]
    assert (whole["n"], whole["start_s"], whole["end_s"]) == (
        3,
        labels["reps"][0]["start_s"],
        labels["reps"][-1]["end_s"],
    )
    assert (labels["exercise"], labels["simulated"]) == ("rdl", True)


def test_who_does_nothing_gets_no_labels(lifting):
    labels = truth.labels(lifting(), "hinge")
    assert (labels["reps"], labels["sets"]) == ([], [])


def test_true_angles_count_from_the_first_second_of_standing(lifting, hinge):
    seen = truth.angles(lifting(hinge(), sway_deg=1.0, seed=5))
    first = seen["t_s"] < 1.0
    assert seen["thorax_deg"][first].mean() == pytest.approx(0, abs=1e-9)
    assert seen["pelvis_deg"][first].mean() == pytest.approx(0, abs=1e-9)
    np.testing.assert_allclose(seen["spine_deg"], seen["thorax_deg"] - seen["pelvis_deg"])


def test_labels_and_angles_are_written_beside_the_recording(lifter, tmp_path):
    as_json, as_npz = truth.write(lifter, "hinge", tmp_path / "set.mcap")
    assert (as_json.name, as_npz.name) == ("set.json", "set.npz")
    assert json.loads(as_json.read_text()) == truth.labels(lifter, "hinge")
    with np.load(as_npz) as stored:
        for name, values in truth.angles(lifter).items():
            assert np.array_equal(stored[name], values)
