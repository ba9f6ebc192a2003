"""The sessions in ``recordings/``, replayed: a number that changes here changes for everybody."""

import json
from pathlib import Path

import pytest

from hinge_imu.app.replay import replay
from hinge_imu.events import to_dict
from hinge_imu.recording import open_recording

FOLDER = Path(__file__).parents[1] / "recordings"
SESSIONS = sorted(FOLDER.glob("*.mcap"))


def said(path):
    return [to_dict(event) for event in replay(open_recording(path))]


def test_there_are_sessions_to_compare():
    assert {path.stem for path in SESSIONS} >= {"simulated_hinge", "simulated_rdl"}


@pytest.mark.parametrize("path", SESSIONS, ids=lambda path: path.stem)
def test_beside_each_session_are_its_truth_and_what_is_said_of_it(path):
    assert [suffix for suffix in (".json", ".npz", ".jsonl") if not path.with_suffix(suffix).is_file()] == []
    assert open_recording(path).header.simulated


@pytest.mark.parametrize("path", SESSIONS, ids=lambda path: path.stem)
def test_a_kept_session_says_what_it_has_always_said(path):
    expected = [json.loads(line) for line in path.with_suffix(".jsonl").read_text().splitlines()]
    events = [event for event in said(path) if event["event"] in {"rep", "set"}]
    assert len(events) == len(expected)
    for event, kept in zip(events, expected, strict=True):
        del kept["file"]
        faults, kept_faults = event.pop("faults", ()), kept.pop("faults", ())
        assert event == pytest.approx(kept, abs=1e-6)
        for fault, kept_fault in zip(faults, kept_faults, strict=True):
            assert fault == pytest.approx(kept_fault, abs=1e-6)


@pytest.mark.parametrize("path", SESSIONS, ids=lambda path: path.stem)
def test_a_kept_session_is_measured_as_its_truth_has_it(path, untrue):
    truth = json.loads(path.with_suffix(".json").read_text())["reps"]
    reps = [event for event in said(path) if event["event"] == "rep"]
    for rep, true in zip(reps, truth, strict=True):
        for time in ("end_s", "eccentric_s", "concentric_s"):
            assert rep[time] == (pytest.approx(true[time], abs=0.2) if time in true else None)
        for angle in ("pelvis_rom_deg", "thorax_rom_deg", "spine_flexion_peak_deg"):
            assert rep[angle] == pytest.approx(true[angle], abs=3)
        assert untrue(rep, true) == ([], [])
