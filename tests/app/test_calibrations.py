import json
import math
import time
from pathlib import Path

import msgspec
import numpy as np
import pytest

from hinge_imu.app import calibrations
from hinge_imu.app.calibrations import CalibrationError, Stored, calibrated, default_folders, load, store
from hinge_imu.app.expectations import expectation
from hinge_imu.app.live import live
from hinge_imu.config import Calibration, Config, SensorConfig
from hinge_imu.config import load as load_config
from hinge_imu.recording import open_recording
from hinge_imu.sensing.identity import Identity, identities
from hinge_imu.simulate.lifter import Lifter
from hinge_imu.simulate.plan import Timetable
from hinge_imu.simulate.strap import strap

BOARD = Identity(0x68, bytes.fromhex("5a91c327"))
MATRIX = ((1.01, 0.002, 0.0), (0.002, 0.98, -0.004), (0.0, -0.004, 1.02))


@pytest.fixture
def made():
    def make(**changes):
        fields = {
            "segment": "pelvis",
            "address": "0x68",
            "who_am_i": "0x68",
            "self_test_registers": BOARD.self_test.hex(),
            "made_utc": "2026-01-31T17:05:00+00:00",
            "made_from": "live",
            "temperature_deg_c": 27.5,
            "acc_bias_m_s2": (0.4, -0.3, 0.7),
            "acc_matrix": MATRIX,
            "gyr_bias_rad_s": (0.1, -0.2, 0.3),
            "cross_axis_fitted": True,
            "tilt_error_deg": 0.12,
            "positions": 6,
            "residuals_mg": [0.1] * 6,
            "turn_residuals_mg": [0.1] * 5,
        }
        return Stored(**{**fields, **changes})

    return make


def applied(folder, boards=None, config=None):
    used = calibrated(config or Config(), [folder], boards or {0x68: BOARD})
    return {sensor.segment: sensor.calibration for sensor in used.sensors}


# On disk ----------------------------------------------------------------------------------------------------


def test_what_is_stored_is_found_by_segment_and_address_and_applied_as_it_is(made, tmp_path):
    path, older = store(made(), tmp_path / "not" / "there")
    assert (path.name, older) == ("pelvis_0x68.json", None)
    assert load(path) == made()
    found = applied(path.parent)
    assert found["pelvis"].acc_bias == (0.4, -0.3, 0.7)
    assert found["pelvis"].acc_matrix == MATRIX
    assert found["pelvis"].gyr_bias == (0.1, -0.2, 0.3)
    assert found["pelvis"].made_utc == "2026-01-31T17:05:00+00:00"
    assert found["thorax"] == Calibration()


def test_a_stored_file_is_plain_json_with_units_in_its_names(made, tmp_path):
    fields = json.loads(store(made(), tmp_path)[0].read_text())
    assert fields["kind"] == "hinge-imu sensor calibration"
    assert fields["version"] == 1
    assert {"acc_bias_m_s2", "gyr_bias_rad_s", "temperature_deg_c", "residuals_mg", "made_utc"} <= set(fields)


def test_an_older_file_is_kept_with_its_date_and_none_is_ever_written_over(made, tmp_path):
    kept = [store(made(tilt_error_deg=tilt), tmp_path)[1] for tilt in (0.1, 0.2, 0.3)]
    assert [path and path.name for path in kept] == [
        None,
        "pelvis_0x68.20260131T170500Z.json",
        "pelvis_0x68.20260131T170500Z-2.json",
    ]
    assert sorted(load(path).tilt_error_deg for path in tmp_path.iterdir()) == [0.1, 0.2, 0.3]
    assert load(tmp_path / "pelvis_0x68.json").tilt_error_deg == 0.3


def test_what_cannot_be_read_is_kept_too(made, tmp_path):
    (tmp_path / "pelvis_0x68.json").write_text("what is this")
    _, older = store(made(), tmp_path)
    assert older.read_text() == "what is this"


