import time

import msgspec
import numpy as np
import pytest

from hinge_imu.app import same
from hinge_imu.app.live import live
from hinge_imu.app.made_with import made_with
from hinge_imu.app.session import Listeners, run
from hinge_imu.config import load
from hinge_imu.events import MarkEvent, RepEvent, SensorEvent, SessionEvent
from hinge_imu.recording import McapWriter, RecordingError, open_recording, rounds
from hinge_imu.sensing.sampler import Sampler
from hinge_imu.simulate.bus import VirtualClock
from hinge_imu.simulate.lifter import Lifter
from hinge_imu.simulate.plan import Timetable, for_tempo
from hinge_imu.simulate.strap import strap


def recorded(path, *, seconds=None, **about):
    """Record a session as live does, on simulated chips and a clock of their own; the thorax is lost for a while."""
    lifter = Lifter(Timetable([for_tempo(70.0, 30.0, (1.6, 0.4, 1.2, 0.8))] * 2, 2.0), np.random.default_rng(5), 0.0)
    clock = VirtualClock(5_000_000_000)
    bus = strap(lifter, load(), np.random.default_rng(5), clock.now, busy=clock.advance)

    def items():
        yield from sampler.in_virtual_time(clock.advance, 5.0)
        sampler.mark("tempo", text="2-0-1-0")
        bus.unplug(0x69)
        yield from sampler.in_virtual_time(clock.advance, 1.0)
        bus.plug(0x69)
        yield from sampler.in_virtual_time(clock.advance, lifter.timetable.duration_s - 6.0)

    with bus.installed():
        sampler = Sampler(load(), clock=clock.now)
        header = sampler.header(session_id="monday", exercise="rdl", **about)
        with McapWriter(path, header) as writer:
            run(header, rounds(items(), 2), Listeners(inputs=[writer.put], events=[writer.event]))
        sampler.close()
    return path


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    return recorded(tmp_path_factory.mktemp("said") / "session.mcap", made_with=made_with())


def again(path, session, change, **about):
    """Write a recording with other events, or another header, and the same samples."""
    recording = open_recording(session)
    with McapWriter(path, msgspec.structs.replace(recording.header, **about)) as writer:
        for item in recording.stream():
            writer.put(item)
        for event in change(recording.events()):
            writer.event(event)
    return path


def test_a_replay_says_to_the_last_bit_what_was_said_live(session):
    said = open_recording(session).events()
    assert {RepEvent, SensorEvent, MarkEvent, SessionEvent} <= {type(event) for event in said}
    found = same.check(session)
    assert (found.same, found.exact, found.largest, found.compared) == (True, True, 0.0, len(said))
    assert "every bit is the same" in str(found)


def test_a_session_of_the_program_itself_is_the_same(tmp_path):
    rng = np.random.default_rng(1)
    chips = strap(Lifter(Timetable((), still_s=60.0), rng), load(), rng, time.monotonic_ns)
    with chips.installed():
        outcome = live(load(), tell=lambda _: None, seconds=2.0, recordings=tmp_path, publish=False)
    found = same.check(outcome.recording)
    assert (found.same, found.exact) == (True, True)


def changed(events):
    for event in events:
        if isinstance(event, RepEvent) and event.revision == 1 and event.rep == 2:
            yield msgspec.structs.replace(event, bottom_s=event.bottom_s + 1e-9, tempo="1-1-1-1")
        else:
            yield event


def test_what_differs_is_said_with_its_event_field_and_both_values(session, tmp_path, hinge_imu, lines):
    path = again(tmp_path / "a.mcap", session, changed)
    found = same.check(path)
    assert {each.field for each in found.differences} == {"bottom_s", "tempo"}
    assert "(rep): tempo was '1-1-1-1' live, and is '" in "\n".join(map(str, found.differences))
    done = hinge_imu("replay", "--check", "--json", path)
    assert done.returncode == 1
    assert {line["field"]: line["live"] for line in lines(done)}["tempo"] == "1-1-1-1"
    assert {line["event"] for line in lines(done)} == {"rep"}


def test_between_other_versions_values_may_differ_by_a_millionth_and_words_may_not(session, tmp_path):
    elsewhere = {**made_with(), "numpy": "1.0"}
    found = same.check(again(tmp_path / "a.mcap", session, changed, made_with=elsewhere))
    assert not found.exact
    assert [each.field for each in found.differences] == ["tempo"]
    assert 0.5e-9 < found.largest < 2e-9


@pytest.mark.parametrize("at", [0, 4, -1])
def test_an_event_that_only_one_has_is_the_first_difference(session, tmp_path, at):
    def without(events):
        del events[at]
        return events

    found = same.check(again(tmp_path / "a.mcap", session, without))
    assert not found.same or at == -1  # without its end, a session is one that was cut off


def test_the_program_says_that_they_are_the_same_and_which_of_the_two_was_asked(session, hinge_imu):
    done = hinge_imu("replay", "--check", session)
    assert (done.returncode, done.stdout) == (0, "")
    assert "to the last bit (same versions, same machine); every bit is the same" in done.stderr


@pytest.mark.parametrize("share", [0.4, 0.6])
def test_a_torn_recording_is_compared_up_to_where_it_is_whole(session, tmp_path, share):
    whole = session.read_bytes()
    path = tmp_path / "torn.mcap"
    path.write_bytes(whole[: int(len(whole) * share)])
    found = same.check(path)
    assert found.same
    assert 0 < found.compared < len(open_recording(session).events())
    assert "ends before the session did" in found.notes[0]


def test_a_recording_of_samples_alone_has_nothing_to_compare(session, tmp_path):
    path = again(tmp_path / "a.mcap", session, lambda _: [])
    with pytest.raises(RecordingError, match="holds nothing that was said live"):
        same.check(path)


def test_a_recording_that_is_damaged_on_the_way_is_refused(session, tmp_path):
    damaged = bytearray(session.read_bytes())
    damaged[len(damaged) // 2] ^= 0xFF
    path = tmp_path / "damaged.mcap"
    path.write_bytes(damaged)
    with pytest.raises(RecordingError, match="damaged on the way"):
        same.check(path)


@pytest.mark.parametrize("other", [["--smooth"], ["--rename", "1=rdl"]])
def test_a_check_is_of_the_session_as_it_was(hinge_imu, session, other):
    done = hinge_imu("replay", "--check", *other, session)
    assert done.returncode == 2
    assert f"{other[0]}: does not go with --check" in done.stderr
