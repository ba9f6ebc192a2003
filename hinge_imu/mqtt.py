"""One MQTT client for straps and dashboards: the broker's address, and paho set up with care."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from hinge_imu.config import ConfigError, PublishConfig

CREDENTIAL = "mqtt-password"
"""What systemd calls the password (`LoadCredential=`)."""

KEEPALIVE_S = 15  # a strap that lost its link is known lost 1.5 times this later (MQTT 3.1.1, 3.1.2.10)
_PORTS = {"mqtt": 1883, "mqtts": 8883}


class Address(NamedTuple):
    """Where a broker is: ``mqtt[s]://[USER@]HOST[:PORT]``, taken apart."""

    host: str
    port: int
    tls: bool
    user: str | None


def parse(url: str) -> Address:
    """Take a broker's URL apart.

    Raises
    ------
    ValueError
        Says what is wrong with the URL.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _wrong(url, str(error)) from error
    if parts.password is not None:
        # The URL itself is not repeated: error messages end in logs.
        raise ValueError("the broker's URL holds a password; leave it out, a URL can be seen in the process list")
    if parts.scheme not in _PORTS:
        raise _wrong(url, f"the scheme {parts.scheme!r} is none of {', '.join(_PORTS)}")
    if not parts.hostname:
        raise _wrong(url, "the host is missing")
    if port == 0 or parts.path.strip("/") or parts.query or parts.fragment:
        raise _wrong(url, "after the host comes a port from 1 to 65535, and nothing else")
    return Address(parts.hostname, port or _PORTS[parts.scheme], parts.scheme == "mqtts", parts.username)


def client(
    address: Address,
    password: str | None = None,
    files: PublishConfig | None = None,
    version: MQTTProtocolVersion = MQTTProtocolVersion.MQTTv311,
    *,
    again: bool = True,
    lasting: str | None = None,
) -> Client:
    """Return a client for that broker, not yet connected: clean session, certificates checked.

    ``files`` names whom to trust and how to prove oneself; raises `ConfigError` where they cannot be used. Whether it
    connects ``again`` by itself when a connection ends is to be said. ``lasting`` is the client id of a session that
    the broker keeps; what comes in it is acknowledged by hand.
    """
    keeps: dict[str, Any] = {} if lasting is None else {"client_id": lasting, "manual_ack": True}
    if lasting is not None and version != MQTTProtocolVersion.MQTTv5:
        keeps["clean_session"] = False
    made = Client(CallbackAPIVersion.VERSION2, protocol=version, reconnect_on_failure=again, **keeps)
    if address.user is not None:
        made.username_pw_set(address.user, password)
    if address.tls:
        _secure(made, files or PublishConfig())
    return made


def password(config: PublishConfig) -> str | None:
    """Return the password of the broker's user, from its file or systemd's credential; None where there is neither.

    Raises
    ------
    ConfigError
        Names the file that cannot be read, never what is in it.
    """
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    credential = Path(folder) / CREDENTIAL if folder else None
    path = Path(config.password_file) if config.password_file else credential
    if path is None or (path == credential and not path.exists()):
        return None
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise ConfigError(f"{path}: the broker's password cannot be read ({error.strerror}); mend its rights") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: the broker's password is not text (UTF-8); write it anew") from None


def _secure(made: Client, files: PublishConfig) -> None:
    named = [name for name in (files.ca_file, files.certificate_file, files.key_file) if name is not None]
    for name in named:
        if not os.access(name, os.R_OK):
            raise ConfigError(f"{name}: cannot be read; [publish] names it, give the path of a PEM file")
    try:
        made.tls_set(files.ca_file, files.certificate_file, files.key_file)
    except (OSError, ValueError) as error:  # ssl's errors are OSErrors
        raise ConfigError(f"{', '.join(named)}: cannot be used for TLS ({error}); [publish] needs PEM files") from None


def _wrong(url: str, what: str) -> ValueError:
    return ValueError(f"the broker's URL {url!r} cannot be used: {what}; write mqtt[s]://[USER@]HOST[:PORT]")
