"""The way to the broker, for as long as the program runs: what is said goes out, what is ordered comes in."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from secrets import SystemRandom
from threading import Thread
from typing import Self

from paho.mqtt.client import Client
from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from hinge_imu import mqtt
from hinge_imu.config import ConfigError, PublishConfig
from hinge_imu.publish.connection import WINDOW, Connection
from hinge_imu.publish.grace import Grace
from hinge_imu.publish.greetings import Greetings
from hinge_imu.publish.messages import Message
from hinge_imu.publish.outbox import Outbox
from hinge_imu.publish.refusals import Refusals
from hinge_imu.samples import Header
from hinge_imu.topics import topic

TICK_S = 1.0
"""So often the outbox is looked into for what other programs have put there. Chosen."""

DELAY_S = 30.0
"""Longest wait between two tries to connect. Chosen."""

_GOODBYE_S = 1.0
_FRAME = 20  # bytes of a packet besides topic and payload, rounded up
_UNSUPPORTED, _HUNG_UP = "Unsupported protocol version", "Unspecified error"
_VERSIONS = {"5": [MQTTProtocolVersion.MQTTv5], "3.1.1": [MQTTProtocolVersion.MQTTv311]}

_log = logging.getLogger(__name__)


class Link:
    """One strap's link to its broker: a context manager around a thread; every method is safe from any thread.

    It connects, and connects again, by itself. Messages of QoS 1 go through ``outbox``, and leave it some seconds after
    the broker has acknowledged them (`grace`), at once where the link says goodbye; what had not left it when a
    connection was lost is sent again. Those of QoS 0 go straight out, or nowhere. ``hear`` gets the payload of each
    command; ``also`` is said and retained at every connection, besides ``status`` and ``meta``. ``trouble`` is called
    with a sentence when the broker refuses messages, and with None when it no longer does.

    Raises
    ------
    ValueError
        If the broker's URL is not of its form, or, as `ConfigError`, if password or certificates cannot be read.
    """

    def __init__(
        self,
        config: PublishConfig,
        outbox: Outbox,
        hear: Callable[[bytes], object] = lambda _: None,
        *,
        password: str | None = None,
        also: Sequence[Message] = (),
        trouble: Callable[[str | None], object] = lambda _: None,
    ) -> None:
        self._config = config
        self._outbox = outbox
        self._hear = hear
        self._also = also
        self._address = mqtt.parse(config.mqtt)
        self._password = password if password is not None else mqtt.password(config)
        self._versions = deque(_VERSIONS.get(config.version, [*_VERSIONS["5"], *_VERSIONS["3.1.1"]]))
        self._greetings = Greetings(config)
        self._refusals = Refusals(trouble)
        self._header: Header | None = None
        self._todo: SimpleQueue[Callable[[], object]] = SimpleQueue()
        self._connection: Connection | None = None
        self._direct: deque[Message] = deque()  # what is not kept: greetings
        self._ready: deque[Message] = deque()  # handed out by the outbox, not sent yet
        self._grace = Grace()
        self._more = True
        self._leave_s: float | None = None
        self._left = 0
        self._said: str | None = None
        self._client()  # whatever cannot be used is known at once
        outbox.listen(lambda: self._todo.put(self._look))
        self._thread = Thread(target=self._run, name="link", daemon=True)

    def send(self, messages: Sequence[Message]) -> Future[None] | None:
        """Send messages; those of QoS 1 are kept, all in one transaction, until the broker has them.

        Returns what tells when they are on the disk, None where there is nothing to keep.
        """
        connection = self._connection
        if connection is not None and connection.up:
            for message in messages:
                if not message.qos:
                    connection.publish(message)
        if any(message.qos for message in messages):
            return self._outbox.put(messages)
        return None

    def session(self, header: Header | None) -> None:
        """Say that a session has begun, or is known better, or that there is none."""
        self._todo.put(lambda: self._begin(header))

    def close(self, timeout_s: float = 5.0) -> int:
        """Say goodbye when all is sent or ``timeout_s`` over; return how many messages are left in the outbox."""
        if self._leave_s is None:
            self._leave_s = time.monotonic() + timeout_s
            self._todo.put(self._look)
            self._thread.join(timeout_s + 2 * _GOODBYE_S)
            self._left = len(self._outbox)
        return self._left

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # From here on everything runs in the link's thread.

    def _run(self) -> None:
        tries = 0
        while not self._may_leave():
            began = time.monotonic()
            try:
                if self._connect():
                    continue
            except Exception:  # noqa: BLE001 - a link that dies says nothing any more
                if self._leave_s is None:
                    _log.exception("the link to the broker failed; it is begun again")
            tries = 0 if time.monotonic() > began + DELAY_S else tries + 1
            # By chance, so that the straps of a gym do not all come back in the same moment after a power cut.
            self._pause(min(DELAY_S, 2.0 ** (tries - 1)) * SystemRandom().uniform(0.5, 1.0))

    def _connect(self) -> bool:
        """Be connected, once; return whether to try again at once."""
        will = self._greetings.status("lost", None)  # which session it will be lost in is not known yet
        orders = topic(self._config, "command")
        try:
            connection = Connection(self._client(), orders, self._todo.put, self._order, self._settle)
            connection.start(self._address, will)
        except ConfigError as error:  # a certificate is being renewed
            self._say(str(error))
            return False
        except (OSError, ValueError) as error:
            self._say(f"no broker answers at {self._config.mqtt} ({error}); what is said waits")
            return False
        try:
            return self._serve(connection)
        finally:
            self._connection = None
            connection.stop()
            connection.open.clear()  # an answer that is heard now comes too late: all of it is sent again
            self._forget()
            self._grace.all()
            self._outbox.back()
            self._direct.clear()
            self._ready.clear()

    def _serve(self, connection: Connection) -> bool:
        while not (connection.up or connection.ended or self._may_leave()):
            self._step(TICK_S)
        if not connection.up:
            return self._refused(connection.ended)
        self._said = None
        self._greet()
        self._connection = connection
        while connection.up:
            self._fill(connection)
            if self._may_leave():
                break
            self._step(TICK_S)
        if connection.up:
            self._goodbye(connection)
        return False

    def _fill(self, connection: Connection) -> None:
        """Send as much as may be on its way at once, the oldest first."""
        while connection.room and (message := self._next()) is not None:
            if len(message.payload) + len(message.topic.encode()) + _FRAME > connection.largest:
                _log.warning(
                    "%s: the broker takes no %d bytes; it is in the recording", message.id, len(message.payload)
                )
                self._outbox.done([message.key])
            else:
                connection.publish(message)
        self._forget()

    def _next(self) -> Message | None:
        if self._direct:
            return self._direct.popleft()
        if not self._ready and self._more:
            self._ready.extend(self._outbox.take(WINDOW, self._refusals.levels()))
            self._more = len(self._ready) == WINDOW
        return self._ready.popleft() if self._ready else None

    def _settle(self, message: Message, refusal: ReasonCode | None) -> None:
        if refusal is None:
            self._grace.add(message.key)
            self._refusals.lift(message.level)
        else:
            self._refusals.hold(message, str(refusal))
            held = [each for each in self._ready if each.level == message.level]
            self._outbox.back(each.key for each in [message, *held])
            self._ready = deque(each for each in self._ready if each.level != message.level)

    def _forget(self) -> None:
        if over := self._grace.over():
            self._outbox.done(over)

    def _look(self) -> None:
        self._more = True

    def _begin(self, header: Header | None) -> None:
        self._header = header
        if self._connection is not None:
            self._greet()

    def _greet(self) -> None:
        self._direct.append(self._greetings.status("online", self._header))
        if self._header is not None:
            self._direct.append(self._greetings.meta(self._header))
        self._direct.extend(self._also)

    def _goodbye(self, connection: Connection) -> None:
        connection.publish(self._greetings.status("offline", self._header))
        until = time.monotonic() + _GOODBYE_S
        while connection.up and connection.open and (left := until - time.monotonic()) > 0:
            self._step(left)
        if connection.up:
            self._outbox.done(self._grace.all())

    def _order(self, payload: bytes) -> None:
        try:
            self._hear(payload)
        except Exception:  # noqa: BLE001 - whatever somebody has sent
            _log.exception("a command of %d bytes could not be carried out", len(payload))

    def _may_leave(self) -> bool:
        """Whether it is time to go: nothing is left, or it has been waited for long enough."""
        if self._leave_s is None:
            return False
        if time.monotonic() >= self._leave_s:
            return True
        if (connection := self._connection) is None:
            return len(self._outbox) == 0
        return not (self._direct or self._ready or self._more or connection.open)

    def _refused(self, reason: ReasonCode | None) -> bool:
        """Say why there is no connection; return whether it may be for MQTT's version alone, and there is another."""
        if reason is None:  # it is time to leave
            return False
        # An old broker says so, or hangs up without a word.
        if str(reason) in {_UNSUPPORTED, _HUNG_UP}:
            self._versions.rotate(-1)
        if str(reason) == _UNSUPPORTED and [*self._versions] == [*_VERSIONS["3.1.1"], *_VERSIONS["5"]]:
            return True
        mends = {"Not authorized": "check user and password", _UNSUPPORTED: 'set version = "auto"'}
        mend = mends.get(str(reason), "it is tried again")
        self._say(f"the broker at {self._config.mqtt} refuses the connection ({reason}); {mend}")
        return False

    def _client(self) -> Client:
        return mqtt.client(self._address, self._password, self._config, self._versions[0], again=False)

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self._may_leave():
            self._step(min(left, TICK_S))

    def _step(self, timeout_s: float) -> None:
        """Do what there is to do; where there is nothing for so long, look into the outbox."""
        try:
            self._todo.get(timeout=timeout_s)()
        except Empty:
            self._look()
        for _ in range(self._todo.qsize()):
            self._todo.get()()

    def _say(self, sentence: str) -> None:
        if sentence != self._said:
            self._said = sentence
            _log.warning("%s", sentence)