def test_a_folder_that_cannot_be_written_to_is_named(made, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CalibrationError, match=r"file/pelvis_0x68.json: cannot be written .*--out DIR"):
        store(made(), tmp_path / "file")


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b'{"kind": "hinge-imu sensor', "is damaged"),
        (b"\xff\xfe", "is damaged"),
        (b"[1, 2]", "is no sensor calibration"),
        (b'{"kind": "recipe"}', "is no sensor calibration"),
        (b'{"kind": "hinge-imu sensor calibration", "version": 2}', "is of format version 2, and this program reads 1"),
        (b'{"kind": "hinge-imu sensor calibration", "version": 1}', "is damaged"),
        (None, "cannot be read"),
    ],
)
def test_a_file_that_is_none_is_named_with_what_was_found_and_the_mend(tmp_path, content, found):
    path = tmp_path / "pelvis_0x68.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CalibrationError) as caught:
        load(path)
    sentence = str(caught.value)
    assert sentence.startswith(f"{path}: {found}")
    assert "hinge-imu calibrate sensor" in sentence
    assert "\n" not in sentence


def test_numbers_that_no_chip_can_have_are_damage(made, tmp_path):
    path, _ = store(made(acc_bias_m_s2=(400.0, 0.0, 0.0)), tmp_path)
    with pytest.raises(CalibrationError, match="is damaged"):
        load(path)


# Which goes with which sensor -------------------------------------------------------------------------------


def test_a_swapped_board_is_noticed_by_its_factory_trim(made, tmp_path):
    path, _ = store(made(), tmp_path)
    other = BOARD._replace(self_test=bytes.fromhex("5a91c328"))
    with pytest.raises(CalibrationError) as caught:
        applied(tmp_path, {0x68: other})
    sentence = str(caught.value)
    assert sentence.startswith(f"{path}: was made with another board")
    assert "5a91c327" in sentence
    assert "5a91c328" in sentence
    assert "hinge-imu calibrate sensor --segment pelvis" in sentence


def test_a_clone_in_its_place_is_noticed_by_its_name(made, tmp_path):
    store(made(), tmp_path)
    with pytest.raises(CalibrationError, match="another board"):
        applied(tmp_path, {0x68: BOARD._replace(who_am_i=0x70)})


def test_a_board_that_does_not_answer_yet_and_a_file_from_a_recording_cannot_be_compared(made, tmp_path):
    store(made(), tmp_path)
    assert applied(tmp_path, {0x69: BOARD})["pelvis"].acc_matrix == MATRIX
    store(made(who_am_i=None, self_test_registers=None), tmp_path)
    assert applied(tmp_path)["pelvis"].acc_matrix == MATRIX


def test_the_other_sensor_s_file_is_refused_where_it_is_named(made, tmp_path):
    path, _ = store(made(), tmp_path)
    named = SensorConfig(segment="thorax", address=0x69, calibration_file=str(path))
    with pytest.raises(CalibrationError, match="is that of the pelvis at 0x68, not of the thorax at 0x69"):
        applied(tmp_path, config=Config(sensors=(named,)))


def test_what_the_configuration_says_goes_before_the_file_it_names_and_that_before_what_is_found(made, tmp_path):
    store(made(), tmp_path)
    named, _ = store(made(acc_bias_m_s2=(0.1, 0.1, 0.1)), tmp_path / "own")
    own = Calibration(acc_bias=(0.2, 0.2, 0.2))
    inline = SensorConfig(segment="pelvis", address=0x68, calibration=own)
    by_name = SensorConfig(segment="pelvis", address=0x68, calibration_file=str(named))
    assert applied(tmp_path, config=Config(sensors=(inline,)))["pelvis"] == own
    assert applied(tmp_path, config=Config(sensors=(by_name,)))["pelvis"].acc_bias == (0.1, 0.1, 0.1)
    assert applied(tmp_path)["pelvis"].acc_bias == (0.4, -0.3, 0.7)


def test_a_file_named_in_a_configuration_is_looked_for_beside_it(made, tmp_path):
    store(made(), tmp_path / "cal")
    path = tmp_path / "strap.toml"
    path.write_text('[[sensors]]\nsegment = "pelvis"\naddress = 0x68\ncalibration_file = "cal/pelvis_0x68.json"\n')
    [sensor] = calibrated(load_config(path), [], {}).sensors
    assert sensor.calibration.acc_matrix == MATRIX


