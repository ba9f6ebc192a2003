"""One MQTT client for publisher and coach: the broker's address, and paho set up with care."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

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


def client(address: Address, password: str | None = None) -> Client:
    """Return a client for that broker, not yet connected: MQTT 3.1.1, clean session, certificates checked."""
    made = Client(CallbackAPIVersion.VERSION2)
    if address.user is not None:
        made.username_pw_set(address.user, password)
    if address.tls:
        made.tls_set()
    return made


def _wrong(url: str, what: str) -> ValueError:
    return ValueError(f"the broker's URL {url!r} cannot be used: {what}; write mqtt[s]://[USER@]HOST[:PORT]")
