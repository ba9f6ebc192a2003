import itertools
import logging
import time

import msgspec
import numpy as np
import pytest

from hinge_imu.events import CueEvent, to_dict
from hinge_imu.publish import mqtt
from hinge_imu.publish.broker import PrivateBroker
from hinge_imu.publish.coach import Coach
from hinge_imu.publish.mqtt import Publisher, utc
from hinge_imu.publish.topics import TOPICS
from hinge_imu.samples import Angles, SagittalAngles


def nothing_listens():
    with PrivateBroker() as broker:
        return broker.url


def test_a_rep_arrives_with_all_its_fields(broker, header, coach, rep):
    with Publisher(header, broker.url) as publisher:
        publisher.event(rep)
        (heard,) = coach.wait_for("rep")
    assert {name: heard[name] for name in to_dict(rep)} == msgspec.json.decode(msgspec.json.encode(rep))
    evidence = {"name": "spine_rounding", "value": 27.1, "limit": 25.0, "unit": "deg", "at_s": 14.2, "confidence": 0.9}
    assert heard["faults"] == [evidence]
    assert heard["top_pause_s"] is None
    assert (heard["schema"], heard["session_id"], heard["athlete"]) == ("hinge/v1/rep", "monday-1", "Zoë")
    assert (heard["id"], heard["revision"]) == ("monday-1-3", 2)
    assert heard["time"] == "2025-01-31T17:05:16.520Z"


def test_each_kind_of_event_has_its_level_and_the_common_fields(broker, header, coach, events):
    with Publisher(header, broker.url) as publisher:
        coach.wait_for("status")
        for event in events:
            publisher.event(event)
        coach.wait_for("session")
    heard = {level: payload for level, payload in coach.heard if level not in {"status", "meta"}}
    assert list(heard) == ["rep", "fault", "set", "cue", "mark", "sensor", "notice", "session"]
    for level, payload in heard.items():
        assert payload["schema"] == f"hinge/v1/{level}"
        assert {"session_id", "athlete", "id", "revision", "time", "event"} <= payload.keys()
    assert [payload["time"][17:19] for payload in heard.values()] == ["16", "14", "00", "01", "02", "03", "00", "01"]
    assert len({payload["id"] for payload in heard.values()}) == 8


def test_what_is_said_about_the_session_waits_for_a_coach_who_comes_later(broker, header, coach):
    with Publisher(header, broker.url):
        coach.wait_for("meta")
        with Coach(broker.url, header.config.publish.gym) as late:
            ear = type(coach)(late, coach.strap)
            (meta,) = ear.wait_for("meta")
            (status,) = ear.wait_for("status")
    assert status["status"] == "online"
    assert {name: meta[name] for name in ("athlete", "exercise", "rate_hz", "worn", "labels", "simulated")} == {
        "athlete": "Zoë",
        "exercise": "rdl",
        "rate_hz": 200.0,
        "worn": ["pelvis", "thorax"],
        "labels": {"bar": "60 kg"},
        "simulated": False,
    }


def test_a_goodbye_says_offline_and_leaves_nothing_behind(broker, header, coach, rep):
    publisher = Publisher(header, broker.url)
    publisher.event(rep)
    coach.wait_for("rep")
    assert publisher.close() == 0
    assert publisher.close() == 0  # and says it only once
    assert [status["status"] for status in coach.wait_for("status", 2)] == ["online", "offline"]
    assert coach.wait_for("status", 3, quiet_s=0.2)[2:] == []


def test_a_cut_line_is_told_by_the_last_will(cable, header, coach):
    publisher = Publisher(header, cable.url)
    coach.wait_for("status")
    cable.cut()
    online, lost = coach.wait_for("status", 2)
    assert (online["status"], lost["status"]) == ("online", "lost")
    assert lost["time"] is None
    assert publisher.close(timeout_s=0.0) == 1  # the goodbye itself


def test_what_is_said_while_the_broker_is_away_arrives_once_it_is_back(cable, header, coach, rep):
    publisher = Publisher(header, cable.url)
    coach.wait_for("status")
    cable.cut()
    coach.wait_for("status", 2)
    for number in range(50):
        publisher.event(msgspec.structs.replace(rep, rep=number))
    cable.plug()
    heard = coach.wait_for("rep", 50)
    assert publisher.close() == 0
    assert [payload["rep"] for payload in heard] == list(range(50))
    assert coach.wait_for("rep", 51, quiet_s=0.2)[50:] == []


