import json

import pytest

from hinge_imu.recording import open_recording


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
