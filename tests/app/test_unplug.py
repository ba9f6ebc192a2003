"""A board that comes off in the middle of a set, seen from the coach's end of the line."""

from contextlib import closing

import msgspec
import numpy as np
import pytest

from hinge_imu.app.session import Listeners, run
from hinge_imu.config import load
from hinge_imu.publish.broker import PrivateBroker
from hinge_imu.publish.coach import Coach
from hinge_imu.publish.link import Link
from hinge_imu.publish.outbox import Outbox
from hinge_imu.publish.publisher import Publisher
from hinge_imu.recording import McapWriter, batched, open_recording
from hinge_imu.sensing.sampler import Sampler
from hinge_imu.simulate import truth
from hinge_imu.simulate.bus import VirtualClock
from hinge_imu.simulate.lifter import Lifter
from hinge_imu.simulate.plan import Timetable, for_tempo
from hinge_imu.simulate.strap import strap

REPS, AWAY_S = 8, 5.0
ADDRESS = {"pelvis": 0x68, "thorax": 0x69}


@pytest.fixture(scope="module")
def broker():
    with PrivateBroker() as running:
        yield running


@pytest.fixture(scope="module", params=["pelvis", "thorax"])
def lost(request):
    return request.param


@pytest.fixture(scope="module", params=["eccentric", "concentric"])
def session(request, lost, broker, tmp_path_factory):
    """What the coach heard of a set in which one board was off the cable for 5 s, from the middle of the fourth rep."""
    config = load()
    publish = msgspec.structs.replace(config.publish, gym="unplugged", strap=f"{lost}-{request.param}", mqtt=broker.url)
    config = msgspec.structs.replace(config, publish=publish)
    rng = np.random.default_rng(3)
    lifter = Lifter(Timetable((for_tempo(70.0, 10.0, (2.0, 0.5, 1.4, 1.1)),) * REPS, 2.0), rng)
    rep = truth.labels(lifter, "hinge")["reps"][3]
    phase = ("start_s", "bottom_s") if request.param == "eccentric" else ("bottom_s", "end_s")
    off_s = (rep[phase[0]] + rep[phase[1]]) / 2
    clock = VirtualClock()
    bus = strap(lifter, config, rng, clock.now, busy=clock.advance)
    agenda = [(off_s, bus.unplug), (off_s + AWAY_S, bus.plug)]

    def advance(ns):
        clock.advance(ns)
        while agenda and agenda[0][0] <= clock.now() * 1e-9:
            agenda.pop(0)[1](ADDRESS[lost])

    folder = tmp_path_factory.mktemp("unplugged")
    path = folder / "session.mcap"
    with (
        Coach(broker.url, publish.gym) as coach,
        bus.installed(),
        closing(Sampler(config, clock=clock.now)) as sampler,
    ):
        header = sampler.header(session_id="unplugged", exercise="hinge", simulated=True)
        said = []
        with (
            McapWriter(path, header) as writer,
            Outbox(folder / "outbox.sqlite", 100.0) as outbox,
            Link(publish, outbox) as link,
        ):
            publisher = Publisher(header, link)
            listeners = Listeners(
                inputs=[writer.put],
                angles=[publisher.angles],
                events=[writer.event, publisher.event, said.append],
            )
            stream = sampler.in_virtual_time(advance, lifter.timetable.duration_s + 4.0)
            run(header, batched(stream, 40), listeners)
            publisher.finish()
            assert link.close() == 0
        heard = [(topic.rsplit("/", 1)[-1], message) for topic, message in coach.messages(1.0)]
    return heard, off_s, path


def standing(heard):
    """Return the highest revision of each rep."""
    reps = {message["id"]: message for level, message in heard if level == "rep"}
    return [rep for rep in reps.values() if rep["status"] != "retracted"]


def test_the_set_has_all_its_reps_and_no_more(session):
    heard, _, _ = session
    assert [message["reps"] for level, message in heard if level == "set"] == [REPS]
    assert len(standing(heard)) == REPS


def test_the_coach_hears_that_it_is_lost_and_that_it_is_back(session, lost):
    heard, off_s, _ = session
    facts = {message["what"]: message for level, message in heard if level == "sensor"}
    assert set(facts) == {"lost", "back", "gap"}
    assert {message["segment"] for message in facts.values()} == {lost}
    assert off_s <= facts["lost"]["at_s"] < off_s + 0.3
    assert off_s + AWAY_S <= facts["back"]["at_s"] < off_s + AWAY_S + 3.0
    assert f"{ADDRESS[lost]:#04x}" in facts["lost"]["text"]


def test_spine_values_are_null_while_it_is_away_and_right_again_after(session):
    heard, off_s, _ = session
    reps = standing(heard)
    away = [rep for rep in reps if rep["start_s"] < off_s + AWAY_S and rep["end_s"] > off_s]
    after = [rep for rep in reps if rep["start_s"] > off_s + AWAY_S + 4.0]
    assert away
    assert after
    assert all(rep["spine_flexion_peak_deg"] is None for rep in away)
    assert all(rep["spine_share"] is None for rep in away)
    assert [rep["spine_flexion_peak_deg"] for rep in after] == pytest.approx([10.0] * len(after), abs=2.5)


def test_the_session_sums_up_what_was_missed(session, lost):
    heard, _, _ = session
    (summary,) = [message for level, message in heard if level == "session"]
    assert summary["reps"] == REPS
    assert summary["sensors"][lost]["lost_s"] == pytest.approx(AWAY_S, abs=3.0)
    assert summary["sensors"][lost]["events"] == {"lost": 1, "back": 1, "gap": 1}


def test_replayed_the_recording_says_the_same(session, agree):
    _, _, path = session
    recording = open_recording(path)
    again = []
    run(recording.header, recording.stream(), Listeners(events=[again.append]))
    agree(again, recording.events())
