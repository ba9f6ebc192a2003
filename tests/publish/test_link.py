import itertools
import json
import logging
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from threading import Event, Thread

import msgspec
import numpy as np
import pytest
from paho.mqtt.client import Client

from hinge_imu.config import ConfigError
from hinge_imu.events import ClockEvent, CueEvent, NoticeEvent, SessionEvent, to_dict
from hinge_imu.publish import broker as brokers
from hinge_imu.publish import refusals
from hinge_imu.publish.broker import PrivateBroker
from hinge_imu.publish.coach import Coach
from hinge_imu.publish.connection import WINDOW
from hinge_imu.publish.link import Link
from hinge_imu.publish.messages import Message, utc
from hinge_imu.publish.outbox import Outbox
from hinge_imu.samples import Angles, SagittalAngles
from hinge_imu.topics import TOPICS

FAR_S = 10.0  # longer than anything here takes; a test that waits so long fails


def nothing_listens():
    with PrivateBroker() as broker:
        return broker.url


def notes(numbers):
    return [NoticeEvent(text=str(number), at_s=0.0) for number in numbers]


def texts(heard):
    return [int(payload["text"]) for payload in heard]


@pytest.fixture
def logged(caplog):
    """Return an event for the moment when words like these are logged."""

    def wait_for(words):
        seen = Event()
        caplog.handler.addFilter(lambda record: words not in record.getMessage() or seen.set() or True)
        return seen

    return wait_for


def test_a_rep_arrives_with_all_its_fields_and_its_trace(broker, strap, coach, rep):
    strap(broker.url).publisher.event(rep)
    (trace,) = coach.wait_for("trace")
    (heard,) = coach.wait_for("rep")
    assert {name: heard[name] for name in to_dict(rep)} == msgspec.json.decode(msgspec.json.encode(rep))
    assert (trace["rep_id"], trace["revision"]) == (rep.id, rep.revision)


def test_each_kind_of_event_has_its_level(broker, strap, coach, events):
    spoken = strap(broker.url)
    coach.wait_for("status")
    for event in events:
        spoken.publisher.event(event)
    coach.wait_for("session")
    levels = {level for level, _ in coach.heard} - {"status", "meta"}
    assert levels == {to_dict(event)["event"] for event in events} | {"trace"}


def test_what_is_said_about_the_session_waits_for_a_coach_who_comes_later(broker, header, strap, coach):
    strap(broker.url)
    coach.wait_for("meta")
    with Coach(broker.url, header.config.publish.gym) as late:
        ear = type(coach)(late, coach.strap)
        (meta,) = ear.wait_for("meta")
        (status,) = ear.wait_for("status")
    assert (status["status"], status["session_id"]) == ("online", "monday-1")
    assert {name: meta[name] for name in ("athlete", "exercise", "rate_hz", "worn", "labels", "simulated")} == {
        "athlete": "Zoë",
        "exercise": "rdl",
        "rate_hz": 200.0,
        "worn": ["pelvis", "thorax"],
        "labels": {"bar": "60 kg"},
        "simulated": False,
    }


def test_a_link_that_has_nothing_to_say_leaves_at_once(broker, strap, coach):
    worn = strap(broker.url)
    coach.wait_for("meta")
    began = time.monotonic()
    assert worn.link.close(60.0) == 0
    assert time.monotonic() < began + 30.0


def test_a_goodbye_says_that_the_session_is_over_and_then_offline(broker, strap, coach, rep):
    spoken = strap(broker.url)
    spoken.publisher.event(rep)
    coach.wait_for("trace")
    assert spoken.finish() == 0
    assert spoken.link.close() == 0  # and says it only once
    statuses = [(status["status"], status["session_id"]) for status in coach.wait_for("status", 3)]
    assert statuses == [("online", "monday-1"), ("online", None), ("offline", None)]
    assert coach.wait_for("status", 4, quiet_s=0.2)[3:] == []


def test_once_the_clock_is_known_meta_and_messages_tell_the_time(broker, header, coach, strap):
    spoken = strap(broker.url)
    coach.wait_for("meta")
    unknown = msgspec.structs.replace(header, started_utc=None)
    publisher = type(spoken.publisher)(unknown, spoken.link)
    publisher.event(NoticeEvent(text="before", at_s=1.0))
    publisher.event(ClockEvent(started_utc=header.started_utc, at_s=2.0))
    about = {"end_s": 2.0, "sets": None, "reps": None, "sensors": {}, "bus": {}, "state": "open"}
    publisher.event(SessionEvent(id="monday-1-session", started_utc=header.started_utc, athlete="Zoë", **about))
    publisher.event(NoticeEvent(text="after", at_s=3.0))
    assert [payload["time"] for payload in coach.wait_for("notice", 2)] == [None, "2025-01-31T17:05:03.000Z"]
    assert coach.wait_for("meta", 3)[-1]["started_utc"] == header.started_utc


