"""`hinge-imu dashboard-athlete`: what there is of an athlete is written into a table, or is gone."""

import csv

import pytest
from typer.testing import CliRunner

from hinge_imu.app.session import Listeners, run
from hinge_imu.commands.dashboard_athlete import dashboard_athlete
from hinge_imu.dashboard.access.users import Users
from hinge_imu.dashboard.store import Store
from hinge_imu.dashboard.wire import parse
from hinge_imu.publish.messages import Messages
from hinge_imu.recording import batched, open_recording


@pytest.fixture
def place(tmp_path):
    return str(tmp_path / "dashboard.db")


@pytest.fixture
def store(place, tmp_path, request):
    """A store in which Sam has trained, in the gym of the recording, with an uploaded recording; Bo as well."""
    opened = Store(place, tmp_path / "uploads")
    recording = open_recording(request.config.rootpath / "recordings" / "simulated_toe_touch.mcap")
    messages, said = Messages(recording.header), []
    listeners = Listeners(events=[lambda event: said.extend(messages.event(event))])
    run(recording.header, batched(recording.stream(), 4096), listeners)
    opened.take_all([parse(f"hinge/v1/gym/strap/{each.level}", each.payload) for each in said])
    opened.assign(recording.header.session_id, "Sam", by="ines")
    for name in ("Sam", "Bo"):
        (tmp_path / f"{name}.mcap").touch()
        about = {"session_id": f"{name}-1", "gym": "gym", "strap": "strap", "athlete": name}
        opened.recorded(tmp_path / f"{name}.mcap", about)
    yield opened
    opened.close()


@pytest.fixture
def call(place, tmp_path):
    def run(*words, said=""):
        done = CliRunner().invoke(dashboard_athlete, [*map(str, words), "--database", place], input=said)
        if done.exception is not None:
            raise done.exception
        return done.stdout

    return run


def test_every_rep_of_an_athlete_is_written_into_a_table(store, call, tmp_path):
    reps = sum(session.reps for session in store.sessions("Sam"))
    assert call("export", "Sam", tmp_path / "sam.csv") == f"{tmp_path / 'sam.csv'}: {reps} reps\n"
    with (tmp_path / "sam.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == reps > 0
    with pytest.raises(ValueError, match="nothing of 'sam' is in the store"):
        call("export", "sam", tmp_path / "nobody.csv")
    assert not (tmp_path / "nobody.csv").exists()


def test_an_athlete_is_deleted_with_everything_once_the_name_was_said_again(store, call, tmp_path):
    users = Users(store.engine)
    users.add("sam", "athlete", None, athlete="Sam")
    users.add("bo", "athlete", None, athlete="Bo")
    with pytest.raises(ValueError, match="that is another name; nothing was deleted"):
        call("delete", "Sam", said="Sammy\n")
    assert len(store.sessions("Sam")) == 2
    said = call("delete", "Sam", "--uploads", tmp_path / "uploads", said="Sam\n")
    assert "2 sessions with 3 reps, and 1 recordings will be gone" in said
    assert "2 sessions are gone" in said
    assert [session.athlete for session in store.sessions()] == ["Bo"]
    assert [(tmp_path / f"{name}.mcap").exists() for name in ("Sam", "Bo")] == [False, True]
    assert [user.name for user in users.all()] == ["bo"]
