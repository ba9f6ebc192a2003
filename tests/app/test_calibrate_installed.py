"""`hinge-imu calibrate sensor` as it is shipped: the installed program, in real time, on boards that are turned."""

import json

import numpy as np
import pytest

from hinge_imu.recording import open_recording


@pytest.fixture
def person(i2c, tmp_path):
    """Somebody with two boards as bought, who lays them on one side after the other; and their own data folder."""
    chips = i2c(sides=1, seed=2)
    chips.environment["XDG_DATA_HOME"] = str(tmp_path)
    return chips


def last_session(hinge_imu, person, tmp_path):
    options = ("--seconds", 2, "--no-publish", "--recordings", tmp_path / "recordings")
    done = hinge_imu("live", *options, env=person.environment)
    recordings = sorted((tmp_path / "recordings").glob("*.mcap"))
    return done, open_recording(recordings[-1]).header if recordings else None


def test_boards_are_calibrated_used_and_told_from_others(person, hinge_imu, lines, tmp_path):
    done = hinge_imu("calibrate", "sensor", "--json", "--seconds", 180, env=person.environment)
    assert done.returncode == 0, done.stderr
    stored = [event for event in lines(done) if event["event"] == "calibrated"]
    folder = tmp_path / "hinge-imu" / "calibration"
    assert [event["stored"] for event in stored] == [
        str(folder / f"{name}.json") for name in ("pelvis_0x68", "thorax_0x69")
    ]
    for line in ("six sides", "pelvis: z up taken", "that is all that is needed"):
        assert line in done.stderr

    session, header = last_session(hinge_imu, person, tmp_path)
    assert session.returncode == 0
    assert "not calibrated" not in session.stderr
    fields = json.loads((folder / "pelvis_0x68.json").read_text())
    assert fields["who_am_i"] == "0x68"
    [pelvis, _] = header.config.sensors
    assert np.array_equal(pelvis.calibration.acc_matrix, fields["acc_matrix"])

    person.chip(0x68, "trim", [1, 2, 3, 4, 5, 6])  # another board in the same place
    swapped, _ = last_session(hinge_imu, person, tmp_path)
    assert swapped.returncode == 2
    [line] = swapped.stderr.splitlines()
    assert "pelvis_0x68.json: was made with another board" in line
    assert "calibrate sensor --segment pelvis" in line


def test_a_strap_that_lies_still_is_told_what_is_missing_and_stores_nothing(hinge_imu, i2c, lines, tmp_path):
    environment = {**i2c().environment, "XDG_DATA_HOME": str(tmp_path)}
    done = hinge_imu("calibrate", "sensor", "--json", "--seconds", 5, env=environment)
    assert done.returncode == 1
    assert all(event["stored"] is None for event in lines(done) if event["event"] == "calibrated")
    assert "1 of 6 positions" in done.stdout
    session, _ = last_session(hinge_imu, i2c(), tmp_path)
    assert "note: pelvis and thorax not calibrated" in session.stderr
