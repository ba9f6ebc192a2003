"""What is copied by hand to other places fits together, and the pages say what the files and the code do."""

import importlib.util
import math
import os
import re
import tomllib
from configparser import ConfigParser
from fnmatch import fnmatch
from pathlib import PurePosixPath

import pytest

from hinge_imu.config import BusConfig, load
from hinge_imu.sensing.budget import plan


@pytest.fixture(scope="module")
def both_on(firmware):
    """The shipped [bus] table with its two lines switched on."""
    _, _, table = (firmware / "mpu6050.toml").read_text().partition("[bus]\n")
    return tomllib.loads("[bus]\n" + re.sub(r"(?m)^# (?=\w+ = )", "", table))["bus"]


@pytest.fixture(scope="module")
def unit(units):
    """Read a unit; a setting given more than once is a list, as systemd has it."""

    def read(name):
        parser = ConfigParser(strict=False, interpolation=None, delimiters="=", dict_type=Repeated)
        parser.optionxform = str
        parser.read_string((units / name).read_text())
        return parser

    return read


class Repeated(dict):
    """Lets a setting be given more than once: configparser sets lists of lines while it reads."""

    def __setitem__(self, key, value):
        if isinstance(value, list) and isinstance(self.get(key), list):
            self[key].extend(value)
        else:
            super().__setitem__(key, value)


def rows(page, beside):
    """Return the cells of the table on a page whose head has this cell."""
    lines = page.read_text().splitlines()
    head = next(number for number, line in enumerate(lines) if line.startswith("|") and beside in line)
    body = lines[head + 2 :]
    end = next((number for number, line in enumerate(body) if not line.startswith("|")), len(body))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in [lines[head], *body[:end]]]


def uncommented(path):
    return [line for line in path.read_text().splitlines() if line and not line.startswith("#")]


def test_both_ways_out_are_off_as_shipped():
    assert load().bus == BusConfig(power_pin=None, recovery_request=None)


def test_the_two_lines_need_only_be_switched_on(both_on, tmp_path):
    own = tmp_path / "own.toml"
    own.write_text("[bus]\n" + "".join(f"{name} = {value!r}\n" for name, value in both_on.items()))
    assert load(own).bus == BusConfig(**both_on)
    assert set(both_on) == set(BusConfig.__struct_fields__)


def test_program_path_unit_folder_and_script_mean_the_same_request(both_on, unit, units, firmware):
    request = both_on["recovery_request"]
    assert unit("hinge-imu-recover.path")["Path"]["PathExists"] == request
    assert f"request={request} " in (firmware / "recover_bus.sh").read_text()
    assert f"`{request}`" in (firmware / "README.md").read_text()
    [folder] = uncommented(units / "hinge-imu.tmpfiles.conf")
    assert folder.split()[:2] == ["d", str(PurePosixPath(request).parent)]


def test_a_request_is_watched_for_as_long_as_it_is_there(unit):
    """PathChanged fires when the helper removes it: it would start itself for ever."""
    assert list(unit("hinge-imu-recover.path")["Path"]) == ["PathExists"]


def test_the_helper_may_write_where_it_has_to_and_nowhere_else(unit, both_on):
    service = unit("hinge-imu-recover.service")["Service"]
    assert service["ProtectSystem"] == "strict"
    writable = [path.lstrip("-") for path in service["ReadWritePaths"].split()]
    assert writable[0] == str(PurePosixPath(both_on["recovery_request"]).parent)
    assert {PurePosixPath(path).parent for path in writable[1:]} == {PurePosixPath("/sys/bus/platform/drivers")}
    # The drivers of the controllers up to a Pi 4, of a Pi 5, and of a bit-banged bus.
    assert {PurePosixPath(path).name for path in writable[1:]} == {"i2c-bcm2835", "i2c_designware", "i2c-gpio"}


def test_the_helper_sees_the_gpio_registers_alone(unit):
    service = unit("hinge-imu-recover.service")["Service"]
    assert service["DevicePolicy"] == "closed"
    [group, access] = service["DeviceAllow"].split()
    assert access == "rw"
    named_in_proc_devices = ["gpiomem-bcm2835", "bcm2835-gpiomem", "rpi-gpiomem", "mem", "i2c", "gpiochip", "vcio"]
    kind, _, pattern = group.partition("-")
    assert kind == "char"
    assert [name for name in named_in_proc_devices if fnmatch(name, pattern)] == named_in_proc_devices[:3]


def test_the_helper_is_not_killed_while_the_driver_is_off(unit):
    service = unit("hinge-imu-recover.service")["Service"]
    assert (service["Type"], service["TimeoutStartSec"]) == ("oneshot", "infinity")


def test_a_request_that_cannot_be_removed_ends_in_a_failure_and_not_in_a_loop(unit):
    limits = unit("hinge-imu-recover.service")["Unit"]
    assert 0 < int(limits["StartLimitBurst"]) <= int(limits["StartLimitIntervalSec"])


