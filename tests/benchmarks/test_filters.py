"""The comparison of filters, on a trial or two of a few seconds."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def filters():
    sys.path.insert(0, str(FOLDER))
    try:
        yield importlib.import_module("filters")
    finally:
        sys.path.remove(str(FOLDER))


@pytest.fixture
def folder(tmp_path):
    """Two trials of a board that is turned about one axis and back, the second with a gap in the reference."""
    t = np.arange(0, 8, 0.01)
    angle = np.where(t > 3, 1 - np.cos(2 * (t - 3)), 0.0)
    turn = Rotation.from_rotvec(angle[:, None] * [0.6, 0.0, 0.8])
    quat = np.roll(turn.as_quat(), 1, axis=1)
    gyr = np.diff(angle, prepend=0.0)[:, None] * 100 * [0.6, 0.0, 0.8]
    acc = turn.inv().apply([0.0, 0.0, 9.81])
    for name in "ab":
        if name == "b":
            quat[500:550] = np.nan
        np.savez(tmp_path / name, gyr=gyr, acc=acc, quat=quat, movement=t > 3, rate_hz=100.0)
    return tmp_path


def run(filters, monkeypatch, capsys, *options):
    monkeypatch.setattr(sys, "argv", ["filters", *map(str, options)])
    filters.main()
    return capsys.readouterr().out


def test_every_filter_that_is_installed_is_told_with_its_errors_and_speed(filters, folder, monkeypatch, capsys):
    said = run(filters, monkeypatch, capsys, folder, "--degrade", 1)
    for name, kind in filters.filters().items():
        missing = importlib.util.find_spec(kind.package) is None
        assert (f"{kind.package} is not installed" if missing else name) in said
    assert "2 trials" in said
    assert "degraded" in said


def test_a_peer_that_is_not_installed_is_named_and_left_out(filters, folder, monkeypatch, capsys):
    monkeypatch.setattr(filters, "find_spec", lambda package: None if package == "vqf" else package)
    said = run(filters, monkeypatch, capsys, folder, "--only", "Inclination", "VQF")
    assert "vqf is not installed" in said
    assert said.count("VQF") == 0


def test_a_reference_that_is_not_known_counts_for_nothing(filters, folder):
    errors = [filters.error_deg("Inclination", folder / f"{name}.npz", None) for name in "ab"]
    assert errors == pytest.approx([0.0, 0.0], abs=0.2)


def test_who_takes_the_delay_off_finds_a_late_sensor_right(filters, folder, tmp_path):
    with np.load(folder / "a.npz") as trial:
        late = {name: np.roll(trial[name], 4, axis=0) if name in {"gyr", "acc"} else trial[name] for name in trial}
    np.savez(tmp_path / "late", **late)
    as_it_is, taken_off = (filters.error_deg("Inclination", tmp_path / "late.npz", None, s) for s in (0.0, 0.04))
    # Up turns by 2 sin(2 t) rad/s about an axis that is 0.6 across it.
    assert as_it_is == pytest.approx(np.degrees(0.04 * 0.6 * 2 / np.sqrt(2)), rel=0.1)
    assert taken_off < 0.25 * as_it_is


def test_noise_of_the_chip_is_that_of_its_data_sheet(filters):
    still = filters.Trial(np.zeros((40_000, 3)), np.tile([0.0, 0.0, 9.80665], (40_000, 1)), None, None, 200.0)
    chip = filters.degraded(still, seed=3)
    assert np.std(np.diff(np.degrees(chip.gyr), axis=0)) / np.sqrt(2) == pytest.approx(0.05, rel=0.1)
    assert np.std(chip.acc[:, 0]) == pytest.approx(4e-3 * 9.80665, rel=0.1)


def test_simulated_movements_need_no_folder_and_can_be_drawn(filters, monkeypatch, capsys, tmp_path):
    pytest.importorskip("matplotlib").use("svg")
    drawn = tmp_path / "filters.svg"
    said = run(filters, monkeypatch, capsys, "--trials", 1, "--only", "Inclination", "up_offline", "--plot", drawn)
    assert "SIMULATED" in said
    assert "looks ahead" in said
    assert "up_offline" in drawn.read_text() or drawn.stat().st_size > 10_000