def test_a_cut_line_is_told_by_the_last_will(cable, strap, coach):
    spoken = strap(cable.url)
    coach.wait_for("status")
    cable.cut()
    online, lost = coach.wait_for("status", 2)
    assert (online["status"], lost["status"]) == ("online", "lost")
    assert lost["time"] is None
    assert spoken.link.close(0.0) == 0


def test_what_is_said_while_the_broker_is_away_arrives_once_it_is_back_in_order_and_once(cable, strap, coach):
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


def test_a_line_that_is_cut_again_and_again_loses_nothing_and_keeps_the_order(cable, strap, coach):
    spoken = strap(cable.url)
    for event in notes(range(2000)):
        spoken.publisher.event(event)
    for cut in 1, 2:
        coach.wait_for("notice", 300 * cut)
        cable.cut()
        cable.plug()
    assert spoken.finish(FAR_S) == 0
    heard = dict.fromkeys(texts(coach.wait_for("notice", 2500, quiet_s=0.2)))  # as a coach keeps one of each id
    assert list(heard) == [*range(2000)]


def test_a_broker_that_never_answers_neither_blocks_nor_raises(strap, rep):
    spoken = strap(nothing_listens())
    start = time.perf_counter()
    for event in notes(range(100)):
        spoken.publisher.event(event)
    assert time.perf_counter() - start < 0.5
    assert spoken.finish(0.1) == 100
    assert time.perf_counter() - start < 3.0


def test_never_more_than_the_window_is_in_pahos_hands(broker, strap, coach, monkeypatch):
    held = []
    publish = Client.publish

    def counted(client, *arguments, **named):
        sent = publish(client, *arguments, **named)
        held.append(len(client._out_messages))
        return sent

    monkeypatch.setattr(Client, "publish", counted)
    spoken = strap(broker.url)
    for event in notes(range(5 * WINDOW)):
        spoken.publisher.event(event)
    coach.wait_for("notice", 5 * WINDOW)
    assert 1 < max(held) <= 20  # as this broker asks for, with MQTT 5
    with monkeypatch.context() as old:
        old.setattr(Client, "publish", counted)
        held.clear()
        older = strap(broker.url, version="3.1.1")
        for event in notes(range(5 * WINDOW)):
            older.publisher.event(event)
        coach.wait_for("notice", 10 * WINDOW)
    assert 20 < max(held) <= WINDOW


def test_many_voices_and_many_answers_at_once_do_not_lock_each_other_out(broker, strap, coach):
    """The broker's answers come under the lock that publishing takes too."""
    spoken = strap(broker.url)
    coach.wait_for("status")
    t_ns = np.arange(4000) * 5_000_000
    angles = Angles(SagittalAngles(t_ns, *np.zeros((3, 4000))), None)
    voices = [Thread(target=lambda: [spoken.publisher.event(event) for event in notes(range(250))]) for _ in range(4)]
    voices.append(Thread(target=spoken.publisher.angles, args=[angles]))
    for voice in voices:
        voice.start()
    for voice in voices:
        voice.join(FAR_S)
    assert not any(voice.is_alive() for voice in voices)
    assert spoken.finish(FAR_S) == 0


def test_angles_arrive_as_arrays_at_most_20_a_second(broker, strap, coach):
    t_ns = np.arange(400) * 5_000_000
    bend = np.linspace(0, np.pi / 2, 400)
    angles = SagittalAngles(t_ns, bend, np.full(400, np.nan), np.full(400, np.nan))
    spoken = strap(broker.url)
    coach.wait_for("meta")
    for block in range(0, 400, 7):
        spoken.publisher.angles(Angles(SagittalAngles(*(array[block : block + 7] for array in angles)), None))
    spoken.publisher.finish()
    heard = coach.wait_for("angles", 40)
    assert len(heard) == 40
    times = list(itertools.chain.from_iterable(payload["t_s"] for payload in heard))
    assert times == [round(0.02 * i, 2) for i in range(100)]
    assert heard[-1]["pelvis_deg"][-1] == pytest.approx(1.98 / 1.995 * 90, abs=0.01)
    assert set(itertools.chain.from_iterable(payload["spine_deg"] for payload in heard)) == {None}
    assert heard[20]["time"] == "2025-01-31T17:05:01.000Z"


