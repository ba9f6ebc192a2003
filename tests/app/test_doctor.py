"""The doctor on installations that are well, and on others: real chips (simulated), brokers, files and rights."""

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import threading
from contextlib import ExitStack, contextmanager

import msgspec
import pytest
import typer

from hinge_imu.app import doctor, doctor_links, folders
from hinge_imu.app.doctor import Finding, Installation, diagnose, failed
from hinge_imu.app.doctor_recordings import recordings
from hinge_imu.commands.doctor import doctor as command
from hinge_imu.config import Config, PublishConfig, RecordingConfig, UploadConfig

PASSWORD = "deadlift-and-swing"  # noqa: S105 - of a broker that lives as long as its test
MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin")


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A folder with a certificate for this computer, and the authority that it is of."""
    folder = tmp_path_factory.mktemp("authority")
    openssl = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
    ]
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", folder / "server.key", "-out", folder / "server.crt"]
    subprocess.run([*openssl, *subject, *files], check=True, capture_output=True, timeout=60)
    return folder


@pytest.fixture(scope="module")
def brokers(tmp_path_factory, authority):
    """A mosquitto that wants a password, with TLS and without: the ports of both."""
    folder = tmp_path_factory.mktemp("mosquitto")
    subprocess.run(["mosquitto_passwd", "-b", "-c", folder / "users", "sam", PASSWORD], check=True, timeout=60)
    (folder / "users").chmod(0o644)
    plain, secure = free_port(), free_port()
    (folder / "config").write_text(
        f"allow_anonymous false\npassword_file {folder}/users\n"
        f"listener {plain} 127.0.0.1\nlistener {secure} 127.0.0.1\n"
        f"certfile {authority}/server.crt\nkeyfile {authority}/server.key\nuser root\n"
    )
    command = [MOSQUITTO, "-c", folder / "config"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        assert any(" running" in line for line in running.stderr)
        yield {"mqtt": plain, "mqtts": secure}
        running.terminate()


@pytest.fixture
def here(tmp_path):
    """An installation in a folder, with nothing in it; its fields can be set."""
    found = Installation.found(tmp_path)._replace(recordings=tmp_path / "recordings")

    def here(**publish):
        config = Config(publish=PublishConfig(**publish), recording=RecordingConfig(folder=str(found.recordings)))
        return found._replace(config=config)

    return here


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@contextmanager
def listener(answer):
    """Somebody else at a port: takes connections and says something, or nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server, ExitStack() as open_lines:

        def accept():
            try:
                while True:
                    line, _ = server.accept()
                    open_lines.enter_context(line)
                    line.sendall(answer)
            except OSError:
                return

        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def by_name(findings):
    return {finding.what: finding for finding in findings}


def test_an_installation_that_is_well_has_nothing_to_mend(hinge_imu, i2c, tmp_path, brokers):
    password = tmp_path / "mqtt-password"
    password.write_text(f"{PASSWORD}\n")
    password.chmod(0o600)
    (tmp_path / "recordings").mkdir()
    config = tmp_path / "strap.toml"
    config.write_text(
        f'[publish]\nmqtt = "mqtt://sam@127.0.0.1:{brokers["mqtt"]}"\npassword_file = "mqtt-password"\n'
        '[recording]\nfolder = "recordings"\nkeep_free_mb = 0\n'
    )
    done = hinge_imu("doctor", "--json", "--config", config, env=i2c(scenario="good").environment)
    findings = [json.loads(line) for line in done.stdout.splitlines()]
    assert [finding for finding in findings if finding["verdict"] == "mend" and finding["part"] != "service"] == []
    assert done.returncode == any(finding["verdict"] == "mend" for finding in findings)
    assert {finding["event"] for finding in findings} == {"doctor"}
    assert list(dict.fromkeys(finding["part"] for finding in findings)) == list(doctor.probes())
    assert {finding["what"] for finding in findings if finding["part"] == "sensors"} == {"pelvis", "thorax"}
    assert PASSWORD not in done.stdout + done.stderr


def test_people_get_a_table_with_the_mends_below_and_a_failure(tmp_path, capsys):
    config = tmp_path / "strap.toml"
    config.write_text(f'[publish]\nmqtt = "mqtt://127.0.0.1:{free_port()}"\n[recording]\nfolder = "here"\n')
    with pytest.raises(typer.Exit) as ended:
        command(bus=97, config=config)
    shown, complaints = capsys.readouterr()
    assert (ended.value.exit_code, complaints) == (1, "")
    assert "! mend sensors, bus: " in shown
    assert "! mend broker, connection: " in shown


def test_a_configuration_that_cannot_be_used_is_named_and_the_rest_is_looked_at(tmp_path):
    file = tmp_path / "strap.toml"
    file.write_text("[publish]\nstrap = 3\n")
    found = diagnose(Installation.found(tmp_path, file))
    (wrong,) = (finding for finding in found if finding.part == "configuration")
    assert (wrong.part, wrong.verdict) == ("configuration", "mend")
    assert str(file) in wrong.text
    assert {finding.part for finding in found} == set(doctor.probes())


