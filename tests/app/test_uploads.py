import os
import subprocess
import sys
from pathlib import Path
from threading import Event

import msgspec
import pytest
import typer

from hinge_imu.app import uploads as module
from hinge_imu.app.uploads import Status, Uploads, send, status, waiting
from hinge_imu.commands.upload import upload as command
from hinge_imu.config import Config, ConfigError, UploadConfig, load
from hinge_imu.publish.upload import UploadError
from hinge_imu.recording import RecordingError

PROGRAM = Path(sys.executable).parent / "hinge-imu"


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "recordings"
    made.mkdir()
    return made


@pytest.fixture
def record(receiver, folder):
    """Record so many MB under a name."""
    return lambda name, megabytes=0.1, seed=0: receiver.recording(folder / f"{name}.mcap", megabytes, seed)


class Mine:
    """A dashboard, as one of its straps knows it."""

    def __init__(self, dashboard, folder, strap):
        self.dashboard, self.folder, self.strap = dashboard, folder, strap
        self.config = load(self.settings())

    def settings(self, token=None):
        return self.dashboard.settings(self.folder, token=token, strap=self.strap)

    def arrived(self):
        return self.dashboard.arrived(self.strap)

    def received(self):
        return self.dashboard.received(self.strap)


@pytest.fixture
def strap(lasting, tmp_path, request):
    """The strap of this test, at a dashboard that others use as well."""
    return Mine(lasting, tmp_path, request.node.name[:60])


@pytest.fixture
def alone(dashboard, tmp_path):
    """A strap at a dashboard that may be killed."""
    return Mine(dashboard, tmp_path, "strap")


@pytest.fixture
def config(strap):
    return strap.config


@pytest.fixture
def heard(monkeypatch):
    """An event that is set whenever the thread has nothing to do but wait; `quiet()` waits for the next one."""
    done = Event()
    original = Uploads._round

    def watched(self):
        wait_s = original(self)
        done.set()
        return wait_s

    monkeypatch.setattr(Uploads, "_round", watched)

    def quiet():
        assert done.wait(20.0)
        done.clear()

    return quiet


def recorded(folder):
    return {path.name: path.read_bytes() for path in folder.glob("*.mcap")}


def test_what_waits_is_sent_the_oldest_first(strap, config, folder, record, heard):
    for name in ("20250103T100000Z_c", "20250101T100000Z_a", "20250102T100000Z_b"):
        record(name)
    with Uploads(folder, config) as uploads:
        heard()
        assert all(uploads.uploaded(path) for path in folder.glob("*.mcap"))
        assert uploads.status() == Status(0, None)
    assert strap.arrived() == recorded(folder)
    assert [each["name"][-6] for each in strap.received()] == ["a", "b", "c"]
    assert strap.received()[0]["athlete"] == "sam"


def test_whatever_else_the_program_does_comes_first(config, folder, heard):
    before = os.getpriority(os.PRIO_PROCESS, 0)
    with Uploads(folder, config) as uploads:
        heard()
        assert os.getpriority(os.PRIO_PROCESS, uploads._thread.native_id) == min(before + 15, 19)
    assert os.getpriority(os.PRIO_PROCESS, 0) == before


def test_a_session_that_ends_is_sent_when_told(strap, config, folder, record, heard):
    with Uploads(folder, config) as uploads:
        heard()
        path = record("monday")
        assert not uploads.uploaded(path)
        uploads.wake()
        heard()
        assert uploads.uploaded(path)
    assert strap.arrived() == recorded(folder)


def test_what_is_being_written_or_torn_is_left_alone(strap, config, folder, record, heard):
    record("done")
    writing, torn = record("writing"), record("torn")
    torn.write_bytes(torn.read_bytes()[:-1])
    with Uploads(folder, config, skip=lambda path: path == writing) as uploads:
        heard()
        assert not uploads.uploaded(writing)
        assert not uploads.uploaded(torn)
    assert list(strap.arrived()) == ["done.mcap"]


def test_a_recording_that_is_relabelled_is_sent_again_as_another_version(strap, config, folder, record, heard):
    path = record("monday", seed=1)
    first = path.read_bytes()
    with Uploads(folder, config) as uploads:
        heard()
        record("monday", seed=2)
        assert not uploads.uploaded(path)
        uploads.wake()
        heard()
        assert uploads.uploaded(path)
    assert set(strap.arrived().values()) == {first, path.read_bytes()}
    assert len(strap.received()) == 2


def test_what_was_acknowledged_is_remembered_by_the_next_process(alone, folder, record, heard):
    path = record("monday")
    send(path, alone.config)
    alone.dashboard.kill()
    with Uploads(folder, alone.config) as uploads:
        heard()
        assert uploads.uploaded(path)
        assert uploads.status() == Status(0, None)


def test_another_dashboard_gets_all_of_them(config, folder, record):
    path = record("monday")
    send(path, config)
    moved = msgspec.structs.replace(config, upload=UploadConfig(url="https://elsewhere.gym"))
    assert list(waiting(folder, config)) == []
    assert list(waiting(folder, moved)) == [path]


def test_a_dead_link_is_tried_again_by_itself_until_it_carries(alone, folder, record, heard, caplog):
    record("monday")
    alone.dashboard.kill()
    with Uploads(folder, alone.config, first_s=0.05) as uploads:
        heard()
        assert uploads.status().waiting == 1
        assert "is out of reach (Connection refused)" in uploads.status().problem
        assert status(folder, alone.config) == uploads.status()  # and so sees a doctor, from another process
        alone.dashboard.start()
        while uploads.status() != Status(0, None):
            heard()
    assert alone.arrived() == recorded(folder)
    assert caplog.text.count("out of reach (Connection refused)") == 1