def test_angles_of_a_lost_link_are_not_kept(strap):
    spoken = strap(nothing_listens())
    t_ns = np.arange(400) * 5_000_000
    spoken.publisher.angles(Angles(SagittalAngles(t_ns, *np.zeros((3, 400))), None))
    assert spoken.finish(0.0) == 0


def test_a_cue_arrives_at_once_or_not_at_all_with_the_time_when_it_was_said(broker, header, strap, coach):
    cue = CueEvent(name="butt_wink", value=6.0, limit=5.0, unit="deg", at_s=3.0, said_s=4.0, rep_id="monday-1-3")
    spoken = strap(broker.url)
    coach.wait_for("status")
    spoken.publisher.event(cue)
    (heard,) = coach.wait_for("cue")
    assert {name: heard[name] for name in to_dict(cue)} == to_dict(cue)
    assert heard["time"] == utc(header.started_utc, 4.0)
    assert TOPICS["cue"].qos == 0


def test_a_wrong_url_is_refused_before_anything_starts(header):
    publish = msgspec.structs.replace(header.config.publish, mqtt="mqtt://")
    with Outbox(None, 1.0) as outbox, pytest.raises(ValueError, match="the host is missing"):
        Link(publish, outbox)


def test_a_certificate_that_cannot_be_used_is_named_before_anything_starts(header, tmp_path):
    (tmp_path / "ca.pem").write_text("no certificate")
    for name, words in ("ca.pem", "cannot be used for TLS"), ("missing.pem", "cannot be read"):
        settings = {"mqtt": "mqtts://gym.example", "ca_file": str(tmp_path / name)}
        publish = msgspec.structs.replace(header.config.publish, **settings)
        with Outbox(None, 1.0) as outbox, pytest.raises(ConfigError, match=rf"{name}: {words}"):
            Link(publish, outbox)


def orders(broker, header, *payloads, retain=False):
    publish = header.config.publish
    client = Client(brokers_api())
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    for payload in payloads:
        sent = client.publish(f"hinge/v1/{publish.gym}/{publish.strap}/command", payload, qos=1, retain=retain)
        sent.wait_for_publish(FAR_S)
    client.disconnect()
    client.loop_stop()


def brokers_api():
    from paho.mqtt.enums import CallbackAPIVersion

    return CallbackAPIVersion.VERSION2


def test_a_command_is_heard_though_the_one_before_it_broke_who_hears_and_none_from_another_day(
    own_broker, header, strap, caplog
):
    heard, all_heard = [], Event()

    def hear(payload):
        if payload == b"broken":
            raise ValueError(payload)
        heard.append(payload)
        if payload == b"last":
            all_heard.set()

    broker = own_broker("allow_anonymous true")
    orders(broker, header, b"{}", retain=True)
    strap(broker.url, hear=hear)
    with Coach(broker.url, header.config.publish.gym) as coach:
        next(topic for topic, _ in coach.messages(FAR_S) if topic.endswith("/meta"))
    orders(broker, header, b"first", b"broken", b"last")
    assert all_heard.wait(FAR_S)
    assert heard == [b"first", b"last"]
    assert "a command of 6 bytes could not be carried out" in caplog.text


def test_a_broker_that_knows_only_the_older_mqtt_is_spoken_to_in_it(monkeypatch, header, strap, rep):
    monkeypatch.setattr(brokers, "mosquitto", lambda: None)
    with PrivateBroker() as broker, Coach(broker.url, header.config.publish.gym) as coach:
        assert broker.name == "amqtt"
        spoken = strap(broker.url)
        spoken.publisher.event(rep)
        heard = next(payload for topic, payload in coach.messages(30.0) if topic.endswith("/rep"))
        assert heard["thorax_rom_deg"] == 70.2
        assert spoken.finish() == 0


def test_a_wrong_password_is_said_once_without_it_and_the_right_one_lets_everything_through(
    own_broker, tmp_path, header, strap, caplog, logged
):
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, "sam", "right"], check=True)
    broker = own_broker("allow_anonymous false", f"password_file {passwords}")
    (tmp_path / "wrong").write_text("letmein\n")
    (tmp_path / "right").write_text("right\n")
    url = broker.url.replace("://", "://sam@")
    said = logged("refuses")
    with caplog.at_level(logging.WARNING):
        refused = strap(url, tmp_path / "outbox.sqlite", password_file=str(tmp_path / "wrong"))
        refused.publisher.event(NoticeEvent(text="kept", at_s=0.0))
        assert said.wait(FAR_S)
        assert refused.finish(1.5) == 1  # long enough for a second try
        refused.outbox.close()
    sentences = [record.getMessage() for record in caplog.records]
    assert sentences == [
        f"the broker at {url} refuses the connection (Not authorized); check user and password",
    ]
    with Coach(url, header.config.publish.gym, "right") as coach:
        strap(url, tmp_path / "outbox.sqlite", password_file=str(tmp_path / "right"))
        heard = next(payload for topic, payload in coach.messages(FAR_S) if topic.endswith("/notice"))
    assert heard["text"] == "kept"


