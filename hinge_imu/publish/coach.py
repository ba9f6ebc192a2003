"""The other end of the line: hears all straps of a gym, as a coach's screen does."""

from __future__ import annotations

from collections.abc import Iterator
from queue import Empty, SimpleQueue
from threading import Event
from typing import Any, Self

import msgspec
from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from hinge_imu.mqtt import KEEPALIVE_S, client, parse
from hinge_imu.topics import ROOT

_TIMEOUT_S = 5.0


class Coach:
    """Context manager that listens to ``hinge/v1/{gym}/+/#``; once entered, it misses nothing.

    Parameters
    ----------
    url
        The broker, ``mqtt[s]://[USER@]HOST[:PORT]``.
    gym
        Whose straps to hear.
    password
        Of the URL's user.

    Raises
    ------
    ConnectionError
        On entering, if the broker does not answer, or refuses.
    """

    def __init__(self, url: str, gym: str, password: str | None = None) -> None:
        self._url = url
        self._filter = f"{ROOT}/{gym}/+/#"
        self._heard: SimpleQueue[MQTTMessage] = SimpleQueue()
        self._listening = Event()
        self._address = parse(url)
        self._client = client(self._address, password)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message

    def messages(self, quiet_s: float) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield topic and payload of each message, until none has come for ``quiet_s``."""
        while True:
            try:
                message = self._heard.get(timeout=quiet_s)
            except Empty:
                return
            yield message.topic, msgspec.json.decode(message.payload, type=dict[str, Any])

    def __enter__(self) -> Self:
        try:
            self._client.connect(self._address.host, self._address.port, keepalive=KEEPALIVE_S)
        except OSError as error:
            raise ConnectionError(f"no broker answers at {self._url} ({error}); is it running?") from error
        self._client.loop_start()
        if not self._listening.wait(_TIMEOUT_S):
            self._stop()
            raise ConnectionError(f"the broker at {self._url} did not accept the subscription; check user and password")
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def _stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    # Subscribed anew at every connection: the broker forgets a clean session.
    def _on_connect(
        self, paho: Client, _data: Any, _flags: ConnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        if not reason.is_failure:
            paho.subscribe(self._filter, qos=1)

    def _on_subscribe(
        self, _client: Client, _data: Any, _mid: int, _reasons: list[ReasonCode], _properties: Properties | None
    ) -> None:
        self._listening.set()

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        self._heard.put(message)