def test_waits_grow_until_something_has_arrived(folder, alone, record):
    record("monday")
    alone.dashboard.kill()
    uploads = Uploads(folder, alone.config, first_s=10.0)
    for expected in (10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0, 900.0, 900.0):
        assert 0.5 * expected <= uploads._round() <= expected
    alone.dashboard.start()
    assert uploads._round() == module.LOOK_S
    record("tuesday")
    alone.dashboard.kill()
    assert uploads._round() <= 10.0


def test_what_the_dashboard_never_takes_holds_nothing_else_up(strap, config, folder, record):
    record("20250101T100000Z_long", 5.5)
    record("20250102T100000Z_short")
    uploads = Uploads(folder, config)
    assert uploads._round() == module.LOOK_S
    assert list(strap.arrived()) == ["20250102T100000Z_short.mcap"]
    assert uploads.status().waiting == 1
    assert "5000000 is the most" in uploads.status().problem


def test_a_token_that_is_not_known_is_tried_once_a_session_and_said_once(strap, folder, record, caplog):
    config = load(strap.settings(token="guess"))  # noqa: S106 - nobody's
    record("monday"), record("tuesday")
    uploads = Uploads(folder, config)
    assert uploads._round() is None
    assert uploads._round() is None
    assert caplog.text.count("token is not known") == 1
    assert "guess" not in caplog.text
    strap.settings()
    assert uploads._round() == module.LOOK_S
    assert strap.arrived() == recorded(folder)


def test_where_no_dashboard_is_configured_nothing_waits_and_nothing_is_written(folder, record):
    path = record("monday")
    with Uploads(folder, Config()) as uploads:
        uploads.wake()
        assert uploads.uploaded(path)
        assert uploads.status() == Status(0, None)
    assert list(folder.iterdir()) == [path]


def test_an_address_that_cannot_be_used_is_said_before_a_session_begins(folder):
    with pytest.raises(ConfigError, match="whole network"):
        Uploads(folder, Config(upload=UploadConfig(url="http://dashboard.gym")))


def test_the_receipts_of_recordings_that_are_gone_go(config, folder, record):
    path = record("monday")
    send(path, config)
    path.unlink()
    assert len(list(folder.glob(".uploads/*.json"))) == 1
    Uploads(folder, config)._round()
    assert list(folder.glob(".uploads/*.json")) == []


def test_what_is_sent_by_hand_must_be_a_whole_recording(config, folder, record):
    path = record("monday")
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(RecordingError, match="is torn; mend it with `hinge-imu recover`"):
        send(path, config)
    with pytest.raises(RecordingError, match="hinge-imu convert"):
        send(path.with_suffix(".csv"), config)


def test_a_stop_in_the_middle_is_no_problem_to_report(config, folder, record):
    record("monday", 1.0)
    uploads = Uploads(folder, config)
    uploads._progress = lambda share: uploads._stopped.set()
    uploads._round()
    assert uploads.status() == Status(1, None)


def test_a_receipt_that_cannot_be_kept_is_said_and_nothing_fails(config, folder, record, caplog):
    path = record("monday")
    (folder / ".uploads").write_text("in the way")
    send(path, config)
    assert "that cannot be noted" in caplog.text


def test_the_command_says_what_it_did_and_what_not(strap, folder, record):
    path, torn = record("monday"), record("tuesday")
    torn.write_bytes(torn.read_bytes()[:-8])
    call = [PROGRAM, "upload", "--config", strap.settings(), path, torn]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == "monday.mcap: the dashboard has it (0.1 MB)\n"
    assert "tuesday.mcap: not sent" in done.stderr
    assert "is torn" in done.stderr
    assert strap.arrived() == {"monday.mcap": path.read_bytes()}


def test_the_command_sends_all_that_waits_where_no_file_is_named(strap, folder, record, capsys):
    path = record("monday")
    for said in ("monday.mcap: the dashboard has it (0.1 MB)", f"nothing waits in {folder}"):
        with pytest.raises(typer.Exit) as done:
            command(recordings=folder, config=strap.settings())
        assert done.value.exit_code == 0
        assert said in "".join(capsys.readouterr()).replace("\n", "")
    assert strap.arrived() == {"monday.mcap": path.read_bytes()}


def test_the_command_gives_up_where_no_recording_would_fare_better(strap, folder, record, capsys):
    record("monday"), record("tuesday"), record("wednesday")
    with pytest.raises(typer.Exit) as done:
        command(recordings=folder, config=strap.settings(token="guess"))  # noqa: S106 - nobody's
    assert done.value.exit_code == 1
    said = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in said] == [
        "monday.mcap",
        "the other 2 would fare no better, and were not tried",
    ]


def test_the_command_without_a_dashboard_says_what_to_set(tmp_path):
    with pytest.raises(ConfigError, match=r"\[upload\] has no url"):
        command(recordings=tmp_path)


def test_a_send_that_fails_is_not_taken_for_done(alone, folder, record):
    path = record("monday")
    alone.dashboard.kill()
    with pytest.raises(UploadError):
        send(path, alone.config)
    assert list(waiting(folder, alone.config)) == [path]
