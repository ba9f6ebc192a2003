import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from queue import SimpleQueue
from threading import Event

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from hinge_imu.publish import grace
from hinge_imu.publish.coach import Coach
from hinge_imu.publish.link import Link
from hinge_imu.publish.messages import Message
from hinge_imu.publish.outbox import Outbox

FAR_S = 10.0  # longer than anything here takes; a test that waits so long fails


def test_a_cut_line_is_told_by_the_last_will(cable, strap, coach):
    spoken = strap(cable.url)
    coach.wait_for("status")
    cable.cut()
    online, lost = coach.wait_for("status", 2)
    assert (online["status"], lost["status"]) == ("online", "lost")
    assert lost["time"] is None
    assert spoken.link.close(0.0) == 0


def test_what_is_said_while_the_broker_is_away_arrives_once_it_is_back_in_order_and_once(
    cable, strap, coach, notes, texts
):
    spoken = strap(cable.url)
    coach.wait_for("status")
    cable.cut()
    coach.wait_for("status", 2)
    for event in notes(range(300)):
        spoken.publisher.event(event)
    cable.plug()
    heard = coach.wait_for("notice", 300)
    assert spoken.finish() == 0
    assert texts(heard) == [*range(300)]
    assert coach.wait_for("notice", 301, quiet_s=0.2)[300:] == []


def test_a_line_that_is_cut_again_and_again_loses_nothing_and_keeps_the_order(cable, strap, coach, notes, texts):
    spoken = strap(cable.url)
    for event in notes(range(2000)):
        spoken.publisher.event(event)
    for cut in 1, 2:
        coach.wait_for("notice", 300 * cut)
        cable.cut()
        cable.plug()
    assert spoken.finish(FAR_S) == 0
    heard = dict.fromkeys(texts(coach.wait_for("notice", 10**6, quiet_s=0.2)))  # as a coach keeps one of each id
    assert list(heard) == [*range(2000)]


def test_a_broker_that_never_answers_neither_blocks_nor_raises(strap, rep, notes, nothing_listens):
    spoken = strap(nothing_listens)
    start = time.perf_counter()
    for event in notes(range(100)):
        spoken.publisher.event(event)
    assert time.perf_counter() - start < 0.5
    assert spoken.finish(0.1) == 100
    assert time.perf_counter() - start < 3.0


TALKER = """
import sys
from pathlib import Path
from hinge_imu.config import PublishConfig
from hinge_imu.publish.link import Link
from hinge_imu.publish.messages import Message
from hinge_imu.publish.outbox import Outbox

url, gym, strap, path, first, count = sys.argv[1:]
config = PublishConfig(gym=gym, strap=strap, mqtt=url)
outbox = Outbox(Path(path), 100.0)
with Link(config, outbox) as link:
    for number in range(int(first), int(first) + int(count)):
        payload = b'{"text": "%d", "id": "monday-1-notice-%d"}' % (number, number)
        outbox.put([Message("notice", f"hinge/v1/{gym}/{strap}/notice", payload, f"monday-1-notice-{number}")]).result()
        print(number, flush=True)
    sys.stdin.read()
    print("left", link.close(10.0), flush=True)
outbox.close()
"""


@pytest.fixture
def talker(header, tmp_path):
    """A program of its own that keeps messages and sends them; each number it prints has been kept."""

    def start(url, first, count):
        publish = header.config.publish
        arguments = [url, publish.gym, publish.strap, tmp_path / "outbox.sqlite", first, count]
        command = [sys.executable, "-c", TALKER, *map(str, arguments)]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    return start


def test_a_program_that_is_killed_while_it_sends_has_lost_nothing_that_it_kept(broker, talker, coach, texts):
    with talker(broker.url, 0, 100_000) as process:
        coach.wait_for("notice", 50)
        os.kill(process.pid, signal.SIGKILL)
        kept = int(process.stdout.read().split("\n")[-2])
    with talker(broker.url, kept + 1, 10) as process:
        said = process.communicate(timeout=20)[0]
    assert said.endswith("left 0\n")
    heard = coach.wait_for("notice", 10**6, quiet_s=0.3)
    assert {*texts(heard)} >= {*range(kept + 11)}


