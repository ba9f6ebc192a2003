import os
import signal
import subprocess
import sys
from queue import SimpleQueue
from threading import Event

import msgspec
import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from hinge_imu.config import PublishConfig
from hinge_imu.dashboard import ingest as ingest_module
from hinge_imu.dashboard import wire
from hinge_imu.dashboard.ingest import Ingest
from hinge_imu.dashboard.store import AwayError, Store
from hinge_imu.publish.broker import PrivateBroker

FAR_S = 20.0  # longer than anything here takes

INGEST = """
import sys
from threading import Event
from hinge_imu.config import PublishConfig
from hinge_imu.dashboard.ingest import Ingest
from hinge_imu.dashboard.store import Store
with Ingest(Store(sys.argv[1]), PublishConfig(mqtt=sys.argv[2])) as running:
    running.connected.wait()
    print("connected", flush=True)
    Event().wait()
"""


@pytest.fixture(scope="module")
def broker():
    with PrivateBroker() as running:
        yield running


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(ingest_module, "LONGEST_S", 0.2)


class Watched(Store):
    """A store that tells how much news has come."""

    def __init__(self, url):
        super().__init__(url)
        self.news = SimpleQueue()

    def take_all(self, batch):
        news = super().take_all(batch)
        for heard, new in zip(batch, news, strict=True):
            if new:
                self.news.put(heard)
        return news

    def wait_for(self, count):
        return [self.news.get(timeout=FAR_S) for _ in range(count)]


@pytest.fixture
def watched(url):
    opened = Watched(url)
    yield opened
    opened.close()


@pytest.fixture
def other(tmp_path):
    """A store in a file."""
    opened = Watched(str(tmp_path / "other.sqlite"))
    yield opened
    opened.close()


def say(broker, messages, topic=None):
    """Publish messages, and return when the broker has them."""
    client = Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(100)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    sent = [client.publish(topic or each.topic, each.payload, each.qos, each.retained) for each in messages]
    for each in sent:
        each.wait_for_publish(FAR_S)
    client.disconnect()
    client.loop_stop()


def as_if(messages, number):
    """The same session once more, by another strap: its ids are of its own."""
    return [
        each._replace(
            topic=each.topic.replace("/strap/", f"/strap{number}/"),
            payload=each.payload.replace(b"simulated-", f"simulated{number}-".encode()),
        )
        for each in messages
        if each.level != "meta"
    ]


def keys(messages):
    return sorted((each["id"], each["revision"]) for each in map(msgspec.json.decode, (m.payload for m in messages)))


def stored(store, messages):
    """The keys of these messages that the store has, each as often as it has it."""
    found = []
    for message in {msgspec.json.decode(each.payload)["id"] for each in messages if each.level != "trace"}:
        found += [(each["id"], each["revision"]) for each in store.revisions(message)]
    return sorted(found)


def config(broker, **more):
    return PublishConfig(mqtt=broker.url, **more)


def test_what_is_said_is_stored_and_all_of_it_is_heard(broker, watched, spoken):
    messages = [each for each in spoken("hinge", angles=True) if each.level != "meta"]
    heard = SimpleQueue()
    with Ingest(watched, config(broker), "home", hear=heard.put) as running:
        assert running.connected.wait(FAR_S)
        say(broker, messages)
        watched.wait_for(sum(each.qos for each in messages))
        said = [heard.get(timeout=FAR_S) for _ in messages]
    assert sorted(each.fields["id"] for each in said) == sorted(
        msgspec.json.decode(each.payload)["id"] for each in messages
    )
    lasting = [each for each in messages if each.qos and each.level != "trace"]
    assert stored(watched, lasting) == keys(lasting)
    (session,) = watched.sessions()
    assert all(watched.trace(rep.id) is not None for rep in watched.reps(session.id))
    assert (running.counts.kept, running.counts.dropped) == (sum(each.qos for each in messages), 0)


def test_what_is_said_while_nobody_listens_waits_at_the_broker(broker, other, spoken):
    for version in ("5", "3.1.1"):
        messages = as_if(spoken("rdl"), f"away{version}".replace(".", ""))
        with Ingest(other, config(broker, version=version), name=f"away-{version}") as running:
            assert running.connected.wait(FAR_S)
        say(broker, messages)
        with Ingest(other, config(broker, version=version), name=f"away-{version}"):
            other.wait_for(len(messages))
        assert len(other.sessions()[0].exercises) == 1


def test_what_cannot_be_read_is_left_out_and_holds_up_nothing(broker, other, spoken, caplog):
    messages = as_if(spoken("rdl"), "bad")
    bad = [messages[0]._replace(payload=payload) for payload in (b"", b"\xff", b"[]", messages[1].payload[:-1])]
    with Ingest(other, config(broker), name="bad") as running:
        assert running.connected.wait(FAR_S)
        say(broker, [*bad * 5, *messages])
        other.wait_for(len(messages))
    assert running.counts.dropped == 20
    assert running.counts.kept == len(messages)
    told = [record.getMessage() for record in caplog.records if "left out" in record.getMessage()]
    assert len(told) == 10


