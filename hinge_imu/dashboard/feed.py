"""The line to the broker for what goes on now: nothing is kept; what came while it was away, the ingest tells it."""

from __future__ import annotations

import logging
from collections import deque
from typing import Any

import msgspec
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from hinge_imu.dashboard.live import Gym
from hinge_imu.dashboard.wire import Heard, parse
from hinge_imu.topics import ROOT

WAITING = 20_000
"""Messages that may wait to be looked at; then the oldest go. Chosen: half a minute of thirty straps."""

AT_ONCE = 2000
"""Of those so many are looked at in one turn, so that pages are served in between. Chosen: some 50 ms."""

_log = logging.getLogger(__name__)


class Feed:
    """Hears all straps and tells them something, by a client that is not connected yet.

    ``gym`` is the only one that is heard, all of them where it is not given. `turn` is called by whoever owns the
    `Gym`, several times a second; everything else is safe from any thread.
    """

    def __init__(self, client: Client, gym: str | None = None) -> None:
        self.connected = False
        self.left_out = 0
        self._filter = f"{ROOT}/{gym or '+'}/+/+"
        self._waiting: deque[tuple[str, bytes] | Heard] = deque(maxlen=WAITING)
        self._client = client
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = lambda _client, _data, message: self._on_message(message)
        client.reconnect_delay_set(1, 15)

    def open(self, host: str, port: int, keepalive_s: int = 15) -> None:
        """Connect, now or as soon as the broker is there, and again whenever it is lost."""
        self._client.connect_async(host, port, keepalive_s)
        self._client.loop_start()

    def close(self) -> None:
        """Say goodbye."""
        self._client.disconnect()
        self._client.loop_stop()

    def hear(self, heard: Heard) -> None:
        """Take what has come another way; the gym passes over what it has heard already."""
        self._waiting.append(heard)

    def turn(self, gym: Gym, now: float) -> None:
        """Let the gym hear what has come, at ``now`` s of its clock."""
        for _ in range(min(len(self._waiting), AT_ONCE)):
            try:
                came = self._waiting.popleft()
                gym.hear(came if isinstance(came, Heard) else parse(*came), now)
            except ValueError as error:  # msgspec's errors are ValueErrors
                self.left_out += 1
                _log.debug("%s", error)

    def tell(self, gym: str, strap: str, command: dict[str, Any]) -> None:
        """Send a command, once; raises ConnectionError where the broker is away, for nobody wants it an hour late."""
        if not self.connected:
            raise ConnectionError("the broker does not answer")
        self._client.publish(f"{ROOT}/{gym}/{strap}/command", msgspec.json.encode(command), qos=1)

    def _on_connect(
        self, client: Client, _data: Any, _flags: ConnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        if reason.is_failure:
            _log.warning("the broker refuses: %s", reason)
            return
        self.connected = True
        client.subscribe(self._filter, qos=0)

    def _on_disconnect(
        self, _client: Client, _data: Any, _flags: DisconnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        self.connected = False
        if reason.is_failure:
            _log.warning("the broker is gone (%s); it is tried again", reason)

    def _on_message(self, message: MQTTMessage) -> None:
        if not message.topic.endswith("/command"):
            self._waiting.append((message.topic, bytes(message.payload)))