def test_every_file_beside_the_page_of_the_units_is_on_it(units):
    page = (units / "README.md").read_text()
    assert [path.name for path in units.iterdir() if path.name != "README.md" and path.stem not in page] == []


def test_the_script_can_be_run(firmware):
    assert os.access(firmware / "recover_bus.sh", os.X_OK)
    assert (firmware / "recover_bus.sh").read_text().startswith("#!/bin/sh\n")


def test_the_udev_rule_gives_every_bus_to_the_group_and_to_systemd(firmware):
    [rule] = uncommented(firmware / "60-hinge-imu-i2c.rules")
    parts = dict(re.fullmatch(r'(\w+(?:==|\+?=))"([^"]*)"', part).groups() for part in rule.split(", "))
    assert fnmatch("i2c-1", parts.pop("KERNEL=="))
    assert parts == {"SUBSYSTEM==": "i2c-dev", "GROUP=": "i2c", "MODE=": "0660", "TAG+=": "systemd"}


def test_the_udev_rule_gives_the_pins_to_their_group(firmware):
    [rule] = uncommented(firmware / "60-hinge-imu-gpio.rules")
    parts = dict(re.fullmatch(r'(\w+(?:==|\+?=))"([^"]*)"', part).groups() for part in rule.split(", "))
    assert fnmatch("gpiochip0", parts.pop("KERNEL=="))
    assert parts == {"SUBSYSTEM==": "gpio", "GROUP=": "gpio", "MODE=": "0660"}


def test_the_bus_s_node_comes_with_the_module(firmware):
    assert uncommented(firmware / "hinge-imu-i2c.conf") == ["i2c-dev"]


def test_the_boot_lines_ask_for_the_speed_that_the_page_explains(firmware):
    lines = uncommented(firmware / "boot_config.txt")
    assert lines[0] == "dtparam=i2c_arm=on,i2c_arm_baudrate=400000"
    explained = [row[0].strip("`") for row in rows(firmware / "README.md", "line in boot_config.txt")[1:]]
    assert all(any(each in line for line in lines) for each in explained)
    assert lines[-1] == "[all]", "lines that the user has below must not end up under [pi02]"


def test_every_file_beside_the_page_is_on_it(firmware):
    page = (firmware / "README.md").read_text()
    assert [path.name for path in firmware.iterdir() if path.name != "README.md" and path.name not in page] == []


def test_every_setting_of_the_bus_has_its_line_on_the_page(firmware, both_on):
    page = (firmware / "README.md").read_text()
    table = page[page.index("## `[bus]`") :]
    assert [name for name in both_on if f"\n| `{name}` | " not in table] == []


def test_the_loads_on_the_page_are_those_that_the_program_plans_with(firmware):
    head, *body = rows(firmware / "README.md", "400 kHz |")
    buses_hz = [float(cell.removesuffix(" kHz")) * 1000 for cell in head[1:]]
    assert len(body) == 4
    for wanted, *cells in body:
        for bus_hz, cell in zip(buses_hz, cells, strict=True):
            rate, load = re.fullmatch(r"(?:(\d+) Hz, )?(\d+) %", cell).groups()
            planned = plan(bus_hz, float(wanted), 2)
            assert planned.rate_hz == float(rate or wanted)
            assert round(100 * planned.load) == int(load)


def test_the_load_that_the_rate_s_reason_names_is_the_planned_one(firmware):
    [share] = re.findall(r"Both chips then take (\d+) % of a 400 kHz bus", (firmware / "README.md").read_text())
    assert round(100 * plan(400_000, load().chip.rate_hz, 2).load) == int(share)


def test_the_pull_ups_on_the_wiring_page_are_rightly_summed(docs):
    _, *body = rows(docs / "wiring.md", "on each board")
    for board, together, sink, verdict in body:
        each = math.inf if board == "none" else float(board.removesuffix(" kOhm"))
        kohm = 1 / (1 / 1.8 + 2 / each)
        assert float(together.removesuffix(" kOhm")) == pytest.approx(kohm, abs=0.006)
        assert float(sink.removesuffix(" mA")) == pytest.approx((3.3 - 0.4) / kohm, abs=0.06)
        assert (verdict == "good") == (2.9 / kohm <= 3)


def test_the_wiring_picture_is_the_one_that_its_script_draws(docs):
    spec = importlib.util.spec_from_file_location("wiring", docs / "wiring.py")
    wiring = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(wiring)
    assert (docs / "wiring.svg").read_text() == wiring.drawing()


def test_the_wiring_picture_shows_the_addresses_and_the_pin_of_the_configuration(docs, both_on):
    picture = (docs / "wiring.svg").read_text()
    for sensor in load().sensors:
        assert f">{sensor.segment} (" in picture
        assert f"address {sensor.address:#04x}<" in picture
    assert f">GPIO {both_on['power_pin']}<" in picture
