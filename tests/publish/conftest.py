import socket
from contextlib import ExitStack, suppress
from threading import Event, Thread
from typing import NamedTuple

import msgspec
import pytest

from hinge_imu.config import Config, PublishConfig
from hinge_imu.events import NoticeEvent
from hinge_imu.publish import link as link_module
from hinge_imu.publish.broker import PrivateBroker
from hinge_imu.publish.coach import Coach
from hinge_imu.publish.link import Link
from hinge_imu.publish.outbox import Outbox
from hinge_imu.publish.publisher import Publisher
from hinge_imu.samples import Header

GYM = "barbell-club"


@pytest.fixture(scope="session")
def broker():
    with PrivateBroker() as running:
        yield running


@pytest.fixture
def header(request):
    """A session whose strap is named after the test, so that what one test retains disturbs no other."""
    return Header(
        session_id="monday-1",
        unit="counts",
        clock="polled",
        rate_hz=200.0,
        exercise="rdl",
        athlete="Zoë",
        tempo="3-1-1-0",
        started_utc="2025-01-31T17:05:00+00:00",
        labels={"bar": "60 kg"},
        config=Config(publish=PublishConfig(gym=GYM, strap=request.node.name[:64])),
    )


@pytest.fixture
def coach(broker, header):
    """What a coach hears of this test's strap: wait_for(level, n) returns the next n payloads on a level."""
    with Coach(broker.url, GYM) as listening:
        yield Ear(listening, header.config.publish.strap)


class Ear:
    def __init__(self, coach, strap):
        self.coach, self.strap, self.heard = coach, strap, []

    def level(self, name):
        return [payload for level, payload in self.heard if level == name]

    def wait_for(self, name, count=1, quiet_s=10.0):
        if len(self.level(name)) >= count:
            return self.level(name)
        for topic, payload in self.coach.messages(quiet_s):
            *_, strap, level = topic.split("/")
            if strap == self.strap:
                self.heard.append((level, payload))
            if len(self.level(name)) >= count:
                break
        return self.level(name)


class Strap(NamedTuple):
    """One that speaks: its outbox, its link, and the mouth of its session."""

    outbox: Outbox
    link: Link
    publisher: Publisher

    def finish(self, timeout_s=5.0):
        self.publisher.finish()
        return self.link.close(timeout_s)


@pytest.fixture
def strap(header, monkeypatch):
    """Start a strap that speaks to a broker: strap(url), with an outbox in a file, or other settings, where wanted."""
    monkeypatch.setattr(link_module, "DELAY_S", 0.2)
    with ExitStack() as running:

        def start(url, path=None, hear=lambda _: None, trouble=lambda _: None, **settings):
            config = msgspec.structs.replace(header.config.publish, mqtt=url, **settings)
            outbox = running.enter_context(Outbox(path, config.keep_mb))
            link = Link(config, outbox, hear, trouble=trouble)
            running.callback(link.close, 0.0)
            publisher = Publisher(header, link)
            link.__enter__()
            return Strap(outbox, link, publisher)

        yield start


@pytest.fixture
def notes():
    """Return things to say, each with its number."""
    return lambda numbers: [NoticeEvent(text=str(number), at_s=0.0) for number in numbers]


@pytest.fixture
def texts():
    """Return the numbers of what was heard."""
    return lambda heard: [int(payload["text"]) for payload in heard]


@pytest.fixture
def nothing_listens():
    """The address of a broker that has been."""
    with PrivateBroker() as broker:
        return broker.url


@pytest.fixture
def logged(caplog):
    """Return an event for the moment when words like these are logged."""

    def wait_for(words):
        seen = Event()
        caplog.handler.addFilter(lambda record: words not in record.getMessage() or seen.set() or True)
        return seen

    return wait_for


@pytest.fixture
def cable_to():
    with ExitStack() as plugged:
        yield lambda broker: plugged.enter_context(Cable(broker.port))


@pytest.fixture
def cable(broker, cable_to):
    return cable_to(broker)


class Cable:
    """A line to the broker that can be unplugged: without a word to either end, as a link is lost."""

    def __init__(self, port):
        self.far = port
        self.near = None
        self.ends = []
        self.server = None

    def __enter__(self):
        self.plug()
        return self

    def __exit__(self, *_):
        self.cut()

    @property
    def url(self):
        return f"mqtt://127.0.0.1:{self.near}"

    def plug(self):
        self.server = socket.create_server(("127.0.0.1", self.near or 0))
        self.near = self.server.getsockname()[1]
        Thread(target=self._accept, args=[self.server], daemon=True).start()

    def cut(self):
        for end in [self.server, *self.ends]:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self.ends = []

    def _accept(self, server):
        with suppress(OSError):
            while True:
                near, _ = server.accept()
                far = socket.create_connection(("127.0.0.1", self.far))
                self.ends += [near, far]
                for source, sink in (near, far), (far, near):
                    Thread(target=self._carry, args=[source, sink], daemon=True).start()

    @staticmethod
    def _carry(source, sink):
        with suppress(OSError):
            while data := source.recv(4096):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_RDWR)
