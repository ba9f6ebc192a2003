import socket

import pytest

from hinge_imu.publish import broker as module
from hinge_imu.publish.broker import PrivateBroker
from hinge_imu.publish.coach import Coach


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def test_mosquitto_runs_only_while_it_is_wanted():
    with PrivateBroker() as broker:
        assert broker.name == "mosquitto"
        assert broker.url == f"mqtt://127.0.0.1:{broker.port}"
        assert answers(broker.port)
    assert not answers(broker.port)


def test_two_brokers_do_not_meet():
    with PrivateBroker() as one, PrivateBroker() as other:
        assert one.port != other.port


def test_amqtt_takes_the_place_of_a_missing_mosquitto(monkeypatch):
    monkeypatch.setattr(module, "mosquitto", lambda: None)
    with PrivateBroker() as broker, Coach(broker.url, "gym"):
        assert broker.name == "amqtt"
    assert not answers(broker.port)


def test_without_any_broker_the_error_names_both_ways_to_get_one(monkeypatch):
    monkeypatch.setattr(module, "mosquitto", lambda: None)
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    with pytest.raises(RuntimeError, match=r"apt install mosquitto.*pip install 'hinge-imu\[demo\]'"):
        PrivateBroker()


def test_a_broker_that_does_not_start_is_said_with_its_last_words(monkeypatch, tmp_path):
    broken = tmp_path / "mosquitto"
    broken.write_text("#!/bin/sh\necho 'Error: no more sockets' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(module, "mosquitto", lambda: str(broken))
    with pytest.raises(RuntimeError, match=r"mosquitto does not start on port [0-9]+: Error: no more sockets"):
        PrivateBroker().__enter__()


def test_a_coach_is_told_when_no_broker_answers():
    with PrivateBroker() as broker:
        url = broker.url
    with pytest.raises(ConnectionError, match=rf"no broker answers at {url} .*is it running\?"):
        Coach(url, "gym").__enter__()
