"""What arrives at a socket where systemd would listen."""

import os
import socket
import subprocess
import sys

import pytest

from hinge_imu.app.notify import Watchdog, notify


@pytest.fixture(params=["a path", "an abstract name"])
def systemd(request, tmp_path):
    """A socket as systemd's, and the environment that names it."""
    name = str(tmp_path / "notify") if request.param == "a path" else f"@hinge-imu-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(name.replace("@", "\0"))
        listening.settimeout(5)
        yield listening, {"NOTIFY_SOCKET": name}


def heard(listening):
    """Return all that has arrived."""
    listening.settimeout(0)
    said = []
    while True:
        try:
            said.append(listening.recv(4096).decode())
        except BlockingIOError:
            return said


def test_systemd_hears_that_the_program_is_ready_and_what_it_does(systemd):
    listening, environ = systemd
    notify(environ, READY=1, STATUS="waiting for a bend")
    assert listening.recv(4096).decode().splitlines() == ["READY=1", "STATUS=waiting for a bend"]


def test_a_status_of_several_lines_is_no_second_message(systemd):
    listening, environ = systemd
    notify(environ, STATUS="a name\nREADY=1")
    assert listening.recv(4096) == b"STATUS=a name READY=1"


def test_without_systemd_or_with_a_socket_that_is_gone_nothing_happens(tmp_path):
    notify({}, READY=1)
    notify({"NOTIFY_SOCKET": str(tmp_path / "gone")}, READY=1)
    Watchdog(environ={}).beat()


def test_a_systemd_that_does_not_listen_does_not_hold_the_reader_up(systemd):
    """A datagram socket takes some ten messages that nobody reads; the eleventh would wait for ever."""
    listening, environ = systemd
    for _ in range(1000):
        notify(environ, WATCHDOG=1)
    assert set(heard(listening)) == {"WATCHDOG=1"}


def test_a_loop_that_turns_is_heard_four_times_within_the_limit_and_no_oftener(systemd):
    listening, environ = systemd
    clock = Clock()
    watchdog = Watchdog(clock, environ | {"WATCHDOG_USEC": "20000000", "WATCHDOG_PID": str(os.getpid())})
    beats = []
    for second in range(60):
        clock.now = second * 10**9
        watchdog.beat()
        beats += [second for _ in heard(listening)]
    assert beats == list(range(0, 60, 5))


def test_a_loop_that_stands_still_is_not_heard(systemd):
    listening, environ = systemd
    clock = Clock()
    watchdog = Watchdog(clock, environ | {"WATCHDOG_USEC": "20000000"})
    watchdog.beat()
    clock.now = 100 * 10**9
    assert heard(listening) == ["WATCHDOG=1"]


@pytest.mark.parametrize("told", [{"WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "soon"}, {}])
def test_a_program_that_is_not_watched_says_nothing(systemd, told):
    listening, environ = systemd
    Watchdog(Clock(), environ | told).beat()
    assert heard(listening) == []


def test_a_process_that_systemd_has_started_finds_the_socket_by_itself(systemd):
    listening, environ = systemd
    code = "from hinge_imu.app.notify import Watchdog, notify; notify(READY=1); Watchdog().beat(); notify(STOPPING=1)"
    watched = {"WATCHDOG_USEC": "20000000"}
    subprocess.run([sys.executable, "-c", code], env=os.environ | environ | watched, check=True, timeout=60)
    assert heard(listening) == ["READY=1", "WATCHDOG=1", "STOPPING=1"]


class Clock:
    """Time that is told."""

    now = 0

    def __call__(self):
        return self.now