def test_the_installed_configuration_and_its_folder_are_found(tmp_path, monkeypatch):
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    file = tmp_path / doctor.CONFIG_FILE
    file.parent.mkdir(parents=True)
    file.write_text('[publish]\nstrap = "seven"\n')
    (tmp_path / doctor.SERVICE_FOLDER).mkdir(parents=True)
    found = Installation.found(tmp_path)
    assert (found.config_file, found.config.publish.strap) == (file, "seven")
    assert found.recordings == tmp_path / "var/lib/hinge-imu"


def test_a_part_that_hangs_keeps_no_other_waiting(here):
    release = threading.Event()

    def hang(_):
        release.wait()
        return []

    asked = {"disk": hang, "clock": lambda _: [Finding(part="clock", what="time", text="noon")]}
    disk, clock = diagnose(here(), asked, patience_s=0.2)
    release.set()
    assert (disk.part, disk.verdict, disk.text) == ("disk", "mend", "gives no answer within 0.2 s")
    assert (clock.text, clock.verdict) == ("noon", "good")
    assert failed([disk, clock])
    assert not failed([clock])


def test_a_part_that_cannot_be_looked_at_is_said_and_is_no_traceback(here):
    def broken(_):
        yield Finding(part="disk", what="folder", text="half")
        raise OSError(5, "Input/output error")

    (finding,) = diagnose(here(), {"disk": broken})
    assert finding.verdict == "mend"
    assert "Input/output error" in finding.text


@pytest.mark.parametrize("scheme", ["mqtt", "mqtts"])
def test_a_broker_that_takes_the_password_is_good(here, brokers, authority, tmp_path, scheme):
    (tmp_path / "etc/credstore").mkdir(parents=True)
    (tmp_path / "etc/credstore/hinge-imu.mqtt-password").write_text(PASSWORD)
    url = f"{scheme}://sam@localhost:{brokers[scheme]}"
    found = by_name(doctor_links.broker(here(mqtt=url, ca_file=str(authority / "server.crt"))))
    assert {finding.verdict for finding in found.values()} == {"good"}
    assert found.keys() == {"connection", "login"} | ({"certificate"} if scheme == "mqtts" else set())


@pytest.mark.parametrize(("user", "password"), [("sam@", "wrong"), ("sam@", None), ("", None)])
def test_a_broker_that_refuses_the_login_is_to_be_mended(here, brokers, tmp_path, user, password):
    file = tmp_path / "password"
    if password is not None:
        file.write_text(password)
    url = f"mqtt://{user}127.0.0.1:{brokers['mqtt']}"
    login = by_name(doctor_links.broker(here(mqtt=url, password_file=str(file))))["login"]
    assert login.verdict == "mend"
    assert login.text.startswith("refuses ")
    assert "wrong" not in login.text


def test_a_broker_whose_certificate_nobody_vouches_for_is_not_trusted(here, brokers):
    found = by_name(doctor_links.broker(here(mqtt=f"mqtts://sam@localhost:{brokers['mqtts']}")))
    assert found["certificate"].verdict == "mend"
    assert "ca_file" in found["certificate"].mend
    assert "login" not in found


def test_a_certificate_of_another_host_is_not_trusted(here, brokers, authority):
    url = f"mqtts://sam@127.0.0.1:{brokers['mqtts']}"
    found = by_name(doctor_links.broker(here(mqtt=url, ca_file=str(authority / "server.crt"))))
    assert found["certificate"].verdict == "mend"
    assert "127.0.0.1" in found["certificate"].text


def test_nobody_at_the_port_and_a_url_that_is_none_are_told_apart(here):
    (nobody,) = doctor_links.broker(here(mqtt=f"mqtt://127.0.0.1:{free_port()}"))
    assert (nobody.what, nobody.verdict) == ("connection", "mend")
    assert "Connection refused" in nobody.text
    (none,) = doctor_links.broker(here(mqtt="http://broker"))
    assert (none.what, none.verdict) == ("address", "mend")


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_what_is_no_broker_is_found_out_in_time(here, monkeypatch, answer):
    monkeypatch.setattr(doctor_links, "ANSWER_S", 0.3)
    with listener(answer) as port:
        login = by_name(doctor_links.broker(here(mqtt=f"mqtt://127.0.0.1:{port}")))["login"]
    assert (login.verdict, login.text) == ("mend", "something answers there, and it is no MQTT broker")


