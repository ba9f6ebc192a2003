"""A folder that looks like the sysfs of a Raspberry Pi, and what is said of it."""

from pathlib import Path

import pytest

from hinge_imu.sensing.host import Host, look


class Pi:
    """Its sysfs; nothing of it is there until it is set."""

    def __init__(self, root):
        self.root = root
        self.host = Host(root)
        self.seconds = 0.0

    def set(self, file, text):
        path = self.root / "sys" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")

    def volt(self, alarm):
        self.set("class/hwmon/hwmon0/name", "cpu_thermal")
        self.set("class/hwmon/hwmon0/in0_lcrit_alarm", 1)  # of something else
        self.set("class/hwmon/hwmon1/name", "rpi_volt")
        self.set("class/hwmon/hwmon1/in0_lcrit_alarm", alarm)

    def heat(self, celsius):
        self.set("class/thermal/thermal_zone0/temp", round(celsius * 1000))

    def throttled(self, bits):
        self.set("devices/platform/soc/soc:firmware/get_throttled", f"{bits:x}")

    def says(self):
        self.seconds += 10.0
        events = self.host.look(self.root, self.seconds)
        assert all(event.segment is None and event.at_s == self.seconds for event in events)
        return [event.what for event in events]


@pytest.fixture
def pi(tmp_path):
    return Pi(tmp_path)


def test_a_computer_that_tells_nothing_is_said_nothing_of(pi):
    assert pi.says() == []
    assert look(pi.root, pi.root)[:2] == (None, None)


def test_a_dip_is_said_once_and_again_only_after_half_a_minute_without_one(pi):
    said = []
    for alarm in (0, 1, 1, 0, 1, 0, 0, 0, 1, 1):
        pi.volt(alarm)
        said.append(pi.says())
    assert said == [[], ["under_voltage"], [], [], [], [], [], [], ["under_voltage"], []]


@pytest.mark.parametrize(
    ("bits", "expected"),
    [(0x0, []), (0x1, ["under_voltage"]), (0x50005, ["under_voltage"]), (0x50000, []), (0x80008, [])],
)
def test_the_firmware_tells_of_under_voltage_now_and_not_of_what_was_since_the_start(pi, bits, expected):
    pi.throttled(bits)
    assert pi.says() == expected


def test_heat_is_said_where_the_computer_slows_down_and_again_when_it_had_cooled(pi):
    said = []
    for celsius in (60, 79.9, 80, 85, 78, 81, 74.9, 79, 80):
        pi.heat(celsius)
        said.append(pi.says())
    assert said == [[], [], ["hot"], [], [], [], [], [], ["hot"]]


def test_the_warmest_zone_counts(pi):
    pi.heat(40)
    pi.set("class/thermal/thermal_zone1/temp", 82_000)
    (event,) = pi.host.look(pi.root, 0.0)
    assert "82 °C" in event.text


def test_what_cannot_be_read_is_not_known(pi):
    pi.set("class/thermal/thermal_zone0/temp", "warm")
    (pi.root / "sys/class/hwmon/hwmon3").mkdir(parents=True)
    assert pi.says() == []


def test_a_disk_is_known_by_a_folder_that_is_yet_to_be_made(tmp_path):
    found = look(tmp_path / "not" / "yet")
    assert found.free_mb == pytest.approx(look(tmp_path).free_mb, rel=0.1)
    assert found.read_only is False


def test_a_disk_without_room_is_said_and_so_is_one_that_cannot_be_written_to(pi):
    """Of a real file system that has no room, and that nobody may write to: sysfs itself."""
    said = [event.text for event in pi.host.look(Path("/proc"), 0.0) if event.what == "disk"]
    assert "0 MB are free" in said[0]
    assert [event for event in pi.host.look(Path("/proc"), 10.0) if event.what == "disk"] == []