def test_a_named_file_that_is_missing_is_no_small_matter(tmp_path):
    named = SensorConfig(segment="pelvis", address=0x68, calibration_file=str(tmp_path / "gone.json"))
    with pytest.raises(CalibrationError, match=r"gone.json: cannot be read"):
        applied(tmp_path, config=Config(sensors=(named,)))


def test_a_service_has_its_own_folders_and_a_person_theirs(monkeypatch):
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/hinge-imu:/var/lib/other")
    monkeypatch.setenv("CONFIGURATION_DIRECTORY", "/etc/hinge-imu")
    assert default_folders() == [Path("/var/lib/hinge-imu/calibration"), Path("/etc/hinge-imu/calibration")]
    monkeypatch.delenv("STATE_DIRECTORY")
    monkeypatch.delenv("CONFIGURATION_DIRECTORY")
    monkeypatch.setenv("XDG_DATA_HOME", "/home/sam/data")
    assert default_folders() == [Path("/home/sam/data/hinge-imu/calibration")]


# In a session -----------------------------------------------------------------------------------------------


@pytest.fixture
def standing():
    rng = np.random.default_rng(1)
    return strap(Lifter(Timetable((), still_s=60.0), rng), load_config(), rng, time.monotonic_ns)


def session(bus, tmp_path, folder):
    said = []
    with bus.installed():
        outcome = live(
            load_config(),
            tell=lambda _: None,
            say=said.append,
            seconds=1.0,
            recordings=tmp_path / "recordings",
            calibrations=[folder],
            publish=False,
        )
    header = open_recording(outcome.recording).header
    return {sensor.segment: sensor.calibration for sensor in header.config.sensors}, said


def test_a_session_records_the_calibration_that_it_uses_and_says_what_is_not_calibrated(made, standing, tmp_path):
    with standing.installed():
        boards = identities(1, load_config().sensors)
    who_am_i, registers = calibrations.noted(boards[0x68])
    store(made(who_am_i=who_am_i, self_test_registers=registers), tmp_path)
    recorded, said = session(standing, tmp_path, tmp_path)
    assert recorded["pelvis"].acc_matrix == MATRIX
    assert recorded["thorax"] == Calibration()
    [sentence] = said
    assert sentence.startswith("note: thorax not calibrated")


def test_a_session_does_not_start_with_the_calibration_of_another_board(made, standing, tmp_path):
    store(made(), tmp_path)
    with pytest.raises(CalibrationError, match="another board"):
        session(standing, tmp_path, tmp_path)
    assert not (tmp_path / "recordings").exists()


def test_without_any_the_session_works_and_the_numbers_to_expect_are_told(standing, tmp_path):
    recorded, [sentence] = session(standing, tmp_path, tmp_path)
    assert set(recorded.values()) == {Calibration()}
    numbers = [float(word) for word in sentence.replace(";", "").split() if word.isdigit()]
    assert sentence.startswith("note: pelvis and thorax not calibrated")
    assert "hinge-imu calibrate sensor" in sentence
    # 50, 50 and 80 mg together: their length, turned by 90 degrees, seen against the stance.
    [lean, usual, _, worst] = numbers
    assert lean == 90
    assert worst > math.degrees(math.sqrt(2) * math.hypot(0.05, 0.05, 0.08)) > usual


def test_a_calibrated_pair_needs_no_word():
    whole = Calibration(acc_bias=(0.1, 0.0, 0.0))
    sensors = tuple(msgspec.structs.replace(sensor, calibration=whole) for sensor in Config().sensors)
    assert expectation(Config(sensors=sensors)) is None
    gyroscope = tuple(msgspec.structs.replace(s, calibration=Calibration(gyr_bias=(0.1, 0, 0))) for s in sensors)
    assert expectation(Config(sensors=gyroscope)) is not None


def test_the_example_that_ships_is_a_calibration_and_says_that_it_is_simulated():
    [example] = (Path(__file__).parents[2] / "calibration").glob("*.json")
    assert example.name.startswith("SIMULATED")
    assert load(example).simulated