def test_secrets_that_others_may_read_are_to_be_mended(here, tmp_path):
    kept, open_to_all, gone = (tmp_path / name for name in ("kept", "open", "gone"))
    for file, mode in ((kept, 0o600), (open_to_all, 0o644)):
        file.write_text("secret")
        file.chmod(mode)
    installation = here(password_file=str(kept), key_file=str(open_to_all))
    upload = UploadConfig(token_file=str(gone))
    installation = installation._replace(config=msgspec.structs.replace(installation.config, upload=upload))
    found = by_name(doctor.probes()["credentials"](installation))
    assert {name: finding.verdict for name, finding in found.items()} == {
        "password_file": "good",
        "key_file": "mend",
        "token_file": "mend",
    }
    subprocess.run(found["key_file"].mend.split(), check=True, timeout=60)
    assert by_name(doctor.probes()["credentials"](installation))["key_file"].verdict == "good"


def test_a_disk_with_less_room_than_is_to_be_left_is_to_be_mended(here):
    installation = here()
    installation.recordings.mkdir()
    config = msgspec.structs.replace(installation.config, recording=RecordingConfig(keep_free_mb=1e12))
    found = by_name(doctor.probes()["disk"](installation._replace(config=config)))
    assert (found["room"].verdict, found["folder"].verdict) == ("mend", "good")
    assert list(installation.recordings.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_said(here, tmp_path):
    file = tmp_path / "no folder"
    file.touch()
    found = by_name(doctor.probes()["disk"](here()._replace(recordings=file)))
    assert found["folder"].verdict == "mend"
    assert "speed" not in found


def test_what_waits_in_the_outbox_is_counted_while_it_is_in_use(here):
    installation = here()
    installation.recordings.mkdir()
    file = installation.recordings / folders.OUTBOX
    with sqlite3.connect(file) as store:
        store.execute("PRAGMA journal_mode = WAL")
        store.execute("CREATE TABLE waiting (seq INTEGER PRIMARY KEY, payload BLOB)")
        store.executemany("INSERT INTO waiting (payload) VALUES (?)", [[b"a rep"]] * 3)
    (finding,) = doctor_links.outbox(installation)
    assert (finding.verdict, finding.text) == ("mind", "3 messages wait for the broker")
    store.close()
    file.write_bytes(b"no database")
    (finding,) = doctor_links.outbox(installation)
    assert finding.verdict == "mind"
    assert str(file) in finding.text


SHOWN = """LoadState={load}
UnitFileState={enabled}
ActiveState={active}
NRestarts={restarts}
StatusText=waiting for a bend
"""


@pytest.mark.parametrize(
    ("load", "enabled", "active", "restarts", "expected"),
    [
        ("loaded", "enabled", "active", 0, {"start": "good", "state": "good", "restarts": "good"}),
        ("loaded", "enabled", "active", 3, {"start": "good", "state": "good", "restarts": "mind"}),
        ("loaded", "disabled", "failed", 9, {"start": "mend", "state": "mend", "restarts": "mind"}),
        ("not-found", "", "inactive", 0, {"state": "mind"}),
    ],
)
def test_what_systemd_says_of_the_service_is_judged(
    here, tmp_path, monkeypatch, load, enabled, active, restarts, expected
):
    """systemctl says what that of systemd 252 says; no systemd runs where the tests do."""
    program = tmp_path / "systemctl"
    shown = SHOWN.format(load=load, enabled=enabled, active=active, restarts=restarts)
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{shown}END\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    found = by_name(doctor_links.service(here()))
    assert {name: finding.verdict for name, finding in found.items()} == expected


def test_without_systemd_the_service_is_only_to_be_minded(here, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    (finding,) = doctor_links.service(here())
    assert finding.verdict == "mind"


def test_supply_and_heat_are_those_of_the_computer(here, tmp_path):
    for file, text in (("thermal/thermal_zone0/temp", "84000"), ("hwmon/hwmon0/name", "rpi_volt")):
        path = tmp_path / "sys/class" / file
        path.parent.mkdir(parents=True)
        path.write_text(text)
    (tmp_path / "sys/class/hwmon/hwmon0/in0_lcrit_alarm").write_text("0")
    found = by_name(doctor.probes()["computer"](here()))
    assert (found["heat"].verdict, found["heat"].text) == ("mend", "84 °C")
    assert (found["supply"].verdict, found["supply"].text) == ("good", "holds")


def test_recordings_that_were_cut_off_and_those_that_wait_for_the_dashboard_are_counted(here, tmp_path):
    installation = here()
    installation.recordings.mkdir()
    torn, upload = recordings(installation)
    assert (torn.verdict, upload.verdict) == ("good", "good")
    (installation.recordings / "20260101T100000Z_cut.mcap").write_bytes(b"\x89MCAP0\r\n\x01\x00")
    config = msgspec.structs.replace(installation.config, upload=UploadConfig(url="https://dashboard.gym"))
    torn, upload = recordings(installation._replace(config=config))
    assert (torn.verdict, torn.text) == ("mind", "1 were cut off, and are not whole")
    assert (upload.verdict, upload.text) == ("good", "0 wait for https://dashboard.gym")