def test_a_broker_that_is_down_at_the_start_is_no_error_and_gets_everything_later(cable, header, coach, rep):
    cable.cut()
    publisher = Publisher(header, cable.url)
    for number in range(50):
        publisher.event(msgspec.structs.replace(rep, rep=number))
    cable.plug()
    heard = coach.wait_for("rep", 50)
    assert publisher.close() == 0
    assert [payload["rep"] for payload in heard] == list(range(50))


def test_a_broker_that_never_answers_neither_blocks_nor_raises(header, rep):
    publisher = Publisher(header, nothing_listens())
    start = time.perf_counter()
    for _ in range(100):
        publisher.event(rep)
    assert time.perf_counter() - start < 0.5
    assert publisher.close(timeout_s=0.1) == 101
    assert time.perf_counter() - start < 3.0


def test_a_full_queue_drops_the_newest_says_so_once_and_counts(header, rep, monkeypatch, caplog):
    monkeypatch.setattr(mqtt, "QUEUE", 10)
    publisher = Publisher(header, nothing_listens())
    with caplog.at_level(logging.WARNING):
        for _ in range(25):
            publisher.event(rep)
    assert [record.getMessage()[:30] for record in caplog.records] == ["10 messages wait for the broke"]
    assert publisher.close(timeout_s=0.0) == 26


def test_angles_arrive_as_arrays_at_most_20_a_second(broker, header, coach):
    t_ns = np.arange(400) * 5_000_000
    bend = np.linspace(0, np.pi / 2, 400)
    angles = SagittalAngles(t_ns, bend, np.full(400, np.nan), np.full(400, np.nan))
    with Publisher(header, broker.url) as publisher:
        coach.wait_for("meta")
        for block in range(0, 400, 7):
            publisher.angles(Angles(SagittalAngles(*(array[block : block + 7] for array in angles)), None))
    heard = coach.wait_for("angles", 40)
    assert len(heard) == 40
    times = list(itertools.chain.from_iterable(payload["t_s"] for payload in heard))
    assert times == [round(0.02 * i, 2) for i in range(100)]
    assert heard[-1]["pelvis_deg"][-1] == pytest.approx(1.98 / 1.995 * 90, abs=0.01)
    assert set(itertools.chain.from_iterable(payload["spine_deg"] for payload in heard)) == {None}
    assert heard[20]["time"] == "2025-01-31T17:05:01.000Z"


def test_angles_of_a_lost_link_are_dropped_and_not_counted(header):
    publisher = Publisher(header, nothing_listens())
    t_ns = np.arange(400) * 5_000_000
    publisher.angles(Angles(SagittalAngles(t_ns, *np.zeros((3, 400))), None))
    assert publisher.close(timeout_s=0.0) == 1


def test_a_wrong_url_is_refused_before_anything_starts(header):
    with pytest.raises(ValueError, match="the host is missing"):
        Publisher(header, "mqtt://")


def test_the_configured_broker_is_the_default(broker, header, coach, rep):
    publish = msgspec.structs.replace(header.config.publish, mqtt=broker.url)
    config = msgspec.structs.replace(header.config, publish=publish)
    with Publisher(msgspec.structs.replace(header, config=config)) as publisher:
        publisher.event(rep)
        assert len(coach.wait_for("rep")) == 1


@pytest.mark.parametrize(
    ("started", "t_s", "moment"),
    [
        ("2025-01-31T17:05:00Z", 16.5, "2025-01-31T17:05:16.500Z"),
        ("2025-01-31T18:05:00+01:00", 16.5, "2025-01-31T17:05:16.500Z"),
        ("2025-01-31T17:05:00", 16.5, "2025-01-31T17:05:16.500Z"),
        ("2025-12-31T23:59:59.9Z", 0.1, "2026-01-01T00:00:00.000Z"),
        (None, 16.5, None),
        ("2025-01-31T17:05:00Z", None, None),
    ],
)
def test_session_time_becomes_utc_where_the_clock_is_known(started, t_s, moment):
    assert utc(started, t_s) == moment


def test_a_cue_arrives_at_once_or_not_at_all_with_the_time_when_it_was_said(broker, header, coach):
    cue = CueEvent(name="butt_wink", value=6.0, limit=5.0, unit="deg", at_s=3.0, said_s=4.0, rep_id="monday-1-3")
    with Publisher(header, broker.url) as publisher:
        coach.wait_for("status")
        publisher.event(cue)
        (heard,) = coach.wait_for("cue")
    assert {name: heard[name] for name in to_dict(cue)} == to_dict(cue)
    assert heard["time"] == utc(header.started_utc, 4.0)
    assert TOPICS["cue"].qos == 0
