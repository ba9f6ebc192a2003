"""From the broker into the store: a message is acknowledged when the store has it on the disk, and not before.

The broker keeps a session of that name, so what is said while nobody listens waits there. What had not been
acknowledged when a connection ended comes again with the next one, and leaves the same rows. Each connection is another
client of paho's, so that no acknowledgement can reach the wrong one.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from secrets import SystemRandom
from threading import Event, Thread
from typing import Self

import msgspec
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import MQTTProtocolVersion

from hinge_imu import mqtt
from hinge_imu.config import ConfigError, Name, PublishConfig
from hinge_imu.dashboard.line import Letter, Line
from hinge_imu.dashboard.store.store import AwayError, Store
from hinge_imu.dashboard.wire import Heard, parse
from hinge_imu.topics import ROOT, TOPICS

NAME = "hinge-imu-dashboard"
"""What the broker's session is called where no other name is given; of each name there can be one at a time."""

LONGEST_S = 15.0
"""Longest wait between two tries to reach the broker or the database. Chosen."""

_CONNECT_S = 10.0
_VERSIONS = {"5": [MQTTProtocolVersion.MQTTv5], "3.1.1": [MQTTProtocolVersion.MQTTv311]}

_log = logging.getLogger(__name__)


class Counts(msgspec.Struct):
    """What has come in so far: ``kept`` was news, ``known`` had come before, ``dropped`` could not be used."""

    kept: int = 0
    known: int = 0
    dropped: int = 0


class Ingest:
    """A thread that brings what straps say into a store; a context manager, once left all that was taken is stored.

    Parameters
    ----------
    store
        Where to.
    config
        The broker: ``mqtt``, ``version``, password and certificates.
    gym
        Whose straps; of every gym where none is named.
    group
        Shares the work with others of the same group (MQTT 5), each with a ``name`` of its own: every message goes to
        one of them.
    hear
        Is told every message before it is stored, from another thread and perhaps twice; of every level, or of those
        only that are stored where not ``every`` one is wanted. In a group only what comes to this one.
    name
        Of the session that the broker keeps.

    Raises
    ------
    ValueError
        If the broker's URL or a name cannot be used, or, as `ConfigError`, password or certificates cannot be read.
    """

    def __init__(
        self,
        store: Store,
        config: PublishConfig,
        gym: str | None = None,
        group: str | None = None,
        *,
        hear: Callable[[Heard], object] | None = None,
        every: bool = True,
        name: str = NAME,
        password: str | None = None,
    ) -> None:
        self.counts = Counts()
        self.connected = Event()
        self._store = store
        self._config = config
        self._name = name
        self._hear = hear
        self._address = mqtt.parse(config.mqtt)
        self._password = password if password is not None else mqtt.password(config)
        versions = [*_VERSIONS["5"], *_VERSIONS["3.1.1"]]
        self._versions = deque(_VERSIONS["5"] if group else _VERSIONS.get(config.version, versions))
        self._filters = [(each, 1) for each in _filters(gym, group, every=every and hear is not None)]
        self._leaving = Event()
        self._said: str | None = None
        self._client()  # whatever cannot be used is known at once
        self._thread = Thread(target=self._run, name="ingest", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving.set()
        self._thread.join()

    def _run(self) -> None:
        tries = 0
        while not self._leaving.is_set():
            began = time.monotonic()
            try:
                self._connection()
            except Exception:  # noqa: BLE001 - a thread that dies stores nothing any more
                _log.exception("bringing messages into the store failed; it is begun again")
            tries = 0 if time.monotonic() > began + LONGEST_S else tries + 1
            self._leaving.wait(min(LONGEST_S, 2.0 ** (tries - 2)) * SystemRandom().uniform(0.5, 1.0))

    def _connection(self) -> None:
        """Be connected, once, until it ends."""
        try:
            line = Line(self._client(), self._filters, self._take_in)
        except ConfigError as error:  # a certificate is being renewed
            self._say(str(error))
            return
        try:
            line.start(self._address)
            self._serve(line)
        except OSError as error:
            self._say(f"no broker answers at {self._config.mqtt} ({error}); what is said waits with the straps")
        finally:
            self.connected.clear()
            line.stop()

    def _serve(self, line: Line) -> None:
        line.answered.wait(_CONNECT_S)
        if not line.up:
            # An old broker says that it does not know this version, or hangs up without a word.
            self._versions.rotate(-1)
            self._say(f"the broker at {self._config.mqtt} refuses the connection ({line.reason}); it is tried again")
            return
        self._said = None
        self.connected.set()
        while line.up and not self._leaving.is_set():
            batch = line.batch()
            if batch and self._keep(line, batch):
                line.acknowledge(batch)

    def _keep(self, line: Line, batch: Sequence[Letter]) -> bool:
        """Store a batch, however long the database is away; return False where it is time to go, or it comes anew."""
        wait_s = 0.1
        while True:
            try:
                self._store_all(batch)
            except AwayError as error:
                self._say(f"the store cannot be written ({error}); what is said waits at the broker")
                if self._leaving.wait(wait_s) or not line.up:
                    return False
                wait_s = min(LONGEST_S, 2 * wait_s)
            else:
                self._said = None
                return True

    def _store_all(self, batch: Sequence[Letter]) -> None:
        """Store a batch; what the database cannot hold is left out by itself, so that it holds up nothing else."""
        try:
            news = self._store.take_all([letter.heard for letter in batch])
        except ValueError as error:
            if len(batch) == 1:
                self._drop(f"{batch[0].heard.fields['id']!r} cannot be stored ({error})")
                return
            for letter in batch:
                self._store_all([letter])
            return
        self.counts.kept += sum(news)
        self.counts.known += len(news) - sum(news)

    def _take_in(self, message: MQTTMessage) -> Letter | None:
        """Read a message, in paho's thread; return it where it is to be stored."""
        try:
            heard = parse(message.topic, bytes(message.payload))
        except ValueError as error:
            if not message.topic.endswith("/command"):
                self._drop(str(error))
            return None
        if self._hear is not None:
            try:
                self._hear(heard)
            except Exception:  # noqa: BLE001 - whoever listens does not keep it from being stored
                _log.exception("%s could not be shown", message.topic)
        return Letter(heard, message.mid) if TOPICS[heard.level].qos and heard.level != "status" else None

    def _drop(self, sentence: str) -> None:
        self.counts.dropped += 1
        # A strap gone wild does not fill the log: the first ten, then each tenth power.
        if self.counts.dropped <= 10 or str(self.counts.dropped).strip("0") == "1":
            _log.warning("%s (%d so far)", sentence, self.counts.dropped)

    def _client(self) -> Client:
        return mqtt.client(
            self._address, self._password, self._config, self._versions[0], again=False, lasting=self._name
        )

    def _say(self, sentence: str) -> None:
        if sentence != self._said:
            self._said = sentence
            _log.warning("%s", sentence)


def _filters(gym: str | None, group: str | None, *, every: bool) -> Iterator[str]:
    """Yield what to subscribe to: the levels that are stored, or all."""
    for name in (gym, group):
        if name is not None:
            msgspec.convert(name, Name)
    share = "" if group is None else f"$share/{group}/"
    stored = [level for level, how in TOPICS.items() if how.qos and level not in {"status", "command"}]
    for level in [level for level in TOPICS if level != "command"] if every else stored:
        yield f"{share}{ROOT}/{gym or '+'}/+/{level}"
