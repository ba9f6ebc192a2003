import itertools
import time
from threading import Event, Thread

import msgspec
import numpy as np
import pytest
from paho.mqtt.client import Client

from hinge_imu.events import ClockEvent, CueEvent, NoticeEvent, SessionEvent, to_dict
from hinge_imu.publish.coach import Coach
from hinge_imu.publish.connection import WINDOW
from hinge_imu.publish.messages import utc
from hinge_imu.samples import Angles, SagittalAngles
from hinge_imu.topics import TOPICS

FAR_S = 10.0  # longer than anything here takes; a test that waits so long fails


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


def test_never_more_than_the_window_is_in_pahos_hands(broker, strap, coach, monkeypatch, notes):
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


def test_many_voices_and_many_answers_at_once_do_not_lock_each_other_out(broker, strap, coach, notes):
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


def test_angles_of_a_lost_link_are_not_kept(strap, nothing_listens):
    spoken = strap(nothing_listens)
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
