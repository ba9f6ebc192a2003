"""What arrives at a socket where the journal would listen, and on standard error."""

import logging
import os
import signal
import socket
import subprocess
import sys

import pytest

from hinge_imu.app import log

PROGRAM = """
import logging, sys
from pathlib import Path
from hinge_imu.app import log
context = log.set_up(journal=Path(sys.argv[1]))
logger = logging.getLogger("hinge_imu.test")
logger.debug("nobody wants to know")
logger.info("ready")
context.session = "s1"
logger.warning("the thorax is lost", extra={"HINGE_EVENT": "sensor"})
try:
    raise ValueError("two\\nlines")
except ValueError:
    logger.exception("it broke")
"""


@pytest.fixture
def journal(tmp_path):
    """A socket as the journal's."""
    path = tmp_path / "journal"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(path))
        listening.settimeout(5)
        yield listening, path


@pytest.fixture
def run(tmp_path):
    """Run the program with standard error into a file, which is the journal's stream or is not."""

    def run(path, *, in_service):
        with (tmp_path / "stderr").open("w+") as stderr:
            found = os.fstat(stderr.fileno())
            environ = {"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino}"} if in_service else {"JOURNAL_STREAM": "1:2"}
            subprocess.run(
                [sys.executable, "-c", PROGRAM, path],
                stderr=stderr,
                env=os.environ | environ,
                check=True,
                timeout=60,
            )
            stderr.seek(0)
            return stderr.read().splitlines()

    return run


def fields(data):
    """Take a datagram of the native protocol apart, as its page describes it."""
    found = {}
    while data:
        name, _, rest = data.partition(b"\n")
        if b"=" in name:
            name, _, value = name.partition(b"=")
            data = rest
        else:
            length = int.from_bytes(rest[:8], "little")
            value, data = rest[8 : 8 + length], rest[8 + length :].removeprefix(b"\n")
        found[name.decode()] = value.decode()
    return found


def test_the_journal_gets_records_with_fields(journal, run):
    listening, path = journal
    assert run(path, in_service=True) == []
    ready, lost, broke = (fields(listening.recv(65536)) for _ in range(3))
    assert (ready["MESSAGE"], ready["PRIORITY"], ready["SYSLOG_IDENTIFIER"]) == ("ready", "6", "hinge-imu")
    assert "HINGE_SESSION" not in ready
    assert (lost["PRIORITY"], lost["HINGE_SESSION"], lost["HINGE_EVENT"]) == ("4", "s1", "sensor")
    assert lost["CODE_FILE"] == "<string>"
    assert PROGRAM.splitlines()[int(lost["CODE_LINE"]) - 1].startswith("logger.warning")
    assert broke["PRIORITY"] == "3"
    first, *_, last = broke["MESSAGE"].splitlines()
    assert (first, last) == ("it broke", "lines")


def test_where_the_journal_has_no_socket_each_line_bears_its_priority(tmp_path, run):
    ready, lost, broke, *rest = run(tmp_path / "none", in_service=True)
    assert (ready, lost, broke) == ("<6>ready", "<4>the thorax is lost", "<3>it broke")
    assert {line[:3] for line in rest} == {"<3>"}


def test_what_the_journal_does_not_take_is_said_on_standard_error(journal, run):
    listening, path = journal
    listening.close()
    assert run(path, in_service=True)[:2] == ["<6>ready", "<4>the thorax is lost"]


def test_a_person_reads_a_time_a_level_where_it_matters_and_a_sentence(journal, run):
    listening, path = journal
    ready, lost, *_ = run(path, in_service=False)
    time, _, sentence = ready.partition(" ")
    assert [part.isdigit() and len(part) == 2 for part in time.split(":")] == [True, True, True]
    assert sentence == "ready"
    assert lost.endswith(" warning: the thorax is lost")
    listening.settimeout(0)
    with pytest.raises(BlockingIOError):
        listening.recv(1)


def test_a_program_that_the_watchdog_ends_says_where_it_hung(tmp_path):
    code = "import os\nfrom hinge_imu.app import log\nlog.set_up()\ndef hangs():\n    os.abort()\nhangs()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == -signal.SIGABRT
    assert "line 5 in hangs" in done.stderr


def test_a_message_too_large_for_the_socket_is_not_lost(journal, capfd):
    _, path = journal
    said = []
    otherwise = logging.Handler()
    otherwise.emit = said.append
    handler = log.Journal(path, otherwise)
    handler.handle(logging.makeLogRecord({"msg": "x" * 10_000_000, "levelno": logging.INFO}))
    handler.close()
    assert [len(record.msg) for record in said] == [10_000_000]
