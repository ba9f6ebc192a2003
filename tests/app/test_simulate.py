import json

import pytest

from hinge_imu.recording import open_recording
from hinge_imu.simulate.pathologies import PATHOLOGIES
from hinge_imu.simulate.styles import STYLES


def test_the_same_seed_gives_the_same_recording_and_another_seed_another(hinge_imu, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert hinge_imu("simulate", tmp_path / f"{name}.mcap", "--reps", 1, "--seed", seed).returncode == 0
    a, b, c = ((tmp_path / f"{name}.mcap").read_bytes() for name in "abc")
    assert a == b
    assert a != c


def test_a_prescribed_tempo_is_lifted_and_written_into_the_truth(hinge_imu, tmp_path):
    out = tmp_path / "slow.csv"
    assert hinge_imu("simulate", out, "--reps", 2, "--tempo", "3-1-2-1", "--exercise", "rdl").returncode == 0
    truth = json.loads(out.with_suffix(".json").read_text())
    assert truth["exercise"] == open_recording(out).header.exercise == "rdl"
    for rep in truth["reps"]:
        assert rep["eccentric_s"] == pytest.approx(3, rel=0.16)  # nobody lifts like a clock
        assert rep["concentric_s"] == pytest.approx(2, rel=0.16)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["slow.csv", "slow.json", "slow.npz"]


@pytest.mark.parametrize("tempo", ["fast", "3-1", "0-0-0-0", "3-1-1-1-1"])
def test_a_tempo_that_cannot_be_lifted_is_refused_with_the_mend(hinge_imu, tmp_path, tempo):
    done = hinge_imu("simulate", tmp_path / "x.csv", "--tempo", tempo)
    assert done.returncode == 2
    assert f"--tempo {tempo}" in done.stderr
    assert not [*tmp_path.iterdir()]


def test_a_simulated_recording_says_so_in_its_header(made):
    assert open_recording(made).header.simulated


def test_a_fault_is_lifted_by_every_other_rep_and_written_into_the_truth(hinge_imu, tmp_path):
    out = tmp_path / "bounced.csv"
    assert hinge_imu("simulate", out, "--reps", 4, "--exercise", "deadlift", "--fault", "bounce").returncode == 0
    reps = json.loads(out.with_suffix(".json").read_text())["reps"]
    assert ["bounce" in rep["faults"] for rep in reps[:3]] == [False, True, False]


def test_distractors_are_in_the_recording_and_in_the_truth(hinge_imu, tmp_path):
    plain, lively = tmp_path / "plain.csv", tmp_path / "lively.csv"
    for out, options in ((plain, ()), (lively, ("--distractors",))):
        assert hinge_imu("simulate", out, "--reps", 1, "--seed", 2, *options).returncode == 0
    kinds = [json.loads(out.with_suffix(".json").read_text())["distractors"] for out in (plain, lively)]
    assert not kinds[0]
    assert kinds[1]


def test_a_tempo_becomes_the_prescription_of_the_recording(hinge_imu, tmp_path):
    out = tmp_path / "slow.csv"
    assert hinge_imu("simulate", out, "--reps", 1, "--tempo", "3-1-2-1").returncode == 0
    assert open_recording(out).header.tempo == "3-1-2-1"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--exercise", "curl"), "--exercise curl: is not simulated; these are: hinge, rdl"),
        (("--fault", "laziness"), "--fault laziness: is no fault of the exercise hinge; these are: spine_rounding"),
        (("--exercise", "swing", "--fault", "bounce"), "--fault bounce: is no fault of the exercise swing"),
        (("--fault", "off_tempo"), "add --tempo"),
    ],
)
def test_a_wrong_name_is_refused_with_the_right_ones(hinge_imu, tmp_path, options, sentence):
    done = hinge_imu("simulate", tmp_path / "x.csv", *options)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert not [*tmp_path.iterdir()]


def test_the_help_names_every_exercise_and_every_fault(hinge_imu):
    told = "".join(hinge_imu("simulate", "--help", env={"COLUMNS": "400", "PATH": "", "NO_COLOR": "1"}).stdout.split())
    assert not [name for name in (*STYLES, *PATHOLOGIES) if name not in told]
