"""`hinge-imu dashboard-user`: what it asks for, what it keeps, and what it says."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hinge_imu.commands.dashboard_user import dashboard_user
from hinge_imu.config import ConfigError
from hinge_imu.dashboard.access.passwords import AccessError
from hinge_imu.dashboard.access.users import Users
from hinge_imu.dashboard.store.engine import connect

PROGRAM = Path(sys.executable).parent / "hinge-imu"
SENTENCE = "hips back, ribs down"


@pytest.fixture
def place(tmp_path):
    return str(tmp_path / "dashboard.db")


@pytest.fixture
def call(place):
    def run(*words, said=""):
        done = CliRunner().invoke(dashboard_user, [*words, "--database", place], input=said)
        if done.exception is not None:
            raise done.exception
        return done.stdout

    return run


@pytest.fixture
def users(place):
    engine = connect(place)
    yield Users(engine)
    engine.dispose()


def test_users_come_and_go(call, users):
    assert "kim can log in now, as coach" in call("add", "Kim", "--role", "coach", said=f"{SENTENCE}\n")
    assert users.check("kim", SENTENCE).role == "coach"
    said = call("add", "sam", "--role", "athlete", "--athlete", "Sam", "--gym", "north", "--link")
    assert users.whose(said.split("/setup?link=")[1].strip()) == (True, "sam")
    assert call("list").splitlines() == ["kim  coach", "sam  athlete  athlete Sam  gym north"]
    call("password", "kim", said="another sentence of mine\n")
    assert users.check("kim", SENTENCE) is None
    assert users.check("kim", "another sentence of mine") is not None
    call("remove", "kim")
    assert call("list").splitlines() == ["sam  athlete  athlete Sam  gym north"]


def test_what_is_wrong_is_one_sentence(call, tmp_path):
    with pytest.raises(AccessError, match="there is no role 'owner'; take one of coach, athlete, wall, admin"):
        call("add", "kim", "--role", "owner", said=SENTENCE)
    with pytest.raises(AccessError, match="there is no user kim"):
        call("remove", "kim")
    (tmp_path / "dashboard.db").write_bytes(b"no database at all, but long enough to be taken for one" * 20)
    with pytest.raises(ConfigError, match="the database cannot be used"):
        call("list")


def test_on_a_terminal_the_password_is_asked_for_twice_and_not_shown(place, users):
    ours, theirs = pty.openpty()
    command = [PROGRAM, "dashboard-user", "add", "kim", "--role", "coach", "--database", place]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True):
        os.close(theirs)
        shown = b""
        for question in (b"password: ", b"once more: "):
            while not shown.endswith(question):
                shown += os.read(ours, 1000)
            os.write(ours, SENTENCE.encode() + b"\n")
        while b"can log in now" not in shown:
            shown += os.read(ours, 1000)
    os.close(ours)
    assert SENTENCE.encode() not in shown
    assert users.check("kim", SENTENCE) is not None
