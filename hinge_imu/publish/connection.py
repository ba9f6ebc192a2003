"""One connection to the broker, from its first word to its end; the next one is another object.

What paho does that is easily missed, and why a connection is never used twice: `publish` while disconnected returns
an error code and yet keeps a QoS 1 message and sends it later; `on_publish` runs under a lock that `publish` takes too,
so it may do no more than hand the number on; and what is given to it has no bound. So what paho still holds when a
connection ends dies with it, and everything comes from the outbox again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import Any, TypeAlias

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from hinge_imu.mqtt import KEEPALIVE_S, Address
from hinge_imu.publish.messages import Message

Do: TypeAlias = Callable[[Callable[[], object]], object]
"""Takes what is to be done to the thread that does it."""

WINDOW = 100
"""How many messages may be on their way at once; `benchmarks/outbox.py` shows that more gains nothing."""

LARGEST = 268_435_455
"""Bytes that a packet can have where the broker names no bound of its own (MQTT 5, 1.5.5)."""


class Connection:
    """A client's life: up once the broker has said yes, over once ``ended`` says why; used by one thread.

    What paho's thread has to tell is brought to that thread with ``do``. ``hear`` gets the commands, ``settle``
    each message that the broker has answered, with its refusal where it is one.
    """

    def __init__(
        self,
        client: Client,
        topic: str,
        do: Do,
        hear: Callable[[bytes], object],
        settle: Callable[[Message, ReasonCode | None], object],
    ) -> None:
        self.up = False
        self.ended: ReasonCode | None = None
        self.open: dict[int, Message] = {}
        self.largest = LARGEST
        self._window = WINDOW
        self._client = client
        self._topic = topic
        self._do = do
        self._hear = hear
        self._settle = settle
        client.max_inflight_messages_set(WINDOW)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_message = self._on_message

    def start(self, address: Address, will: Message) -> None:
        """Ask for the connection; raises `OSError` where nobody answers, or the wrong one."""
        self._client.will_set(will.topic, will.payload, will.qos, will.retained)
        self._client.connect(address.host, address.port, keepalive=KEEPALIVE_S)
        self._client.loop_start()

    @property
    def room(self) -> int:
        """How many more messages may be on their way."""
        return self._window - len(self.open) if self.up else 0

    def publish(self, message: Message) -> None:
        """Send a message; safe from any thread for those of QoS 0, which nobody answers."""
        sent = self._client.publish(message.topic, message.payload, message.qos, message.retained)
        if message.qos:
            self.open[sent.mid] = message

    def stop(self) -> None:
        """End it, and wait a moment for paho's thread."""
        self.up = False
        self._client.disconnect()
        # It may itself be waiting for a dead host.
        stop = Thread(target=self._stop, daemon=True)
        stop.start()
        stop.join(1.0)

    def _stop(self) -> None:
        with suppress(AttributeError):  # paho's thread has ended between its question and its call
            self._client.loop_stop()

    def _answered(self, reason: ReasonCode, properties: Properties | None) -> None:
        if reason.is_failure:
            self.ended = self.ended or reason
            return
        self.up = True
        self._window = min(WINDOW, getattr(properties, "ReceiveMaximum", WINDOW))
        self.largest = getattr(properties, "MaximumPacketSize", LARGEST)
        self._client.subscribe(self._topic, qos=1)

    def _over(self, reason: ReasonCode) -> None:
        self.up = False
        self.ended = self.ended or reason

    def _acknowledged(self, mid: int, reason: ReasonCode) -> None:
        message = self.open.pop(mid, None)
        if message is not None:
            self._settle(message, reason if reason.is_failure else None)

    # These run in paho's thread, some under its locks.

    def _on_connect(
        self, _client: Client, _data: Any, _flags: ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        self._do(lambda: self._answered(reason, properties))

    def _on_disconnect(
        self, _client: Client, _data: Any, _flags: DisconnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        self._do(lambda: self._over(reason))

    def _on_publish(self, _client: Client, _data: Any, mid: int, reason: ReasonCode, _properties: Properties) -> None:
        self._do(lambda: self._acknowledged(mid, reason))

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        if not message.retain:  # an order from another day is none
            self._do(lambda: self._hear(bytes(message.payload)))
