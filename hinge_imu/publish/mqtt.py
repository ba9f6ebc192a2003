"""Says what the pipeline says to the broker, in the background: nothing here waits for the network.

What paho does that is easily missed: `publish` while disconnected returns an error code, and yet keeps a QoS 1
message and sends it later, so it must not be sent again; `on_publish` runs under a lock that `publish` takes too,
so it may do no more than hand the number on; the queue has no bound unless one is set before connecting.
"""

from __future__ import annotations

import logging
import secrets
import time
from datetime import UTC, datetime, timedelta
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Self

import msgspec
from paho.mqtt.client import Client, ConnectFlags, MQTTMessageInfo
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from hinge_imu.events import AnyEvent, to_dict
from hinge_imu.publish.angles import AngleBatches
from hinge_imu.publish.client import KEEPALIVE_S, Address, client, parse
from hinge_imu.publish.topics import TOPICS, Level, schema, topic
from hinge_imu.samples import Angles, Header

QUEUE = 10_000
"""How many messages wait for a lost broker: hours of reps. What comes after that is dropped, and counted."""

_GREETINGS = 100  # room in paho's queue that events must leave to `status` and `meta`
_DELAY_S = 15  # longest wait between two tries to connect, and up to as much again by chance

_log = logging.getLogger(__name__)


class Publisher:
    """One session's door to the broker.

    It connects, and connects again, by itself; while the broker is away, up to `QUEUE` messages of QoS 1 wait in
    memory, and angles are dropped. A broker that is down neither raises nor blocks.

    Parameters
    ----------
    header
        The session; its configuration names gym, strap and broker.
    url
        Another broker than the configured one: ``mqtt[s]://[USER@]HOST[:PORT]``.
    password
        Of the URL's user.

    Raises
    ------
    ValueError
        If the URL is not of that form.
    """

    def __init__(self, header: Header, url: str | None = None, password: str | None = None) -> None:
        self._header = header
        self._said = dict.fromkeys(TOPICS, 0)
        self._angles = AngleBatches()
        self._open: set[int] = set()
        self._acknowledged: SimpleQueue[int] = SimpleQueue()
        self._dropped = 0
        self._left: int | None = None
        address = parse(url or header.config.publish.mqtt)
        self._client = client(address, password)
        self._connect(address)

    def event(self, event: AnyEvent) -> None:
        """Publish an event."""
        fields = to_dict(event)
        level: Level = fields["event"]
        self._send(level, fields, fields[TOPICS[level].clock])

    def angles(self, angles: Angles) -> None:
        """Publish angles, thinned to 50 a second and gathered to 20 messages a second, of session time."""
        for fields in self._angles.push(angles.sagittal):
            self._send("angles", fields, fields["t_s"][0])

    def close(self, timeout_s: float = 5.0) -> int:
        """Say goodbye, once; return how many messages were dropped, or not acknowledged within ``timeout_s``."""
        if self._left is None:
            self._say_goodbye(timeout_s)
            self._left = len(self._open) + self._dropped
        return self._left

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _say_goodbye(self, timeout_s: float) -> None:
        for fields in self._angles.finish():
            self._send("angles", fields, fields["t_s"][0])
        self._send("status", {"status": "offline"})
        deadline = time.monotonic() + timeout_s
        while self._open and (left := deadline - time.monotonic()) > 0:
            self._settle(left)
        self._client.disconnect()
        # loop_stop() waits for the network thread, which may itself be waiting for a dead host.
        stop = Thread(target=self._client.loop_stop, daemon=True)
        stop.start()
        stop.join(1.0)

    def _connect(self, address: Address) -> None:
        will = topic(self._header.config.publish, "status")
        self._client.will_set(will, self._encoded("status", {"status": "lost"}), qos=1, retain=True)
        self._client.max_queued_messages_set(QUEUE + _GREETINGS)
        # By chance, so that the straps of a gym do not all come back in the same moment after a power cut.
        self._client.reconnect_delay_set(min_delay=1, max_delay=_DELAY_S + secrets.randbelow(_DELAY_S))
        self._client.on_connect = self._on_connect
        self._client.on_publish = self._on_publish
        self._client.connect_async(address.host, address.port, keepalive=KEEPALIVE_S)
        self._client.loop_start()

    def _on_connect(
        self, _client: Client, _data: Any, _flags: ConnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        if reason.is_failure:
            _log.warning("the broker refuses the connection: %s; check user and password", reason)
            return
        self._publish("status", {"status": "online"})
        self._publish("meta", _in_short(self._header))

    def _on_publish(self, _client: Client, _data: Any, mid: int, _reason: ReasonCode, _properties: Properties) -> None:
        self._acknowledged.put(mid)

    def _send(self, level: Level, fields: dict[str, Any], t_s: float | None = None) -> None:
        while self._settle(0.0):
            pass
        if TOPICS[level].qos == 0:
            # Without a connection paho would drop it as well, but use up one of 65535 message numbers.
            if self._client.is_connected():
                self._publish(level, fields, t_s)
        elif len(self._open) < QUEUE:
            self._open.add(self._publish(level, fields, t_s).mid)
        else:
            self._drop()

    def _drop(self) -> None:
        if self._dropped == 0:
            _log.warning("%d messages wait for the broker; newer ones are dropped, the recording keeps them", QUEUE)
        self._dropped += 1

    def _settle(self, timeout_s: float) -> bool:
        """Strike one acknowledged message off; return whether there was one."""
        try:
            self._open.discard(self._acknowledged.get(timeout=timeout_s))
        except Empty:
            return False
        return True

    def _publish(self, level: Level, fields: dict[str, Any], t_s: float | None = None) -> MQTTMessageInfo:
        how = TOPICS[level]
        where = topic(self._header.config.publish, level)
        return self._client.publish(where, self._encoded(level, fields, t_s), how.qos, how.retained)

    def _encoded(self, level: Level, fields: dict[str, Any], t_s: float | None = None) -> bytes:
        self._said[level] += 1
        common = {
            "schema": schema(level),
            "session_id": self._header.session_id,
            "athlete": self._header.athlete,
            "id": f"{self._header.session_id}-{level}-{self._said[level]}",
            "revision": 1,
            "time": utc(self._header.started_utc, t_s),
        }
        return msgspec.json.encode({**common, **fields})


def utc(started_utc: str | None, t_s: float | None) -> str | None:
    """Return the UTC of session time ``t_s`` as ISO 8601 in ms; None where the clock was not known."""
    if started_utc is None or t_s is None:
        return None
    started = datetime.fromisoformat(started_utc)
    if started.tzinfo is None:
        started = started.replace(tzinfo=UTC)
    moment = started.astimezone(UTC) + timedelta(seconds=t_s)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _in_short(header: Header) -> dict[str, Any]:
    fields = ("rate_hz", "worn", "exercise", "tempo", "started_utc", "simulated", "labels")
    return {field: getattr(header, field) for field in fields}