@pytest.mark.parametrize("persistence", ["false", "true"])
def test_a_broker_that_is_killed_gets_all_that_it_had_not_acknowledged_when_it_is_back(
    own_broker, cable_to, tmp_path, header, strap, logged, persistence, notes, texts
):
    broker = own_broker("allow_anonymous true", f"persistence {persistence}", f"persistence_location {tmp_path}/")
    cable = cable_to(broker)
    path = tmp_path / "outbox.sqlite"
    spoken = strap(cable.url, path)
    with Coach(broker.url, header.config.publish.gym) as coach:
        for event in notes(range(3000)):
            spoken.publisher.event(event)
        for topic, payload in coach.messages(FAR_S):
            if topic.endswith("/notice") and payload["text"] == "500":
                break
        away = logged("no broker answers")
        broker.kill()
        cable.cut()
    assert away.wait(FAR_S)
    spoken.outbox.put([]).result()
    with closing(sqlite3.connect(path)) as file:
        waiting = [int(json.loads(payload)["text"]) for (payload,) in file.execute("SELECT payload FROM waiting")]
    assert waiting[-1] == 2999
    broker.start()
    with Coach(broker.url, header.config.publish.gym) as coach:
        cable.plug()
        assert spoken.finish(FAR_S) == 0
        heard = [payload for topic, payload in coach.messages(0.5) if topic.endswith("/notice")]
    assert texts(heard)[-len(waiting) :] == waiting


def test_a_file_that_another_program_fills_is_sent_from_as_well(broker, strap, coach, tmp_path, texts):
    spoken = strap(broker.url, tmp_path / "outbox.sqlite")
    coach.wait_for("status")
    with Outbox(tmp_path / "outbox.sqlite", 100.0) as other:
        topic = f"hinge/v1/{coach.coach._filter.split('/')[2]}/{coach.strap}/notice"
        other.put([Message("notice", topic, b'{"text": "1"}', "sunday-notice-1")]).result()
    assert texts(coach.wait_for("notice")) == [1]
    assert spoken.finish() == 0


def test_what_a_broker_acknowledged_and_took_along_when_it_was_killed_is_said_again(
    own_broker, tmp_path, header, strap, notes, monkeypatch
):
    kept = tmp_path / "mosquitto.db"
    # It writes down what waits when it ends, and not before: as one that is killed in the two seconds between.
    broker = own_broker("allow_anonymous true", "persistence true", f"persistence_location {tmp_path}/")
    away = Away(broker.port, header.config.publish.gym)
    broker.stop()
    broker.start()
    answered, settle = SimpleQueue(), Link._settle

    def watched(link, message, refusal):
        settle(link, message, refusal)
        answered.put(message.id)

    monkeypatch.setattr(Link, "_settle", watched)
    spoken = strap(broker.url, tmp_path / "outbox.sqlite")
    written = kept.stat().st_mtime_ns
    spoken.publisher.event(*notes([7]))
    while not answered.get(timeout=20.0).startswith("monday-1-notice"):
        pass
    spoken.outbox.put([]).result()
    broker.kill()
    assert kept.stat().st_mtime_ns == written
    broker.start()
    assert away.hears("monday-1-notice-1")
    assert spoken.finish(20.0) == 0


def test_what_was_acknowledged_long_enough_ago_is_forgotten_while_the_line_holds(
    broker, strap, coach, notes, monkeypatch
):
    monkeypatch.setattr(grace, "GRACE_S", 0.0)
    monkeypatch.setattr(grace, "EVERY_S", 0.0)
    spoken = strap(broker.url)
    for event in notes(range(50)):
        spoken.publisher.event(event)
    coach.wait_for("notice", 50)
    until_s = time.monotonic() + 20.0
    while len(spoken.outbox) and time.monotonic() < until_s:
        time.sleep(0.01)
    assert len(spoken.outbox) == 0


def test_no_more_is_kept_than_there_is_room_for_the_oldest_goes_first(monkeypatch):
    monkeypatch.setattr(grace, "MOST", 3)
    kept = grace.Grace()
    for number in range(5):
        kept.add((f"monday-rep-{number}", 1))
    assert kept.over() == [("monday-rep-0", 1), ("monday-rep-1", 1)]
    assert kept.over() == []
    assert len(kept.all()) == 3
    assert kept.all() == []


class Away:
    """A screen with a session at the broker, which is away while things are said."""

    def __init__(self, port, gym):
        self.port = port
        self.filter = f"hinge/v1/{gym}/+/notice"
        with self._connected():
            pass

    def hears(self, id_):
        """Come back; return whether that was said."""
        heard = Event()
        with self._connected(lambda message: json.loads(message.payload)["id"] == id_ and heard.set()):
            return heard.wait(20.0)

    @contextmanager
    def _connected(self, hear=lambda _: None):
        client = Client(CallbackAPIVersion.VERSION2, client_id="screen", clean_session=False)
        there = Event()
        client.on_connect = lambda *_: client.subscribe(self.filter, qos=1)
        client.on_subscribe = lambda *_: there.set()
        client.on_message = lambda _client, _data, message: hear(message)
        client.connect("127.0.0.1", self.port)
        client.loop_start()
        assert there.wait(20.0)
        yield
        client.disconnect()
        client.loop_stop()
