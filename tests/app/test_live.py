import json
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
import pytest

from hinge_imu.app.folders import default_recordings
from hinge_imu.app.live import live, standby
from hinge_imu.config import load
from hinge_imu.events import SensorEvent, SessionEvent
from hinge_imu.publish.broker import PrivateBroker
from hinge_imu.publish.coach import Coach
from hinge_imu.publish.outbox import Outbox
from hinge_imu.recording import open_recording
from hinge_imu.samples import NS
from hinge_imu.simulate.bus import SimulatedBus
from hinge_imu.simulate.lifter import Lifter
from hinge_imu.simulate.plan import Timetable
from hinge_imu.simulate.strap import strap, timetable


@pytest.fixture
def standing():
    """The chips of someone who only stands, in real time."""
    rng = np.random.default_rng(1)
    return strap(Lifter(Timetable((), still_s=60.0), rng), load(), rng, time.monotonic_ns)


def test_a_bus_without_sensors_is_told_by_address_and_ends_nothing(tmp_path):
    said = []
    with SimulatedBus({}, time.monotonic_ns).installed():
        outcome = live(load(), tell=said.append, seconds=1.0, recordings=tmp_path, publish=False)
    lost = [event for event in said if isinstance(event, SensorEvent)]
    assert [(event.segment, event.what) for event in lost] == [("pelvis", "lost"), ("thorax", "lost")]  # once each
    assert "0x68" in lost[0].text
    assert "0x69" in lost[1].text
    assert outcome.recording.exists()


def test_one_sensor_that_does_not_answer_leaves_the_other_recording(standing, tmp_path):
    said = []
    standing.unplug(0x69)
    with standing.installed():
        outcome = live(load(), tell=said.append, seconds=2.0, recordings=tmp_path, publish=False)
    raw = np.concatenate([*open_recording(outcome.recording).blocks()])
    assert set(raw["sensor"]) == {0}
    assert len(raw) == pytest.approx(2 * 200, rel=0.35)
    lost, gap = [event for event in said if isinstance(event, SensorEvent)]
    assert [(event.segment, event.what) for event in (lost, gap)] == [("thorax", "lost"), ("thorax", "gap")]
    assert gap.lost_s == pytest.approx(2.0, abs=0.6)
    assert "0x69" in lost.text
    assert open_recording(outcome.recording).events() == said


def test_a_card_that_may_not_be_written_ends_nothing_and_is_said(standing, tmp_path, monkeypatch):
    monkeypatch.setattr("hinge_imu.recording.disk.CLOSE_S", 0.1)
    (tmp_path / "card").write_text("this is no folder")
    said, heard = [], []
    with standing.installed():
        live(load(), tell=heard.append, say=said.append, seconds=1.5, recordings=tmp_path / "card", publish=False)
    assert heard[-1].sensors["thorax"].samples > 100
    told = [event.text for event in heard if isinstance(event, SensorEvent)] + said
    begins, ends = [sentence for sentence in told if "the disk" in sentence]
    assert "the session is published, and kept in memory for the next 48 minutes; see to the card" in begins
    assert "has not taken the last" in ends


def test_a_broker_that_is_down_costs_nothing_but_is_counted(standing, tmp_path):
    config = load()
    publish = msgspec.structs.replace(config.publish, mqtt="mqtt://127.0.0.1:1")
    config = msgspec.structs.replace(config, publish=publish)
    with standing.installed():
        outcome = live(config, tell=lambda _: None, seconds=2.0, recordings=tmp_path)
    assert len(np.concatenate([*open_recording(outcome.recording).blocks()])) > 400
    with Outbox(tmp_path / "outbox.sqlite", 1.0) as outbox:
        assert [message.level for message in outbox.take(9)][-1] == "session"
        assert len(outbox) == outcome.unacknowledged


