"""The script that installs the service, into a folder that looks like a system."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from hinge_imu.config import load

SAY = "install: "
CONFIG = "etc/hinge-imu/strap.toml"
KEPT = {CONFIG}


@pytest.fixture
def system(tmp_path):
    """Somebody's system, with a thing or two of its own in it."""
    root = tmp_path / "root"
    for file in ("etc/systemd/system/own.service", "usr/local/bin/own", "opt/own/file"):
        (root / file).parent.mkdir(parents=True)
        (root / file).write_text(f"{file}\n")
    return root


@pytest.fixture
def checkout(tmp_path, units):
    """A checkout of one's own, to be changed."""
    folder = tmp_path / "checkout"
    for name in ("systemd", "firmware_config"):
        shutil.copytree(units.parent / name, folder / name)
    shutil.copy(units.parent / "run", folder)
    return folder


@pytest.fixture
def run(system, checkout):
    """Run ./run with --root; return what was said, without what stands before every line."""

    def run(*words, expected=0):
        done = subprocess.run(
            [checkout / "run", *words, "--root", system], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == expected, done.stderr
        said = (done.stdout if expected == 0 else done.stderr).splitlines()
        assert all(line.startswith(SAY) for line in said)
        return [line.removeprefix(SAY) for line in said]

    return run


def tree(root):
    """Return every file with its mode and content, every link with where it leads."""
    found = {}
    for path in sorted(root.rglob("*")):
        if path.is_symlink():
            found[str(path.relative_to(root))] = str(path.readlink())
        elif path.is_file():
            found[str(path.relative_to(root))] = (path.stat().st_mode, hashlib.sha256(path.read_bytes()).hexdigest())
    return found


def test_a_dry_run_says_every_step_and_changes_nothing(run, system):
    before = tree(system)
    said = run("install", "--dry-run")
    assert tree(system) == before
    assert run("install") == said
    named = {line.removeprefix("put /") for line in said if line.startswith("put ")}
    assert named == {name for name in tree(system).keys() - before.keys() if "wants" not in name}


def test_a_second_run_has_nothing_to_do(run, system):
    run("install")
    once = tree(system)
    assert run("install") == ["nothing to do"]
    assert tree(system) == once


def test_whatever_was_lost_or_spoilt_is_put_back(run, system):
    run("install")
    once = tree(system)
    (system / "etc/sysusers.d/hinge-imu.conf").unlink()
    (system / "etc/tmpfiles.d/hinge-imu.conf").write_text("spoilt\n")
    (system / "usr/local/lib/hinge-imu/recover_bus.sh").chmod(0o777)
    assert len([line for line in run("install") if line.startswith("put ")]) == 3
    assert tree(system) == once


def test_everything_in_the_folder_of_the_units_is_installed(run, system, units):
    run("install")
    installed = {path.read_bytes() for path in system.rglob("*") if path.is_file()}
    beside = {"README.md", "install.sh"}
    assert {file.name for file in units.iterdir() if file.is_file() and file.read_bytes() not in installed} == beside


def test_the_service_starts_with_the_computer_and_the_helper_only_when_asked_for(run, system):
    run("install")
    wants = system / "etc/systemd/system/multi-user.target.wants"
    assert [path.name for path in wants.iterdir()] == ["hinge-imu.service"]
    assert wants.joinpath("hinge-imu.service").readlink() == Path("/etc/systemd/system/hinge-imu.service")
    assert not (system / "etc/systemd/system/paths.target.wants").exists()


def test_the_configuration_that_is_installed_can_be_used(run, system):
    run("install")
    assert load(system / CONFIG).publish == load().publish


def test_a_configuration_that_was_changed_stays_and_what_ships_is_laid_beside_it(run, system, checkout):
    run("install")
    own, shipped = system / CONFIG, checkout / "firmware_config" / "strap.toml"
    own.write_text('[publish]\nstrap = "mine"\n')
    assert run("install") == ["nothing to do"]
    shipped.write_text(shipped.read_text() + "# newer\n")
    assert f"/{CONFIG} has been changed and stays as it is; what ships is beside it" in run("install")
    assert load(own).publish.strap == "mine"
    assert own.with_suffix(".toml.new").read_text() == shipped.read_text()
    assert run("install") == ["nothing to do"]


def test_a_configuration_that_nobody_changed_is_renewed(run, system, checkout):
    run("install")
    shipped = checkout / "firmware_config" / "strap.toml"
    shipped.write_text(shipped.read_text() + "# newer\n")
    run("install")
    assert (system / CONFIG).read_text().endswith("# newer\n")


def test_uninstalling_leaves_what_it_says(run, system):
    before = tree(system)
    run("install")
    recording = system / "var/lib/hinge-imu/session.mcap"
    recording.parent.mkdir(parents=True)
    recording.write_text("an hour of somebody's work")
    assert run("uninstall", "--dry-run")[-1] == "kept: /etc/hinge-imu, /var/lib/hinge-imu, /etc/credstore"
    run("uninstall")
    assert tree(system).keys() - before.keys() == {CONFIG, str(recording.relative_to(system))}
    assert run("uninstall")[-1] == "nothing to do"


def test_purging_leaves_what_was_there_before(run, system):
    before = tree(system)
    run("install")
    for name, others in (("hinge-imu.mqtt-password", False), ("another", True)):
        file = system / "etc/credstore" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("secret")
        if others:
            before |= {f"etc/credstore/{name}": tree(system)[f"etc/credstore/{name}"]}
    (system / "var/lib/hinge-imu").mkdir(parents=True)
    run("uninstall", "--purge")
    assert tree(system) == before
    assert not (system / "var/lib/hinge-imu").exists()


def test_a_bus_that_is_off_is_said(run, system, firmware):
    boot = system / "boot/firmware/config.txt"
    boot.parent.mkdir(parents=True)
    boot.write_text("#dtparam=i2c_arm=on\n")
    assert "the I2C bus is off" in run("install")[-1]
    boot.write_text((firmware / "boot_config.txt").read_text())
    assert run("install") == ["nothing to do"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["install", "--purge"], "install has no option '--purge'; ./run install --help lists them"),
        (["uninstall", "--broker"], "uninstall has no option '--broker'; ./run uninstall --help lists them"),
        (["install", "--root", "/nowhere"], "--root needs the whole path of a folder, not '/nowhere'"),
        (["install", "--root", "."], "--root needs the whole path of a folder, not '.'"),
    ],
)
def test_a_wrong_call_is_a_sentence(run, words, sentence, system):
    before = tree(system)
    assert run(*words, expected=2) == [sentence]
    assert tree(system) == before
