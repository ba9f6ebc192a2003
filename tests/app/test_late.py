"""A dashboard whose database is not there yet: it says so, waits, and lets itself be ended meanwhile."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from hinge_imu.app import late
from hinge_imu.app.dashboard import Place, dashboard
from hinge_imu.config import ConfigError, PublishConfig
from hinge_imu.dashboard.store import Store

PROGRAM = Path(sys.executable).parent / "hinge-imu"
NOWHERE = "mqtt://127.0.0.1:1"
FAR_S = 60.0  # longer than anything here takes


@pytest.fixture
def started(tmp_path):
    """Start the program with a database; what it says comes line by line."""
    running = []

    def start(url):
        command = [PROGRAM, "dashboard", "--mqtt", NOWHERE, "--port", "0", "--uploads", tmp_path, "--database", url]
        running.append(subprocess.Popen(command, stderr=subprocess.PIPE, text=True))
        return running[-1]

    yield start
    for each in running:
        each.kill()
        each.communicate()


def heard(program, words):
    return next(line for line in program.stderr if words in line)


def test_a_database_that_is_away_is_waited_for_and_a_signal_ends_the_waiting(postgres, started):
    url = postgres.database()
    postgres.stop()
    ended, lasting = started(url), started(url)
    for program in (ended, lasting):
        assert "the database cannot be used" in heard(program, "waiting: postgresql+psycopg://")
    ended.send_signal(signal.SIGTERM)
    assert (ended.wait(FAR_S), ended.stderr.read()) == (0, "")
    postgres.start()
    assert "http://127.0.0.1:" in heard(lasting, "the dashboard is at")
    lasting.send_signal(signal.SIGTERM)
    assert lasting.wait(FAR_S) == 0


@pytest.mark.parametrize("url", ["mysql://coach@localhost/gym", "postgresql://localhost", "postgresql://x@/y?hots=z"])
def test_what_can_never_be_right_is_not_waited_for(url, tmp_path):
    said = []
    with pytest.raises(ConfigError):
        dashboard(PublishConfig(mqtt=NOWHERE), Place(port=0, database=url, uploads=tmp_path), say=said.append)
    assert said == []


def test_a_database_of_a_later_version_is_not_waited_for(postgres, tmp_path):
    url, said = postgres.database(), []
    store = Store(url)
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'next_year'"))
    store.close()
    with pytest.raises(ConfigError, match="later version"):
        dashboard(PublishConfig(mqtt=NOWHERE), Place(port=0, database=url, uploads=tmp_path), say=said.append)
    assert said == []


def test_each_reason_is_said_once_and_the_waits_double_up_to_the_longest(monkeypatch):
    waits, said, reasons = [], [], ["one\n more", *["other"] * 5]

    def look():
        if reasons:
            raise ConnectionError(reasons.pop(0))
        return "there"

    monkeypatch.setattr(late.time, "sleep", waits.append)
    assert late.awaited(look, (ConnectionError,), said.append) == "there"
    assert said == ["waiting: one more", "waiting: other"]
    assert waits == [2.0, 4.0, 8.0, 15.0, 15.0, 15.0]


def test_what_is_not_late_but_wrong_is_raised():
    with pytest.raises(ValueError, match="of course"):
        late.awaited(lambda: int("of course"), (ConnectionError,), print)
