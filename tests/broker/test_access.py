"""Who may say and hear what, with the files that ship, over TLS."""

import json
import socket
import ssl
import subprocess
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from hinge_imu.config import PublishConfig
from hinge_imu.publish.discovery import discovery
from hinge_imu.publish.link import Link
from hinge_imu.publish.outbox import Outbox

SHIPPED = Path(__file__).parents[2] / "firmware_config" / "mosquitto"
GYM = "hinge/v1/barbell-club"


@pytest.fixture
def broker(start):
    return start()


def test_a_strap_says_what_is_its_own_and_cannot_speak_for_another(broker):
    with broker("coach") as coach, broker("strap1") as strap:
        coach.hears("hinge/v1/#")
        for topic in (
            f"{GYM}/strap2/rep",
            f"{GYM}/rep",
            "hinge/v1/river-gym/strap1/rep",
            "hinge/v1/river-gym/river-strap1/rep",
        ):
            strap.says(topic, b"forged")
        strap.says(f"{GYM}/strap1/rep", b"own")
        # One broker, one sender, one receiver: what had been passed on would have come first.
        assert coach.next(1) == [(f"{GYM}/strap1/rep", b"own")]


def test_mqtt_5_tells_a_strap_that_it_may_not_say_that(broker):
    with broker("strap1", version=MQTTProtocolVersion.MQTTv5) as strap, broker("coach") as coach:
        coach.hears(f"{GYM}/#")
        assert strap.says(f"{GYM}/strap2/rep") == "Not authorized"
        assert strap.says(f"{GYM}/strap1/rep") in {"Success", "No matching subscribers"}


def test_a_strap_cannot_leave_a_retained_message_in_another_s_name(broker):
    with broker("strap1") as strap:
        strap.says(f"{GYM}/strap2/status", b"forged", retain=True)
        strap.says(f"{GYM}/strap1/status", b"own", retain=True)
    with broker("coach") as coach:
        coach.hears(f"{GYM}/#")
        assert coach.next(1) == [(f"{GYM}/strap1/status", b"own")]


def test_a_last_will_cannot_be_left_in_another_s_name_either(broker):
    with broker("coach") as coach:
        coach.hears(f"{GYM}/#")
        for strap in ("strap2", "strap1"):
            dying = broker("strap1")
            dying.client.will_set(f"{GYM}/{strap}/status", strap.encode(), qos=1)
            with dying:
                dying.client.socket().shutdown(2)  # without a word
        assert coach.next(1) == [(f"{GYM}/strap1/status", b"strap1")]


def test_a_coach_hears_one_gym_whatever_is_asked_for(broker):
    with broker("coach") as coach, broker("river-strap1") as other, broker("strap1") as strap:
        coach.hears("#").hears("hinge/v1/river-gym/#").hears("hinge/v1/+/+/rep")
        other.says("hinge/v1/river-gym/river-strap1/rep", b"not for you")
        strap.says(f"{GYM}/strap1/note", b"for you")
        assert {topic for topic, _ in coach.next(1)} == {f"{GYM}/strap1/note"}


def test_a_coach_commands_the_straps_of_one_gym_and_says_nothing_in_their_name(broker):
    with (
        broker("strap1") as strap,
        broker("river-strap1") as other,
        broker("coach") as coach,
        broker("river-coach") as river,
    ):
        strap.hears(f"{GYM}/strap1/#")
        other.hears("hinge/v1/river-gym/river-strap1/#")
        coach.says("hinge/v1/river-gym/river-strap1/command", b"forged")
        coach.says(f"{GYM}/strap1/rep", b"forged")
        coach.says(f"{GYM}/strap1/command", json.dumps({"command": "start"}).encode())
        river.says("hinge/v1/river-gym/river-strap1/command", b"own coach")
        assert strap.next(1) == [(f"{GYM}/strap1/command", b'{"command": "start"}')]
        assert other.next(1) == [("hinge/v1/river-gym/river-strap1/command", b"own coach")]


