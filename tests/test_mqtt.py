import ssl

import pytest

from hinge_imu.config import ConfigError, PublishConfig
from hinge_imu.mqtt import Address, client, parse, password


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("mqtt://localhost", Address("localhost", 1883, tls=False, user=None)),
        ("mqtts://broker.gym.example", Address("broker.gym.example", 8883, tls=True, user=None)),
        ("mqtt://10.0.0.5:1884/", Address("10.0.0.5", 1884, tls=False, user=None)),
        ("mqtts://strap-7@host:9000", Address("host", 9000, tls=True, user="strap-7")),
        ("mqtt://[::1]:1883", Address("::1", 1883, tls=False, user=None)),
    ],
)
def test_a_brokers_url_is_taken_apart(url, address):
    assert parse(url) == address


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("localhost", "the scheme '' is none of mqtt, mqtts"),
        ("localhost:1883", "the scheme 'localhost' is none"),
        ("http://localhost", "the scheme 'http' is none"),
        ("mqtt://", "the host is missing"),
        ("mqtt://host:port", "Port could not be cast"),
        ("mqtt://host:70000", "Port out of range"),
        ("mqtt://host:0", "a port from 1 to 65535, and nothing else"),
        ("mqtt://host/topic", "a port from 1 to 65535, and nothing else"),
        ("mqtt://host?tls=1", "a port from 1 to 65535, and nothing else"),
        ("mqtt://[::1", "Invalid IPv6 URL"),
    ],
)
def test_each_wrong_url_is_refused_in_its_own_words(url, words):
    with pytest.raises(ValueError) as caught:
        parse(url)
    assert f"the broker's URL {url!r} cannot be used" in str(caught.value)
    assert words in str(caught.value)
    assert "write mqtt[s]://[USER@]HOST[:PORT]" in str(caught.value)


def test_a_password_in_the_url_is_refused_without_repeating_it():
    with pytest.raises(ValueError, match="leave it out") as caught:
        parse("mqtt://sam:secret@host")
    assert "secret" not in str(caught.value)


def test_tls_checks_the_brokers_certificate_and_user_and_password_are_set():
    made = client(parse("mqtts://sam@host"), "secret")
    assert made._ssl_context.verify_mode == ssl.CERT_REQUIRED
    assert made._ssl_context.check_hostname
    assert (made.username, made.password) == ("sam", "secret")


def test_a_password_comes_from_its_file_and_else_from_systemd_and_else_there_is_none(tmp_path, monkeypatch):
    (tmp_path / "mine").write_text("mine\n")
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert password(PublishConfig()) is None
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert password(PublishConfig()) is None
    (tmp_path / "mqtt-password").write_text("systemd's")
    assert password(PublishConfig()) == "systemd's"
    assert password(PublishConfig(password_file=str(tmp_path / "mine"))) == "mine"


def test_a_password_that_cannot_be_read_is_named_by_its_file_and_not_shown(tmp_path):
    missing, torn = tmp_path / "missing", tmp_path / "torn"
    torn.write_bytes(b"secret\xff")
    with pytest.raises(ConfigError, match=f"{missing}: the broker's password cannot be read"):
        password(PublishConfig(password_file=str(missing)))
    with pytest.raises(ConfigError, match=f"{torn}: the broker's password is not text") as caught:
        password(PublishConfig(password_file=str(torn)))
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__
