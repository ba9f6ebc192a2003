"""One connection to the broker, in a session that the broker keeps: what comes in is acknowledged by hand."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Event
from typing import Any, NamedTuple

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from hinge_imu.dashboard.wire import Heard
from hinge_imu.mqtt import KEEPALIVE_S, Address

BATCH = 200
"""How many messages are handed over at once, and how many may be on their way from the broker. Chosen."""

KEEP_S = 7 * 86_400
"""How long the broker is asked to keep what is said while nobody listens (s); its own limit may be less. Chosen: a week
off; the straps' recordings have it all the same."""

QUIET_S, GATHER_S = 0.01, 0.05
"""A batch is closed when nothing has come for the first, and after the second. Chosen: a transaction costs as much as
some twenty messages in it (`Store.take_all` on SQLite), and nobody sees 50 ms."""

TICK_S = 0.5
"""So often is asked whether it is time to leave. Chosen."""


class Letter(NamedTuple):
    """A message that waits for the store, and its number on this connection."""

    heard: Heard
    mid: int


class Line:
    """One connection: what came in by it waits here, and is forgotten with it.

    ``up`` once the broker has taken the subscriptions to ``filters``; ``answered`` as soon as it has said yes, or no,
    for the ``reason``. ``take_in`` is called in paho's thread, and returns what is to wait.
    """

    def __init__(
        self, client: Client, filters: list[tuple[str, int]], take_in: Callable[[MQTTMessage], Letter | None]
    ) -> None:
        self.up = False
        self.answered = Event()
        self.reason: ReasonCode | None = None
        self._client = client
        self._filters = filters
        self._take_in = take_in
        self._waiting: SimpleQueue[Letter | None] = SimpleQueue()
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message

    def start(self, address: Address) -> None:
        """Ask for the connection; raises `OSError` where nobody answers."""
        how = _keeps() if self._client.protocol == MQTTProtocolVersion.MQTTv5 else {}
        self._client.connect(address.host, address.port, keepalive=KEEPALIVE_S, **how)
        self._client.loop_start()

    def stop(self) -> None:
        """End it."""
        self._client.disconnect()
        with suppress(AttributeError):  # paho's thread has ended between its question and its call
            self._client.loop_stop()

    def batch(self) -> list[Letter]:
        """Return what waits, as soon as something does and no more comes; nothing where nothing came for a while."""
        found: list[Letter] = []
        wait_s, until = TICK_S, 0.0
        with suppress(Empty):
            while len(found) < BATCH and (letter := self._waiting.get(timeout=max(0.0, wait_s))) is not None:
                found.append(letter)
                until = until or time.monotonic() + GATHER_S
                wait_s = min(QUIET_S, until - time.monotonic())
        return found

    def acknowledge(self, batch: Sequence[Letter]) -> None:
        """Tell the broker that it may forget these."""
        for letter in batch:
            self._client.ack(letter.mid, 1)

    # These run in paho's thread.

    def _on_connect(
        self, client: Client, _data: Any, _flags: ConnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        self.reason = reason
        if reason.is_failure:
            self.answered.set()
        else:
            client.subscribe(self._filters)

    def _on_subscribe(
        self, _client: Client, _data: Any, _mid: int, reasons: list[ReasonCode], _properties: Properties | None
    ) -> None:
        refused = [reason for reason in reasons if reason.is_failure]
        self.reason = refused[0] if refused else None
        self.up = not refused
        self.answered.set()

    def _on_disconnect(
        self, _client: Client, _data: Any, _flags: DisconnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        self.up = False
        self.reason = self.reason or reason
        self.answered.set()
        self._waiting.put(None)  # who waits need not wait longer

    def _on_message(self, client: Client, _data: Any, message: MQTTMessage) -> None:
        letter = self._take_in(message)
        if letter is not None and message.qos:
            self._waiting.put(letter)
        elif message.qos:
            client.ack(message.mid, message.qos)


def _keeps() -> dict[str, Any]:
    """Return what MQTT 5 has to be told for the session to last, and how much may be on its way."""
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho has no types for it
    properties.SessionExpiryInterval = KEEP_S
    properties.ReceiveMaximum = BATCH
    return {"clean_start": False, "properties": properties}
