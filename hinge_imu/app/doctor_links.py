"""What the doctor finds of sensors, broker, outbox and service."""

from __future__ import annotations

import os
import socket
import sqlite3
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import msgspec
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from smbus2 import SMBus

from hinge_imu import mqtt
from hinge_imu.app import findings, verdicts
from hinge_imu.app.doctor import Finding, Installation
from hinge_imu.app.folders import OUTBOX
from hinge_imu.config import ConfigError, PublishConfig
from hinge_imu.mqtt import Address, parse
from hinge_imu.sensing import survey
from hinge_imu.sensing.i2c import BusFault, open_bus

UNIT = "hinge-imu.service"
ANSWER_S = 4.0
"""How long a broker may take for each of name, connection and login. Chosen; below the doctor's own patience."""

OPEN_S = 1.0
"""How long the outbox's file may be held by another program. Chosen."""


def sensors(here: Installation) -> Iterator[Finding]:
    """Ask each address for its name, which a running session does not notice; `hinge-imu check` does more."""
    with closing(SMBus()) as bus:
        try:
            open_bus(bus, here.bus_number)
        except BusFault as fault:
            yield _as_ours(verdicts.broken(str(fault)), "bus")
            return
        answers = {address: survey.ask(bus, address) for address in survey.ADDRESSES}
    for sensor in here.config.sensors:
        yield _as_ours(verdicts.answer(sensor, answers[sensor.address], answers[sensor.address ^ 1]), sensor.segment)


def broker(here: Installation) -> Iterator[Finding]:
    """Go to the broker as a session does: name, connection, certificate, login."""
    publish = here.config.publish
    try:
        address = parse(publish.mqtt)
    except ValueError as error:
        yield Finding(part="broker", what="address", verdict="mend", text=str(error), mend="mend [publish] mqtt")
        return
    where = f"{address.host}:{address.port}"
    try:
        with socket.create_connection((address.host, address.port), ANSWER_S) as line:
            yield Finding(part="broker", what="connection", text=f"{where} can be reached")
            if address.tls:
                yield _certificate(line, address, publish)
    except ssl.SSLError as error:
        why = getattr(error, "verify_message", "") or error.reason or str(error)
        text = f"{where} cannot be trusted ({why})"
        mend = "name the certificate of its authority with [publish] ca_file, and its host as the certificate does"
        yield Finding(part="broker", what="certificate", verdict="mend", text=text, mend=mend)
        return
    except OSError as error:
        yield _unreachable(where, error)
        return
    yield _login(address, publish, here.root)


def outbox(here: Installation) -> Iterator[Finding]:
    """Count what waits for the broker."""
    file = here.recordings / OUTBOX
    try:
        if not file.exists():
            yield Finding(part="outbox", what="waiting", text="nothing has been put into it yet")
            return
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=OPEN_S)) as store:
            (waiting,) = store.execute("SELECT count(*) FROM waiting").fetchone()
    except (sqlite3.Error, OSError) as error:
        text = f"{file} cannot be read ({error})"
        yield Finding(
            part="outbox", what="waiting", verdict="mind", text=text, mend="ask as its owner: sudo hinge-imu doctor"
        )
        return
    yield Finding(
        part="outbox",
        what="waiting",
        verdict="mind" if waiting else "good",
        text=f"{waiting} messages wait for the broker",
        mend="they go by themselves as soon as the broker takes them" if waiting else None,
    )


def service(_: Installation) -> Iterator[Finding]:
    """Ask systemd for the service."""
    state = _state()
    if state is None:
        text = "there is no systemd that could be asked"
        yield Finding(
            part="service", what="state", verdict="mind", text=text, mend="start sessions with hinge-imu live"
        )
        return
    if state.get("LoadState") != "loaded":
        yield Finding(part="service", what="state", verdict="mind", text="is not installed", mend="./run install")
        return
    enabled, active = state.get("UnitFileState") == "enabled", state.get("ActiveState", "")
    yield Finding(
        part="service",
        what="start",
        verdict="good" if enabled else "mend",
        text="starts with the computer" if enabled else "does not start with the computer",
        mend=None if enabled else f"sudo systemctl enable {UNIT}",
    )
    yield Finding(
        part="service",
        what="state",
        verdict="good" if active == "active" else "mend",
        text=": ".join(part for part in (active, state.get("StatusText")) if part),
        mend=None
        if active == "active"
        else f"see why with journalctl -u {UNIT} -e, then sudo systemctl restart {UNIT}",
    )
    restarts = int(state.get("NRestarts") or 0)
    yield Finding(
        part="service",
        what="restarts",
        verdict="mind" if restarts else "good",
        text=f"was started again {restarts} times",
        mend=f"see why with journalctl -u {UNIT} -p warning" if restarts else None,
    )


