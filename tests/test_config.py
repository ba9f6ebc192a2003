import math

import msgspec
import pytest

from hinge_imu import config
from hinge_imu.config import Calibration, Config, ConfigError, load


@pytest.fixture
def own(tmp_path):
    """Write the user's own file, and load it over the shipped ones."""

    def write(text):
        path = tmp_path / "own.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def refusal(path):
    with pytest.raises(ConfigError) as caught:
        load(path)
    return str(caught.value)


def test_the_shipped_files_say_what_the_code_takes_when_nothing_is_said():
    assert load() == Config()


def test_every_shipped_file_is_there():
    assert {file.name for file in config.shipped().iterdir()} >= {"mpu6050.toml", "sensors.toml", "README.md"}


def test_what_the_user_s_own_file_does_not_name_stays_as_shipped(own):
    loaded = load(own('[chip]\nrate_hz = 100\n[publish]\ngym = "barbell-club"\n'))
    assert loaded.chip == msgspec.structs.replace(Config().chip, rate_hz=100.0)
    assert (loaded.publish.gym, loaded.publish.strap) == ("barbell-club", "strap")
    assert loaded.sensors == Config().sensors


def test_a_calibration_is_read_with_its_sensor(own):
    loaded = load(
        own("""
        [[sensors]]
        segment = "thorax"
        address = 0x69
        [sensors.calibration]
        acc_bias = [0.1, -0.2, 0.3]
        acc_matrix = [[1.01, 0, 0], [0, 0.99, 0], [0, 0, 1]]
        """)
    )
    [sensor] = loaded.sensors
    assert (sensor.segment, sensor.address) == ("thorax", 0x69)
    assert sensor.calibration.acc_bias == (0.1, -0.2, 0.3)
    assert sensor.calibration.acc_matrix[1] == (0.0, 0.99, 0.0)
    assert sensor.calibration.gyr_bias == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[chip]\nrate_herz = 100\n", "unknown field `rate_herz`"),
        ("[chips]\nrate_hz = 100\n", "unknown field `chips`"),
        ('[chip]\nrate_hz = "fast"\n', "$.chip.rate_hz"),
        ("[chip]\nrate_hz = 2000\n", "<= 1000"),
        ("[chip]\ngyr_range_dps = 700\n", "700"),
        ("[chip]\nlow_pass_hz = 40\n", "40"),
        ("chip = 3\n", "$.chip"),
        ("[motion]\ntau_s = 0\n", "> 0"),
        ('[motion]\nfilter = "kalman"\n', "kalman"),
        ('[publish]\ngym = "a/b"\n', "$.publish.gym"),
        ('[publish]\nstrap = "a\\n"\n', "$.publish.strap"),
        ('[publish]\nstrap = "#"\n', "$.publish.strap"),
        ('[[sensors]]\nsegment = "hip"\naddress = 0x68\n', "hip"),
        ('[[sensors]]\nsegment = "pelvis"\naddress = 0x70\n', "112"),
        ("sensors = []\n", "no sensor is named; give at least one [[sensors]] table"),
    ],
)
def test_what_cannot_be_used_is_refused_naming_file_find_and_mend(own, text, found):
    path = own(text)
    said = refusal(path)
    assert said.startswith(f"{path}: ")
    assert found in said
    assert said.endswith("firmware_config/README.md lists what can be set")


SENSORS = {"pelvis": 0x68, "thorax": 0x69}


def tables(*sensors):
    return "".join(f'[[sensors]]\nsegment = "{segment}"\naddress = {address:#x}\n' for segment, address in sensors)


@pytest.mark.parametrize(
    ("sensors", "said"),
    [
        ((("pelvis", 0x68), ("pelvis", 0x69)), "two sensors share the segment 'pelvis'; give each its own"),
        ((("pelvis", 0x69), ("thorax", 0x69)), "two sensors share the address 0x69; give each its own"),
        ((("pelvis", 0x68), ("thorax", 0x69), ("thorax", 0x69)), "two sensors share the segment 'thorax'"),
    ],
)
def test_two_sensors_in_one_place_are_refused_naming_the_place(own, sensors, said):
    assert said in refusal(own(tables(*sensors)))


def test_a_missing_file_is_refused_naming_it(tmp_path):
    path = tmp_path / "nowhere.toml"
    assert refusal(path) == f"{path}: cannot be read (No such file or directory); give the path of a TOML file"
    assert "cannot be read (Is a directory)" in refusal(tmp_path)


@pytest.mark.parametrize("text", ["[chip\n", "rate_hz: 100\n", b"\xff\xfe[chip]\n"])
def test_a_file_that_is_no_toml_is_refused_naming_it(own, text):
    path = own(text)
    said = refusal(path)
    assert said.startswith(f"{path}: is not TOML (")
    assert said.endswith("; mend that line")


def test_the_whole_configuration_survives_json():
    """It is stored in every recording."""
    calibration = Calibration(gyr_bias=(0.1, math.pi, -1e-9))
    whole = Config(sensors=(config.SensorConfig(segment="thorax", address=0x69, calibration=calibration),))
    assert msgspec.json.decode(msgspec.json.encode(whole), type=Config) == whole


def test_a_configuration_never_changes():
    with pytest.raises(AttributeError):
        Config().chip.rate_hz = 50.0