def test_a_strap_hears_its_own_commands_and_nobody_else(broker):
    with broker("strap2") as strap, broker("coach") as coach, broker("strap1") as other:
        strap.hears("#").hears(f"{GYM}/#")
        coach.says(f"{GYM}/strap1/command", b"for strap 1")
        other.says(f"{GYM}/strap1/rep", b"a rep of strap 1")
        coach.says(f"{GYM}/strap2/command", b"for strap 2")
        assert {payload for _, payload in strap.next(1)} == {b"for strap 2"}


@pytest.mark.parametrize("user", ["strap1", "nobody", None])
def test_without_the_right_password_nobody_comes_in_and_is_told(broker, user):
    with broker(user, secret=f"not {user}") as refused:
        assert refused.connected == "Not authorized"


def test_who_does_not_trust_the_broker_s_authority_does_not_send_the_password(broker):
    with (
        socket.create_connection(("127.0.0.1", broker.port)) as line,
        pytest.raises(ssl.SSLCertVerificationError),
        ssl.create_default_context().wrap_socket(line, server_hostname="127.0.0.1"),
    ):
        pass


def test_nobody_talks_to_the_network_s_listener_without_tls(broker):
    client = Client(CallbackAPIVersion.VERSION2)
    ended = []
    client.on_connect = lambda *_: ended.append("connected")
    client.on_disconnect = lambda *_: ended.append("refused")
    client.connect("127.0.0.1", broker.port)
    while not ended:
        client.loop(1.0)
    assert ended == ["refused"]


def test_a_message_beyond_the_limit_is_dropped_and_the_next_one_passed_on(broker):
    with broker("coach") as coach, broker("strap1") as strap:
        coach.hears(f"{GYM}/#")
        strap.says(f"{GYM}/strap1/trace", b"x" * 1_100_000)
        strap.says(f"{GYM}/strap1/trace", b"x" * 900_000)
        assert [len(payload) for _, payload in coach.next(1)] == [900_000]


def test_with_certificates_the_name_in_it_is_the_user_and_no_password_is_needed(start):
    broker = start(certificates=True)
    with broker(None, certificate="strap1") as strap, broker(None, certificate="strap2") as other:
        assert (strap.connected, other.connected) == ("Success", "Success")
        strap.hears(f"{GYM}/strap1/command")
        assert strap.says(f"{GYM}/strap1/rep") == "Success"
    without = ssl.create_default_context(cafile=str(broker.authority / "ca.crt"))
    with (
        socket.create_connection(("127.0.0.1", broker.port)) as line,
        without.wrap_socket(line, server_hostname="127.0.0.1") as secure,
        pytest.raises(ssl.SSLError, match="certificate required"),
    ):
        secure.recv(1)


def test_home_assistant_finds_the_strap_and_another_cannot_pose_as_it(start):
    broker = start(home_assistant=True)
    url, ca_file = f"mqtts://strap1@127.0.0.1:{broker.port}", str(broker.authority / "ca.crt")
    config = PublishConfig(gym="barbell-club", strap="strap1", mqtt=url, ca_file=ca_file, discovery=True)
    found = discovery(config)
    with broker("strap2") as other:
        other.says(found[0].topic, b"forged", retain=True)
    with Outbox(None, 1.0) as outbox, Link(config, outbox, password="strap1's secret", also=found):  # noqa: S106
        with broker("homeassistant") as home:
            home.hears("homeassistant/#")
            assert {*home.next(len(found))} == {(message.topic, message.payload) for message in found}
        with broker("homeassistant") as late:
            late.hears("homeassistant/#")
            assert len(late.next(len(found))) == len(found)


def test_certificates_that_are_there_stay(authority):
    before = {path.name: path.read_bytes() for path in authority.iterdir()}
    done = subprocess.run(
        [SHIPPED / "certificates.sh", authority, "127.0.0.1", "strap1"], check=True, capture_output=True
    )
    assert done.stdout == b""
    assert {path.name: path.read_bytes() for path in authority.iterdir()} == before
    assert {path.suffix: path.stat().st_mode & 0o077 for path in authority.glob("strap1.*")} == {
        ".crt": 0o044,
        ".key": 0,
    }
