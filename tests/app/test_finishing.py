"""What was cut off is brought to its end: on recordings of the simulated lifter, cut where a kill might have."""

import os
import signal
import subprocess
import sys

import msgspec
import pytest

from hinge_imu.app.finishing import finish, finishing
from hinge_imu.app.folders import OUTBOX, torn
from hinge_imu.app.replay import replay
from hinge_imu.events import RepEvent
from hinge_imu.publish.outbox import Outbox
from hinge_imu.recording import McapWriter, open_recording
from hinge_imu.recording.recover import is_whole


@pytest.fixture
def cut(made, tmp_path):
    """A session of six reps, as a kill has left it after two thirds of its bytes."""
    path = tmp_path / "20260101T100000Z_cut.mcap"
    whole = made.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    return path


def waiting(folder):
    with Outbox(folder / OUTBOX, 10.0) as outbox:
        found = outbox.take(10_000)
    return [(message.level, message.key, msgspec.json.decode(message.payload)) for message in found]


def test_a_session_that_was_cut_off_is_made_whole_and_all_that_it_says_waits_for_the_broker(cut):
    finish(cut, publish=True)
    assert is_whole(cut)
    reps = {rep.id: rep for rep in replay(open_recording(cut)) if isinstance(rep, RepEvent)}
    assert len(reps) >= 2
    told = waiting(cut.parent)
    said = {fields["id"]: fields for level, _, fields in told if level == "rep"}
    assert {id_: fields["status"] for id_, fields in said.items() if fields["status"] != "retracted"} == {
        id_: rep.status for id_, rep in reps.items()
    }
    traces = {fields["rep_id"] for level, _, fields in told if level == "trace"}
    assert traces == {id_ for id_, rep in reps.items() if rep.status == "confirmed"}
    assert [fields["state"] for level, _, fields in told if level == "session"] == ["ended"]


def test_what_was_said_before_is_not_said_again(cut):
    as_it_was = cut.read_bytes()
    finish(cut, publish=True)
    first = waiting(cut.parent)
    cut.with_name(f"{cut.name}.torn").unlink()
    cut.write_bytes(as_it_was)
    finish(cut, publish=True)
    assert [key for _, key, _ in waiting(cut.parent)] == [key for _, key, _ in first]


def test_a_file_without_a_beginning_is_kept_aside_and_not_asked_for_again(tmp_path):
    path = tmp_path / "20260101T100000Z_short.mcap"
    path.write_bytes(b"\x89MCAP0\r\n\x01\x00")
    finish(path, publish=True)
    assert torn(tmp_path) == []
    assert (tmp_path / f"{path.name}.torn").exists()


def test_one_that_is_being_written_and_whole_ones_are_none_of_them(made, cut, tmp_path):
    header = open_recording(made).header
    (tmp_path / "whole.mcap").write_bytes(made.read_bytes())
    with McapWriter(tmp_path / "now.mcap", header, trouble=lambda _: None) as writer:
        writer._disk.wait(5.0)
        assert torn(tmp_path) == [cut]


def test_another_process_does_it_beside_the_session_and_is_ended_with_it(cut):
    with finishing(cut.parent, publish=True) as found:
        assert found
        # It is killed with the program at any moment: what it has not done is done next time.
    with finishing(cut.parent, publish=True):
        pass
    done = subprocess.run([sys.executable, "-m", "hinge_imu.app.finishing", "--publish", cut], check=False, timeout=60)
    assert done.returncode == 0
    assert is_whole(cut)


def test_killed_at_any_moment_it_is_done_by_the_next(cut):
    command = [sys.executable, "-m", "hinge_imu.app.finishing", "--publish", cut]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        # As soon as it has put something: in the midst of the session.
        while not (cut.parent / OUTBOX).exists() and process.poll() is None:
            os.sched_yield()
        process.send_signal(signal.SIGKILL)
    finish(cut, publish=True)
    assert is_whole(cut)
    keys = [key for _, key, _ in waiting(cut.parent)]
    assert len(keys) == len(set(keys))
    assert {id_ for id_, _ in keys} >= {rep.id for rep in replay(open_recording(cut)) if isinstance(rep, RepEvent)}