def test_what_the_broker_refuses_waits_while_the_rest_goes_on_and_is_tried_again(
    own_broker, tmp_path, header, strap, rep, monkeypatch
):
    monkeypatch.setattr(refusals, "FIRST_S", 0.1)
    base = f"hinge/v1/{header.config.publish.gym}/{header.config.publish.strap}"
    rights = tmp_path / "rights"
    rights.write_text(f"topic readwrite {base}/notice\ntopic readwrite {base}/status\ntopic readwrite {base}/meta\n")
    broker = own_broker("allow_anonymous true", f"acl_file {rights}")
    troubles, said, lifted = [], Event(), Event()

    def trouble(sentence):
        troubles.append(sentence)
        (lifted if sentence is None else said).set()

    with Coach(broker.url, header.config.publish.gym) as coach:
        spoken = strap(broker.url, trouble=trouble)
        spoken.publisher.event(SessionEvent(id="x", end_s=0.0, sets=0, reps=0, sensors={}, bus={}))
        assert said.wait(FAR_S)
        spoken.publisher.event(NoticeEvent(text="goes on", at_s=0.0))
        heard = next(payload for topic, payload in coach.messages(FAR_S) if topic.endswith("/notice"))
        assert heard["text"] == "goes on"
        with rights.open("a") as file:
            file.write(f"topic readwrite {base}/session\n")
        broker.process.send_signal(signal.SIGHUP)
        assert lifted.wait(FAR_S)
        assert next(payload for topic, payload in coach.messages(FAR_S) if topic.endswith("/session"))["id"] == "x"
    assert f"the broker refuses {base}/session (Not authorized)" in troubles[0]
    assert troubles[1:] == [None]
    assert spoken.finish() == 0


def test_a_message_too_large_for_the_broker_is_said_and_holds_up_nobody(own_broker, header, strap, caplog):
    broker = own_broker("allow_anonymous true", "max_packet_size 5000")
    with Coach(broker.url, header.config.publish.gym) as coach:
        spoken = strap(broker.url)
        for text in "before", "x" * 10_000, "after":
            spoken.publisher.event(NoticeEvent(text=text, at_s=0.0))
        assert spoken.finish() == 0
        heard = [payload["text"] for topic, payload in coach.messages(0.3) if topic.endswith("/notice")]
    assert heard == ["before", "after"]
    assert "monday-1-notice-2: the broker takes no 10" in caplog.text


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


def test_a_program_that_is_killed_while_it_sends_has_lost_nothing_that_it_kept(broker, talker, coach):
    with talker(broker.url, 0, 100_000) as process:
        coach.wait_for("notice", 50)
        os.kill(process.pid, signal.SIGKILL)
        kept = int(process.stdout.read().split("\n")[-2])
    with talker(broker.url, kept + 1, 10) as process:
        said = process.communicate(timeout=20)[0]
    assert said.endswith("left 0\n")
    heard = coach.wait_for("notice", 10**6, quiet_s=0.3)
    assert {*texts(heard)} >= {*range(kept + 11)}
    ids = [payload["id"] for payload in heard]
    assert len(ids) - len({*ids}) <= WINDOW  # said twice is at most what was on its way


@pytest.mark.parametrize("persistence", ["false", "true"])
def test_a_broker_that_is_killed_gets_all_that_it_had_not_acknowledged_when_it_is_back(
    own_broker, cable_to, tmp_path, header, strap, logged, persistence
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


def test_a_file_that_another_program_fills_is_sent_from_as_well(broker, strap, coach, tmp_path):
    spoken = strap(broker.url, tmp_path / "outbox.sqlite")
    coach.wait_for("status")
    with Outbox(tmp_path / "outbox.sqlite", 100.0) as other:
        topic = f"hinge/v1/{coach.coach._filter.split('/')[2]}/{coach.strap}/notice"
        other.put([Message("notice", topic, b'{"text": "1"}', "sunday-notice-1")]).result()
    assert texts(coach.wait_for("notice")) == [1]
    assert spoken.finish() == 0
