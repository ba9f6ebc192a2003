"""The real script against pins, wires, a chip and a sysfs of its own."""

import marshal
import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

STAND_IN = Path(__file__).with_name("pinctrl.py")
DEVICE = "fe804000.i2c"
HELD = "00000001"
"""A byte whose ones come late; the chip was cut off at its first bit."""


@pytest.fixture
def pi(tmp_path, firmware):
    return Pi(tmp_path, firmware / "recover_bus.sh")


class Pi:
    """A Raspberry Pi as the script sees it: pinctrl on the PATH, an adapter i2c-1 in sysfs, a request waiting."""

    def __init__(self, folder, script):
        self.script = script
        self.state_file = folder / "state.json"
        self.programs = folder / "bin"
        self.request = folder / "run" / "recover-bus"
        self.driver = folder / "sys/bus/platform/drivers/i2c-bcm2835"
        self.sysfs = folder / "sys"
        self._make_sysfs(self.sysfs / "devices/platform/soc" / DEVICE)
        self.request.parent.mkdir()
        self.request.touch()
        self.programs.mkdir()
        for tool in ("sh", "sed", "rm", "cat"):
            (self.programs / tool).symlink_to(shutil.which(tool))
        self.pinctrl = self.programs / "pinctrl"
        self.pinctrl.write_text(f"#!{sys.executable} -IS\n{STAND_IN.read_text()}")
        self.pinctrl.chmod(0o755)

    def _make_sysfs(self, device):
        (device / "i2c-1").mkdir(parents=True)
        self.driver.mkdir(parents=True)
        (device / "driver").symlink_to(self.driver)
        (self.sysfs / "bus/i2c/devices").mkdir(parents=True)
        (self.sysfs / "bus/i2c/devices/i2c-1").symlink_to(device / "i2c-1")
        for name in ("unbind", "bind"):
            (self.driver / name).touch()

    def recover(self, *options, bits="", function="a0", short=(), noise=(), term_at=None):
        state = {
            "function": {"2": function, "3": function},
            "latch": {"2": "lo", "3": "lo"},
            "bits": bits,
            "short": list(short),
            "noise": list(noise),
            "wires": [],
            "said": [],
            "request": str(self.request),
            "term_at": term_at,
        }
        self.state_file.write_bytes(marshal.dumps(state))
        return subprocess.run(
            ["sh", self.script, "--request", self.request, "--sysfs", self.sysfs, *options],
            env={"PATH": str(self.programs), "PINCTRL_STATE": str(self.state_file)},
            start_new_session=True,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def state(self):
        return marshal.loads(self.state_file.read_bytes())  # noqa: S302 - the stand-in wrote it

    @property
    def commands(self):
        return [command for command, _ in self.state["said"]]

    @property
    def rebound(self):
        return [(self.driver / name).read_text() for name in ("unbind", "bind")]


def clocks(wires):
    return sum(one[0] == "lo" and other[0] == "hi" for one, other in pairwise(wires))


def sda_moves_while_scl_is_high(wires):
    return [other[1] for one, other in pairwise(wires) if one[0] == other[0] == "hi" and one[1] != other[1]]


@pytest.mark.parametrize(
    ("bits", "needed"),
    [
        ("01", 1),
        (HELD, 7),
        ("00000000", 8),  # nothing but zeros: the chip lets go for the acknowledge
        ("000000000", 9),
    ],
)
def test_a_chip_that_was_cut_off_is_clocked_until_it_lets_go_and_then_hears_a_stop(pi, bits, needed):
    done = pi.recover(bits=bits)
    assert done.returncode == 0, done.stderr
    wires = pi.state["wires"]
    assert clocks(wires) == needed
    assert sda_moves_while_scl_is_high(wires) == ["hi"], "one STOP, and no START"
    assert wires[-1] == ["hi", "hi"]
    assert f"SDA came free, with a STOP, at clock {needed}\n" in done.stdout


def test_a_chip_that_never_lets_go_gets_nine_clocks_and_the_one_thing_left_is_said(pi):
    done = pi.recover(bits="0" * 99)
    assert done.returncode == 1
    assert clocks(pi.state["wires"]) == 9
    assert done.stderr == "recover_bus.sh: SDA is still low after nine clocks: take the sensors' power off and on\n"
    assert pi.state["function"] == {"2": "a0", "3": "a0"}
    assert pi.rebound == ["", ""]


def test_a_clock_line_that_is_held_low_is_told_apart(pi):
    done = pi.recover(bits=HELD, short=["3"])
    assert done.returncode == 1
    assert "SCL (GPIO 3) is held low, too: look for a short" in done.stderr
    assert pi.state["function"] == {"2": "a0", "3": "a0"}


def test_no_line_is_ever_driven_high(pi):
    pi.recover(bits="0" * 99)
    touched = {command for command in pi.commands if command.startswith("set")}
    assert touched == {"set 2 op dl", "set 3 op dl", "set 2 ip", "set 3 ip", "set 2 a0", "set 3 a0"}


@pytest.mark.parametrize("function", ["a0", "a3", "ip"])
def test_the_pins_get_back_the_function_that_they_had(pi, function):
    """The controller's is a0 up to a Pi 4 and a3 on a Pi 5; a bit-banged bus rests as an input."""
    done = pi.recover(bits=HELD, function=function)
    assert done.returncode == 0
    assert pi.state["function"] == {"2": function, "3": function}
    assert f"pins given back: GPIO 2 is {function}, GPIO 3 is {function}\n" in done.stdout


def test_the_pins_are_given_back_when_it_is_stopped_in_the_middle(pi):
    pi.recover(bits="0" * 99, term_at=20)
    assert pi.commands[19] not in {"set 2 a0", "set 3 a0"}
    assert pi.state["function"] == {"2": "a0", "3": "a0"}
    assert clocks(pi.state["wires"]) < 9
    assert pi.rebound == ["", ""]


def test_the_driver_is_taken_off_its_device_and_put_back(pi):
    done = pi.recover(bits=HELD)
    assert pi.rebound == [DEVICE, DEVICE]
    assert (pi.driver / "unbind").stat().st_mtime_ns <= (pi.driver / "bind").stat().st_mtime_ns
    assert done.stdout.endswith(f"i2c-bcm2835 is back on {DEVICE}\n")


@pytest.mark.parametrize("noise", [[], ["lo"], ["lo", "lo", "hi"]])
def test_a_free_bus_is_not_clocked_but_its_controller_is_started_anew(pi, noise):
    """SDA may look low for a moment while a transfer passes by."""
    done = pi.recover(noise=noise)
    assert done.returncode == 0
    assert all(command.startswith("get") for command in pi.commands)
    assert pi.rebound == [DEVICE, DEVICE]


def test_the_request_is_removed_before_a_pin_is_touched(pi):
    pi.recover(bits=HELD)
    assert not any(waiting for _, waiting in pi.state["said"])
    assert not pi.request.exists()


def test_a_request_is_removed_and_never_followed(pi, tmp_path):
    precious = tmp_path / "precious"
    precious.touch()
    pi.request.unlink()
    pi.request.symlink_to(precious)
    pi.recover()
    assert not pi.request.is_symlink()
    assert precious.exists()


def test_without_a_request_it_works_all_the_same(pi):
    pi.request.unlink()
    assert pi.recover(bits=HELD).returncode == 0


def test_without_pinctrl_it_refuses_but_the_request_is_gone(pi):
    """Else systemd would start it again and again."""
    pi.pinctrl.unlink()
    done = pi.recover(bits=HELD)
    assert done.returncode == 1
    assert done.stderr == "recover_bus.sh: pinctrl is not there: it comes with Raspberry Pi OS, in raspi-utils\n"
    assert not pi.request.exists()
    assert pi.rebound == ["", ""]


def test_a_pinctrl_that_may_not_read_the_pins_is_explained(pi):
    pi.pinctrl.write_text("#!/bin/sh\nexit 1\n")
    done = pi.recover()
    assert done.returncode == 1
    assert "cannot read GPIO 2 and GPIO 3: run this as root, on a Raspberry Pi" in done.stderr


@pytest.mark.parametrize("function", ["op", "no", "??"])
def test_pins_that_are_not_a_bus_are_left_alone(pi, function):
    done = pi.recover(bits=HELD, function=function)
    assert done.returncode == 1
    assert "these are not the pins of a bus" in done.stderr
    assert all(command.startswith("get") for command in pi.commands)


def test_a_bus_that_is_not_there_is_named_and_no_pin_is_touched(pi):
    done = pi.recover("--bus", "7", bits=HELD)
    assert done.returncode == 1
    assert "there is no i2c-7" in done.stderr
    assert all(command.startswith("get") for command in pi.commands)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anything")
def test_whoever_may_not_take_the_driver_off_is_told_so(pi):
    (pi.driver / "unbind").chmod(0o400)
    done = pi.recover()
    assert done.returncode == 1
    assert "run this as root" in done.stderr


def test_a_dry_run_only_looks(pi):
    done = pi.recover("--dry-run", bits=HELD)
    assert done.returncode == 0
    assert all(command.startswith("get") for command in pi.commands)
    assert pi.request.exists()
    assert pi.rebound == ["", ""]
    assert done.stdout.splitlines() == [
        "SDA (GPIO 2) is held low: would clock SCL (GPIO 3) up to nine times",
        f"would take i2c-bcm2835 off {DEVICE} and put it back",
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--fast"], "there is no option '--fast'; --help lists them"),
        (["--sda"], "--sda needs a value"),
        (["--scl", "GPIO3"], "'GPIO3' is no number"),
        (["--bus", "../1"], "'../1' is no number"),
        (["--bus", ""], "'' is no number"),
    ],
)
def test_a_wrong_call_changes_nothing_and_says_what_is_wrong(pi, options, said):
    done = pi.recover(*options, bits=HELD)
    assert done.returncode == 2
    assert done.stderr == f"recover_bus.sh: {said}\n"
    assert pi.request.exists()
    assert pi.commands == []


def test_every_option_is_in_the_help(pi):
    done = pi.recover("--help")
    assert done.returncode == 0
    for option in ("--bus", "--sda", "--scl", "--request", "--sysfs", "--dry-run"):
        assert f"  {option} " in done.stdout
