import logging
import signal
import subprocess
from threading import Event

import msgspec
import pytest

from hinge_imu.config import ConfigError
from hinge_imu.events import NoticeEvent, SessionEvent
from hinge_imu.publish import broker as brokers
from hinge_imu.publish import refusals
from hinge_imu.publish.broker import PrivateBroker
from hinge_imu.publish.coach import Coach
from hinge_imu.publish.link import Link
from hinge_imu.publish.outbox import Outbox

FAR_S = 10.0  # longer than anything here takes; a test that waits so long fails


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
