import os
import signal
import socket
import subprocess
import sys
import traceback
from threading import Thread

import numpy as np
import pytest

from hinge_imu.config import ConfigError, UploadConfig, load
from hinge_imu.publish import upload as module
from hinge_imu.publish.upload import PIECE, UploadError, address, token, upload


def about(path):
    return {"session_id": path.stem, "name": path.name, "gym": "gym", "strap": "strap"}


@pytest.fixture
def path(tmp_path, request):
    """Two and a half pieces of chance, named after the test."""
    path = tmp_path / f"{request.node.name[:100].replace('[', '-').replace(']', '')}.mcap"
    path.write_bytes(np.random.default_rng(7).bytes(PIECE * 5 // 2))
    return path


def send(dashboard, path, port=None, **options):
    config = load(dashboard.settings(path.parent, port)).upload
    upload(path, config, token(config), about(path), **options)


def arrived(dashboard, path):
    assert [each["session_id"] for each in dashboard.received()].count(path.stem) == 1
    return dashboard.arrived()[path.name]


def test_what_arrives_is_what_was_sent(lasting, path):
    shares = []
    send(lasting, path, progress=shares.append)
    assert arrived(lasting, path) == path.read_bytes()
    assert shares == [0.4, 0.8, 1.0]


def test_sending_it_again_costs_no_piece(lasting, path):
    send(lasting, path)
    shares = []
    send(lasting, path, progress=shares.append)
    assert shares == []
    assert arrived(lasting, path) == path.read_bytes()


def test_a_stop_is_heeded_after_the_piece_and_the_next_attempt_goes_on_from_there(lasting, path):
    shares = []
    with pytest.raises(UploadError, match=f"stopped at {PIECE} of {PIECE * 5 // 2} bytes") as error:
        send(lasting, path, progress=shares.append, stop=lambda: bool(shares))
    assert error.value.mend == "time"
    send(lasting, path, progress=shares.append)
    assert shares == [0.4, 0.8, 1.0]
    assert arrived(lasting, path) == path.read_bytes()


def test_a_link_cut_in_mid_piece_costs_no_more_than_that_piece(receiver, lasting, path):
    with receiver.Cable(lasting.port) as cable:
        cable.after(PIECE * 3 // 2, lambda: None)
        with pytest.raises(UploadError, match="is out of reach") as error:
            send(lasting, path, cable.port)
        assert error.value.mend == "time"
        before = cable.sent
        with_patience(lambda: send(lasting, path, cable.port))
        # Of the first two pieces one came whole and one in part; headers and TLS come to little.
        assert cable.sent - before < PIECE * 1.6
    assert arrived(lasting, path) == path.read_bytes()


def with_patience(attempt):
    """Try again while the dashboard is still busy with a connection that is dead."""
    while True:
        try:
            return attempt()
        except UploadError as error:
            if "423" not in str(error):
                raise


@pytest.mark.parametrize("seed", range(2))
def test_it_arrives_whole_though_dashboard_and_strap_are_killed_at_any_moment(receiver, dashboard, path, seed):
    rng = np.random.default_rng(seed)
    with receiver.Cable(dashboard.port) as cable:
        settings = dashboard.settings(path.parent, cable.port)
        for killed in rng.permutation(["dashboard", "dashboard at its answer", "strap"]):
            strap = subprocess.Popen([sys.executable, "-c", receiver.SEND, settings, path], stderr=subprocess.DEVNULL)
            end = strap if killed == "strap" else dashboard
            way, most = ("down", 4000) if "answer" in killed else ("up", path.stat().st_size)
            cable.after(int(rng.integers(most)), lambda pid=end.pid: os.kill(pid, signal.SIGKILL), way)
            strap.wait()
            if not dashboard.alive:
                dashboard.start()
        with_patience(lambda: send(dashboard, path))
    assert arrived(dashboard, path) == path.read_bytes()


def test_a_dashboard_that_cannot_prove_itself_gets_neither_token_nor_recording(lasting, path, tmp_path, receiver):
    (tmp_path / "other").mkdir()
    other = receiver.Certificates(tmp_path / "other")
    config = UploadConfig(url=f"https://localhost:{lasting.port}", ca_file=str(other.ca))
    with pytest.raises(UploadError, match=r"cannot prove that it is the dashboard.*ca_file") as error:
        upload(path, config, lasting.token, about(path))
    assert error.value.mend == "time"  # a clock that is wrong is set, a certificate renewed


def test_a_certificate_for_another_host_proves_nothing(receiver, lasting, path):
    with receiver.Cable(lasting.port, "127.0.0.2") as cable:  # all of 127.0.0.0/8 is this machine
        config = UploadConfig(url=f"https://127.0.0.2:{cable.port}", ca_file=str(lasting.certificates.ca))
        with pytest.raises(UploadError, match=r"certificate is not valid for '127\.0\.0\.2'"):
            upload(path, config, lasting.token, about(path))


def test_a_token_that_is_not_known_is_said_without_showing_it(lasting, path):
    lasting.settings(path.parent, token="a-very-secret-token")  # noqa: S106 - nobody's
    config = load(path.parent / "strap.toml").upload
    with pytest.raises(UploadError, match=r"answers 401: this token is not known") as error:
        upload(path, config, token(config), about(path))
    assert error.value.mend == "settings"
    assert "secret" not in "".join(traceback.format_exception(error.value))
    assert "secret" not in lasting.log


@pytest.mark.parametrize(("fields", "mend"), [({"name": "../x.mcap"}, "file"), ({"strap": "other"}, "settings")])
def test_what_the_dashboard_will_never_take_says_what_is_to_be_mended(lasting, path, fields, mend):
    config = load(lasting.settings(path.parent)).upload
    with pytest.raises(UploadError) as error:
        upload(path, config, token(config), about(path) | fields)
    assert error.value.mend == mend


def test_one_that_is_too_long_for_the_dashboard_is_of_the_file(lasting, path):
    path.write_bytes(bytes(5_000_001))
    with pytest.raises(UploadError, match="5000000 is the most") as error:
        send(lasting, path)
    assert error.value.mend == "file"


def test_where_nobody_listens_it_is_a_matter_of_time(path, receiver):
    config = UploadConfig(url=f"http://localhost:{receiver.free_port()}")
    with pytest.raises(UploadError, match=r"is out of reach \(Connection refused\)") as error:
        upload(path, config, "token", about(path))
    assert error.value.mend == "time"


@pytest.mark.parametrize(
    ("answer", "what", "mend"),
    [
        (b"HTTP/1.1 302 Found\r\nLocation: https://elsewhere/\r\n", "answers 302", "settings"),
        (b"HTTP/1.1 200 OK\r\n", "answers 200", "settings"),
        (b"HTTP/1.1 404 Not Found\r\n", "answers 404", "settings"),
        (b"HTTP/1.1 201 Created\r\nLocation: https://elsewhere/1\r\n", "another host", "settings"),
        (b"HTTP/1.1 503 Service Unavailable\r\n", "answers 503", "time"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "out of reach", "time"),
    ],
    ids=lambda value: value.decode()[9:20].strip() if isinstance(value, bytes) else "",
)
def test_what_is_no_dashboard_gets_nothing_and_is_not_followed(path, answer, what, mend):
    with socket.create_server(("127.0.0.1", 0)) as server:
        heard = []

        def serve():
            line, _ = server.accept()
            with line:
                heard.append(line.recv(1 << 16))
                line.sendall(answer + b"Content-Length: 0\r\nConnection: close\r\n\r\n")

        thread = Thread(target=serve)
        thread.start()
        with pytest.raises(UploadError, match=what) as error:
            upload(path, UploadConfig(url=f"http://127.0.0.1:{server.getsockname()[1]}"), "token", about(path))
        thread.join()
    assert error.value.mend == mend
    assert path.read_bytes()[:64] not in heard[0]


def test_a_dashboard_that_falls_silent_is_not_waited_for_for_ever(path, monkeypatch):
    monkeypatch.setattr(module, "TIMEOUT_S", 0.05)
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        pytest.raises(UploadError, match=r"out of reach \(timed out\)"),
    ):
        upload(path, UploadConfig(url=f"http://127.0.0.1:{server.getsockname()[1]}"), "token", about(path))


@pytest.mark.parametrize(
    ("url", "what"),
    [
        (None, "has no url"),
        ("http://dashboard.gym", "would show the token to the whole network"),
        ("http://localhost.evil.com", "would show the token"),
        ("https://sam:secret@dashboard.gym", "names a user"),
        ("ftp://dashboard.gym", "no address"),
        ("https://", "no address"),
        ("https://dashboard.gym/?a=b", "no address"),
        ("https://dashboard.gym:port", "no address"),
    ],
)
def test_an_address_that_cannot_be_used_is_a_sentence(url, what):
    with pytest.raises(ConfigError, match=what) as error:
        address(UploadConfig(url=url))
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("url", ["https://dashboard.gym", "https://[::1]:8443/coach/", "http://localhost:8080"])
def test_an_address_that_can_be_used_is(url):
    assert address(UploadConfig(url=url)).geturl() == url


def test_a_ca_that_is_none_is_a_sentence(path, tmp_path):
    for content in (None, "no certificate"):
        if content:
            (tmp_path / "ca.pem").write_text(content)
        with pytest.raises(ConfigError, match=r"ca\.pem: holds no certificate to trust"):
            upload(path, UploadConfig(url="https://localhost", ca_file=str(tmp_path / "ca.pem")), "t", about(path))


def test_the_token_comes_from_its_file_or_from_systemd(tmp_path, monkeypatch):
    (tmp_path / "upload-token").write_text("from-systemd\n")
    (tmp_path / "mine").write_text("from-file")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert token(UploadConfig()) == "from-systemd"
    assert token(UploadConfig(token_file=str(tmp_path / "mine"))) == "from-file"


@pytest.mark.parametrize("content", [b"", b"two lines\nof secret", b"\xffsecret", b"secret\r\nX-Evil: 1"])
def test_a_file_without_a_token_is_a_sentence_that_does_not_show_it(tmp_path, content):
    (tmp_path / "token").write_bytes(content)
    with pytest.raises(ConfigError, match="token: holds no token") as error:
        token(UploadConfig(token_file=str(tmp_path / "token")))
    assert "secret" not in "".join(traceback.format_exception(error.value))


def test_a_token_that_is_nowhere_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(ConfigError, match="has no token_file"):
        token(UploadConfig())
    with pytest.raises(ConfigError, match="cannot be read"):
        token(UploadConfig(token_file=str(tmp_path / "gone")))
