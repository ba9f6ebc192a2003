"""Recordings that were uploaded, worked through into a store that has missed some of what was said."""

import shutil
import time

import msgspec
import pytest

from hinge_imu.app.replay import replay
from hinge_imu.app.retelling import retell
from hinge_imu.app.uploaded import DONE, Uploaded
from hinge_imu.dashboard.store import Store
from hinge_imu.dashboard.store.models import MessageRow, RecordingRow
from hinge_imu.events import RepEvent
from hinge_imu.recording import McapWriter, RecordingError, open_recording

FAR_S = 60.0


@pytest.fixture
def store(tmp_path):
    made = Store(str(tmp_path / "store.sqlite"), tmp_path / "uploads")
    yield made
    made.close()


@pytest.fixture
def upload(store, tmp_path, recordings):
    """Have a recording come in, as of another gym and strap than it was made for."""

    def come(name, session_id=None, content=None):
        path = tmp_path / "uploads" / "barbell-club" / "strap9" / f"{name}.mcap"
        path.parent.mkdir(parents=True, exist_ok=True)
        source = recordings / f"simulated_{name}.mcap"
        if content is None:
            shutil.copy(source, path)
            session_id = session_id or open_recording(path).header.session_id
        else:
            path.write_bytes(content)
        store.recorded(path, {"session_id": session_id, "gym": "barbell-club", "strap": "strap9"})
        return path, session_id

    return come


@pytest.fixture
def worked_through(store, tmp_path):
    """Let what waits be worked through; return what became of each."""

    def work():
        with Uploaded(store, tmp_path / "uploads"):
            until_s = time.monotonic() + FAR_S
            while store.waiting() and time.monotonic() < until_s:
                time.sleep(0.05)
        return outcomes(store)

    return work


def outcomes(store):
    with store.engine.connect() as database:
        return [row.outcome for row in database.execute(RecordingRow.__table__.select().order_by(RecordingRow.path))]


def revisions(store):
    with store.engine.connect() as database:
        return sorted((row.id, row.revision) for row in database.execute(MessageRow.__table__.select()))


def test_what_was_lost_on_the_way_comes_with_the_recording_and_what_users_did_stays(
    store, upload, worked_through, spoken, heard
):
    path, session_id = upload("hinge")
    said = heard(spoken("hinge"), topic="barbell-club/strap9")
    store.take_all([each for number, each in enumerate(said) if number % 3])
    reps = [event for event in replay(open_recording(path)) if isinstance(event, RepEvent)]
    store.strike_out(store.reps(session_id)[0].id, by="anna")
    struck = store.reps(session_id, every=True)[0].id
    store.assign(session_id, "Zoë", by="anna")
    assert not store.complete(session_id)
    assert worked_through() == [DONE]
    assert {rep.id for rep in store.reps(session_id)} == {rep.id for rep in reps} - {struck}
    assert [(rep.id, rep.status) for rep in store.reps(session_id, every=True) if rep.status != "retracted"] == [
        (rep.id, rep.status) for rep in reps
    ]
    assert all(store.trace(rep.id).t_s for rep in reps)
    kept = {each.level for each in said} - {"meta", "trace"}
    assert revisions(store) == sorted(
        (each.fields["id"], each.fields["revision"]) for each in said if each.level in kept
    )
    session = store.session(session_id)
    assert (session.gym, session.strap, session.athlete, session.state) == ("barbell-club", "strap9", "Zoë", "ended")
    assert store.complete(session_id)


def test_what_was_begun_when_the_program_ended_is_done_by_the_next_and_nothing_need_have_come_before(
    store, upload, worked_through, tmp_path
):
    path, session_id = upload("toe_touch")
    with Uploaded(store, tmp_path / "uploads"):
        pass
    assert len(store.waiting()) == 1
    assert worked_through() == [DONE]
    session = store.session(session_id)
    assert (session.simulated, session.exercise) == (True, open_recording(path).header.exercise)
    assert session.reps == sum(isinstance(event, RepEvent) for event in replay(open_recording(path)))


def test_one_that_cannot_be_read_is_said_once_and_holds_up_nothing_else(store, upload, worked_through, caplog):
    path, _ = upload("a_torn_one", "monday", b"\x89MCAP0\r\n\x01\x00")
    upload("toe_touch")
    for _ in range(2):
        torn, whole = worked_through()
        assert (torn == DONE, whole) == (False, DONE)
    (said,) = [record.getMessage() for record in caplog.records if "not worked through" in record.getMessage()]
    assert str(path) in said


def test_a_deleted_session_stays_deleted(store, upload, worked_through, spoken, heard):
    path, session_id = upload("hinge")
    store.assign(session_id, "Zoë", by="anna")
    assert store.delete("Zoë") == 1
    upload("hinge")
    assert worked_through() == []
    assert (store.session(session_id), path.exists()) == (None, False)


def test_one_that_is_whole_and_was_counted_by_another_version_is_left_as_it_was_counted(recordings, tmp_path, capfd):
    made = open_recording(recordings / "simulated_toe_touch.mcap")
    path = tmp_path / "older.mcap"
    with McapWriter(path, msgspec.structs.replace(made.header, made_with={"hinge-imu": "0.0.1"})) as writer:
        for item in made.stream():
            writer.put(item)
    retell(path, made.header.session_id, complete=True)
    assert capfd.readouterr().out == ""
    retell(path, made.header.session_id, complete=False)
    assert '"ended"' in capfd.readouterr().out
    with pytest.raises(RecordingError, match="was sent as one of 'another'"):
        retell(path, "another", complete=False)