def test_an_outbox_that_cannot_be_written_is_said_and_recorded_and_what_waits_is_sent_all_the_same(tmp_path):
    (tmp_path / "outbox.sqlite").mkdir()
    said = []
    with PrivateBroker() as broker, SimulatedBus({}, time.monotonic_ns).installed():
        config = load()
        publish = msgspec.structs.replace(config.publish, mqtt=broker.url)
        with Coach(broker.url, publish.gym) as coach:
            config = msgspec.structs.replace(config, publish=publish)
            outcome = live(config, tell=said.append, seconds=1.5, recordings=tmp_path)
            heard = [topic.rsplit("/", 1)[-1] for topic, _ in coach.messages(0.3)]
    assert outcome.unacknowledged == 0
    assert "session" in heard
    (disk,) = [event for event in said if isinstance(event, SensorEvent) and event.what == "disk"]
    assert str(tmp_path / "outbox.sqlite") in disk.text
    assert disk in open_recording(outcome.recording).events()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_program_cleanly_with_a_whole_recording(tmp_path, number):
    program = Path(sys.executable).parent / "hinge-imu"
    command = [program, "live", "--no-publish", "--recordings", tmp_path, "--bus", "97"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        process.stderr.readline()  # it looks for the bus by now
        process.send_signal(number)
        rest = process.communicate(timeout=20)[1]
    assert process.returncode == 0
    (path,) = tmp_path.glob("*.mcap")
    assert f"recorded in {path}" in rest
    recording = open_recording(path)
    assert [*recording.blocks()] == []
    assert recording.warnings == []


def test_options_name_the_topics_and_a_name_that_no_topic_can_carry_is_refused(hinge_imu):
    done = hinge_imu("live", "--gym", "a/b", "--seconds", 1)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "a name has no spaces, slashes, + or #" in done.stderr


def test_a_service_records_into_its_state_directory_and_a_person_into_their_data(monkeypatch):
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/hinge-imu")
    assert default_recordings() == Path("/var/lib/hinge-imu")
    monkeypatch.delenv("STATE_DIRECTORY")
    monkeypatch.setenv("XDG_DATA_HOME", "/home/sam/data")
    assert default_recordings() == Path("/home/sam/data/hinge-imu/recordings")


def test_a_configuration_file_that_misspells_a_name_is_refused_with_the_name(hinge_imu, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("[chip]\nrate_hertz = 100\n")
    done = hinge_imu("live", "--config", path, "--seconds", 1)
    assert done.returncode == 2
    assert str(path) in done.stderr
    assert "rate_hertz" in done.stderr


def test_a_recording_keeps_the_exercise_of_one_s_own(hinge_imu, tmp_path):
    own = tmp_path / "mine.toml"
    own.write_text('name = "pull_through"\ntitle = "Cable pull-through"\nset_gap_s = 3\n')
    options = ("--no-publish", "--recordings", tmp_path, "--bus", 97, "--seconds", 1, "--tempo", "3-1-X-0")
    assert hinge_imu("live", "--exercise", own, *options).returncode == 0
    (path,) = tmp_path.glob("*.mcap")
    header = open_recording(path).header
    assert (header.exercise, header.tempo) == ("pull_through", "3-1-X-0")
    assert (header.profile.name, header.profile.set_gap_s) == ("pull_through", 3.0)


def test_json_live_lines_carry_the_fields_of_a_replay(hinge_imu, tmp_path):
    done = hinge_imu("live", "--json", "--no-publish", "--recordings", tmp_path, "--bus", 97, "--seconds", 1)
    assert done.returncode == 0
    assert [json.loads(line)["event"] for line in done.stdout.splitlines()] == ["sensor", "sensor", "notice", "session"]


class Wallclock:
    """One that learns the time a moment after the session has begun."""

    began_utc = "2026-05-01T12:00:00+00:00"

    def __init__(self):
        self.asked = 0

    @property
    def known(self):
        return self.asked > 2

    def began(self, ago_s):
        self.asked += 1
        return self.began_utc if self.known else None

    def now(self):
        return datetime(1970, 1, 1, 0, 5, tzinfo=UTC)


def test_a_session_that_began_in_1970_gets_its_date_when_the_clock_is_known(standing, tmp_path, monkeypatch):
    monkeypatch.setattr("hinge_imu.app.housekeeping.Housekeeping.__init__.__defaults__", (0.3,))
    monkeypatch.setattr("hinge_imu.app.live.Wallclock", Wallclock)
    said = []
    with standing.installed():
        outcome = live(load(), tell=said.append, seconds=2.5, recordings=tmp_path, publish=False)
    assert outcome.recording.name == f"20260501T120000Z_{outcome.header.session_id}.mcap"
    assert outcome.header.started_utc is None
    sessions = [event for event in said if isinstance(event, SessionEvent)]
    assert [(event.state, event.revision, event.started_utc) for event in sessions] == [
        ("open", 1, Wallclock.began_utc),
        ("ended", 2, Wallclock.began_utc),
    ]
    recording = open_recording(outcome.recording)
    assert (recording.header.started_utc, recording.known.started_utc) == (None, Wallclock.began_utc)
    samples = np.concatenate([*recording.blocks()])
    assert np.all(np.diff(samples["t_ns"][samples["sensor"] == 0]) >= 0), "no time of a sample has jumped"


def test_on_standby_a_session_begins_with_the_first_stillness_after_a_movement_and_ends_when_nothing_happens(tmp_path):
    rng = np.random.default_rng(2)
    lifter = Lifter(Timetable(timetable(rng, reps=1).reps, still_s=2.5), rng)
    shipped = load()
    config = msgspec.structs.replace(shipped, session=msgspec.structs.replace(shipped.session, quiet_min=0.05))
    chips = strap(lifter, config, rng, time.monotonic_ns)
    said = []
    with chips.installed():
        poweroff = standby(config, tell=said.append, seconds=15.0, recordings=tmp_path, publish=False)
    assert not poweroff
    assert [event.state for event in said if isinstance(event, SessionEvent)] == ["ended"]
    (path,) = tmp_path.glob("*.mcap")
    assert open_recording(path).warnings == []
    samples = np.concatenate([*open_recording(path).blocks()])
    assert samples["t_ns"][0] == 0
    assert samples["t_ns"][-1] * NS == pytest.approx(3.0, abs=0.8)
