"""What systemd itself thinks of the units, as they are installed."""

import re
import subprocess

import pytest

from hinge_imu.config import load

EXPOSURE = 2.0
"""Of 10, by `systemd-analyze security`; below 2 it says OK or better."""

UNITS = ("hinge-imu.service", "hinge-imu-recover.service", "hinge-imu-recover.path")


@pytest.fixture(scope="module")
def system(tmp_path_factory, units):
    """A system with the service in it; of the program itself, a file that can be run."""
    root = tmp_path_factory.mktemp("system")
    subprocess.run([units.parent / "run", "install", "--root", root], check=True, capture_output=True, timeout=60)
    program = root / "opt/hinge-imu/bin/hinge-imu"
    program.parent.mkdir(parents=True)
    program.touch(0o755)
    return root


def analyze(system, *words):
    return subprocess.run(
        ["systemd-analyze", *words[:1], f"--root={system}", *words[1:]],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def verified(system, unit):
    return analyze(system, "verify", "--recursive-errors=no", f"/etc/systemd/system/{unit}")


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_has_nothing_to_say_against_a_unit(system, unit):
    done = verified(system, unit)
    assert (done.returncode, done.stderr) == (0, "")


def test_systemd_would_say_so(system):
    """So that the sentence above is one: a word of a unit is spoilt."""
    unit = system / "etc/systemd/system/hinge-imu.service"
    whole = unit.read_text()
    unit.write_text(whole.replace("WatchdogSec=", "WatchDogSec="))
    try:
        assert "Unknown key" in verified(system, unit.name).stderr
    finally:
        unit.write_text(whole)


@pytest.mark.parametrize("unit", [name for name in UNITS if name.endswith(".service")])
def test_a_service_can_do_little_else_than_its_work(system, unit):
    done = analyze(system, "security", "--offline=true", "--no-pager", unit)
    [exposure] = re.findall(rf"exposure level for {unit}: ([\d.]+)", done.stdout)
    assert float(exposure) <= EXPOSURE


def test_the_page_says_what_systemd_thinks_of_each_service(units):
    """Version 252's numbers; another version may weigh a line or two differently, so only the limit is held above."""
    page = (units / "README.md").read_text()
    said = re.findall(r"on\s+`([\w.-]+)` is run [^;]*; systemd 252 rates it ([\d.]+) ", page)
    assert [name for name, _ in said] == [name for name in UNITS if name.endswith(".service")]
    assert all(float(exposure) <= EXPOSURE for _, exposure in said)


def test_the_user_is_of_the_groups_that_may_use_bus_and_pins(system):
    """Made by systemd-sysusers itself, in a system that has none of them yet."""
    subprocess.run(
        ["systemd-sysusers", f"--root={system}", "hinge-imu.conf"], check=True, capture_output=True, timeout=60
    )
    groups = dict(line.split(":x:") for line in (system / "etc/group").read_text().split())
    assert {name for name, members in groups.items() if members.endswith(":hinge-imu")} == {"i2c", "gpio"}
    assert (system / "etc/passwd").read_text().startswith("hinge-imu:x:")


def test_the_service_is_that_user_and_reads_what_was_installed(system):
    unit = (system / "etc/systemd/system/hinge-imu.service").read_text()
    assert "\nUser=hinge-imu\n" in unit
    assert "\nSupplementaryGroups=i2c gpio\n" in unit
    [config] = re.findall(r"^ExecStart=.* --config (\S+)$", unit, re.MULTILINE)
    load(system / config.lstrip("/"))


def test_secrets_may_be_missing(system):
    """A path that is not there fails the unit (systemd.exec(5), LoadCredential=); a name does not."""
    unit = (system / "etc/systemd/system/hinge-imu.service").read_text()
    loaded = dict(line.split(":") for line in re.findall(r"^LoadCredential=(.*)$", unit, re.MULTILINE))
    assert loaded.keys() == {"mqtt-password", "upload-token"}
    assert not any("/" in name for name in loaded.values())


def test_the_helper_is_installed_where_only_root_can_write(system, firmware):
    unit = (system / "etc/systemd/system/hinge-imu-recover.service").read_text()
    [program] = re.findall(r"^ExecStart=(\S+)$", unit, re.MULTILINE)
    assert (system / program.lstrip("/")).read_bytes() == (firmware / "recover_bus.sh").read_bytes()
    assert (system / program.lstrip("/")).stat().st_mode & 0o777 == 0o755