def _as_ours(found: findings.Finding, what: str) -> Finding:
    return Finding(part="sensors", what=what, verdict=found.verdict, text=found.text, mend=found.mend)


def _certificate(line: socket.socket, address: Address, publish: PublishConfig) -> Finding:
    context = ssl.create_default_context(cafile=publish.ca_file)
    if publish.certificate_file is not None:
        context.load_cert_chain(publish.certificate_file, publish.key_file)
    with context.wrap_socket(line, server_hostname=address.host) as secured:
        until = (secured.getpeercert() or {}).get("notAfter", "?")
    return Finding(part="broker", what="certificate", text=f"is the broker's own, and holds until {until}")


def _unreachable(where: str, error: OSError) -> Finding:
    if isinstance(error, socket.gaierror):
        mend = "mend the host in [publish] mqtt, or bring the strap into its network"
    elif isinstance(error, ConnectionRefusedError):
        mend = "start the broker there (sudo systemctl start mosquitto), or mend [publish] mqtt"
    else:
        mend = "bring the strap into the broker's network; meanwhile everything waits in the outbox"
    text = f"{where} cannot be reached ({error.strerror or error})"
    return Finding(part="broker", what="connection", verdict="mend", text=text, mend=mend)


def _login(address: Address, publish: PublishConfig, root: Path) -> Finding:
    version = MQTTProtocolVersion.MQTTv5 if publish.version == "5" else MQTTProtocolVersion.MQTTv311
    client, answers = Client(CallbackAPIVersion.VERSION2, protocol=version), SimpleQueue[Any]()
    client.on_connect = lambda _client, _data, _flags, reason, _properties: answers.put(reason)
    if address.user is not None:
        client.username_pw_set(address.user, _password(publish, root))
    if address.tls:
        client.tls_set(publish.ca_file, publish.certificate_file, publish.key_file)
    who = address.user or "nobody in particular"
    try:
        client.connect(address.host, address.port)
        client.loop_start()
        reason = answers.get(timeout=ANSWER_S)
    except Empty:
        return Finding(
            part="broker",
            what="login",
            verdict="mend",
            text="something answers there, and it is no MQTT broker",
            mend="mend host and port in [publish] mqtt",
        )
    finally:
        client.disconnect()
        client.loop_stop()
    if reason.is_failure:
        mend = "mend the user in [publish] mqtt, its password, or the broker's list of users"
        return Finding(part="broker", what="login", verdict="mend", text=f"refuses {who}: {reason}", mend=mend)
    return Finding(part="broker", what="login", text=f"takes {who}")


def _password(publish: PublishConfig, root: Path) -> str | None:
    """Return the password from where the program, or the service, would have it; None where that is nowhere."""
    stored = root / f"etc/credstore/hinge-imu.{mqtt.CREDENTIAL}"
    if publish.password_file is None and "CREDENTIALS_DIRECTORY" not in os.environ:
        publish = msgspec.structs.replace(publish, password_file=str(stored))
    try:
        return mqtt.password(publish)
    except ConfigError:  # the broker's answer says what that comes to
        return None


def _state() -> dict[str, str] | None:
    names = "LoadState,UnitFileState,ActiveState,StatusText,NRestarts"
    words = ["systemctl", "show", UNIT, f"--property={names}"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=5, check=False)  # noqa: S603 - fixed words
    except (OSError, subprocess.SubprocessError):
        return None
    if done.returncode != 0:
        return None
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