def test_what_the_database_cannot_hold_is_left_out_and_holds_up_nothing(broker, postgres, spoken, monkeypatch):
    monkeypatch.setattr(wire, "_check", lambda *_: None)  # as if something had been forgotten there
    store = Watched(postgres.database())
    messages = as_if(spoken("rdl"), "unheld")
    bad = messages[0]._replace(payload=messages[0].payload[:-1] + b', "id": "x", "more": "a\\u0000b"}')
    with Ingest(store, config(broker), name="unheld") as running:
        assert running.connected.wait(FAR_S)
        say(broker, [*messages[:3], bad, *messages[3:]])
        store.wait_for(len(messages))
    assert (running.counts.kept, running.counts.dropped) == (len(messages), 1)
    store.close()


def test_workers_of_a_group_share_the_work(broker, other, spoken):
    messages = [each for number in range(10) for each in as_if(spoken("toe_touch"), f"group{number}x")]
    with (
        Ingest(other, config(broker), group="gym", name="one") as one,
        Ingest(other, config(broker), group="gym", name="two") as two,
    ):
        assert one.connected.wait(FAR_S)
        assert two.connected.wait(FAR_S)
        say(broker, messages)
        other.wait_for(len(messages))
    assert one.counts.kept + two.counts.kept == len(messages)
    assert one.counts.known + two.counts.known == 0
    assert min(one.counts.kept, two.counts.kept) > len(messages) / 10


def test_killed_in_the_middle_it_goes_on_and_nothing_is_lost_or_twice(tmp_path, own_broker, spoken):
    broker = own_broker("allow_anonymous true", "max_queued_messages 100000")
    messages = [each for number in range(40) for each in as_if(spoken("toe_touch"), f"killed{number}x")]
    store = Watched(str(tmp_path / "store.sqlite"))

    def run():
        process = subprocess.Popen(
            [sys.executable, "-c", INGEST, str(tmp_path / "store.sqlite"), broker.url], stdout=subprocess.PIPE
        )
        assert process.stdout.readline() == b"connected\n"
        return process

    first = run()
    part = len(messages) // 2
    say(broker, messages[:part])
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    first.stdout.close()
    say(broker, messages[part:])
    with Ingest(store, config(broker)) as running:
        assert running.connected.wait(FAR_S)
        say(broker, [last := messages[-1]._replace(payload=messages[-1].payload.replace(b"killed39x", b"last"))])
        while not any(each.fields["session_id"].startswith("simulatedlast") for each in store.wait_for(1)):
            pass
    lasting = [each for each in [*messages, last] if each.level != "trace"]
    assert stored(store, lasting) == keys(lasting)
    assert sum(len(store.reps(session.id)) for session in store.sessions(limit=None)) == 40 * 3
    store.close()


def test_a_broker_that_is_killed_is_found_again_and_what_it_had_not_been_told_to_forget_comes_again(
    other, own_broker, tmp_path, spoken
):
    broker = own_broker("allow_anonymous true", "persistence true", f"persistence_location {tmp_path}/")
    before, after = as_if(spoken("rdl"), "before"), as_if(spoken("hinge"), "after")
    with Ingest(other, config(broker)) as running:
        assert running.connected.wait(FAR_S)
        say(broker, before)
        other.wait_for(len(before))
        broker.process.terminate()
        broker.process.wait()
        broker.start()
        say(broker, after)
        other.wait_for(len(after))
    lasting = [each for each in [*before, *after] if each.level != "trace"]
    assert stored(other, lasting) == keys(lasting)


def test_a_database_that_is_away_is_waited_for_and_the_broker_keeps_what_is_said(postgres, broker, spoken):
    store = Watched(postgres.database())
    before, during, after = (as_if(spoken(name), f"{name}x") for name in ("rdl", "hinge", "toe_touch"))
    refused = Event()
    take_all = store.take_all

    def tell(batch):
        try:
            return take_all(batch)
        except AwayError:
            refused.set()
            raise

    store.take_all = tell
    with Ingest(store, config(broker), name="database") as running:
        assert running.connected.wait(FAR_S)
        say(broker, before)
        store.wait_for(len(before))
        postgres.stop()
        say(broker, during)
        assert refused.wait(FAR_S)
        postgres.start()
        store.wait_for(len(during))
        refused.clear()
        postgres.kill()
        say(broker, after)
        assert refused.wait(FAR_S)
    with Ingest(store, config(broker), name="database"):
        postgres.start()
        store.wait_for(len(after))
    lasting = [each for each in [*before, *during, *after] if each.level != "trace"]
    assert stored(store, lasting) == keys(lasting)
    store.close()
