import numpy as np
import pytest

import hinge_imu
from hinge_imu.events import ClockEvent, MarkEvent, SessionEvent
from hinge_imu.pipeline import Pipeline
from hinge_imu.recording import McapWriter, RecordingError, open_recording


def test_one_call_from_python_gives_reps_sets_faults_and_angles(made, truth):
    session = hinge_imu.analyze(made)
    assert [rep.rep for rep in session.reps] == [1, 2, 3, 4, 5, 6]
    assert [set_.reps for set_ in session.sets] == [6]
    assert [fault.name for fault in session.faults] == [name for rep in truth["reps"] for name in rep["faults"]]
    deepest = np.degrees(np.nanmax(session.angles.thorax))
    assert deepest == pytest.approx(max(rep["thorax_rom_deg"] for rep in truth["reps"]), abs=4)


def test_spine_is_thorax_less_pelvis_wherever_both_are_known(made):
    angles = hinge_imu.analyze(made, exercise="rdl").angles
    both = np.isfinite(angles.pelvis) & np.isfinite(angles.thorax)
    assert np.array_equal(np.isfinite(angles.spine), both)
    assert np.allclose(angles.spine[both], (angles.thorax - angles.pelvis)[both], atol=0)


def test_who_hinges_straight_down_and_up_neither_tilts_nor_turns_by_much(made):
    session = hinge_imu.analyze(made)
    for rep in session.reps[1:]:
        during = (session.angles.t_s > rep.start_s) & (session.angles.t_s < rep.end_s)
        assert np.abs(np.degrees(session.frontal.tilt[during])).max() < 5
        assert np.degrees(np.ptp(session.frontal.turn[during], axis=0)).max() < 4


def test_an_exercise_or_a_tempo_that_there_is_not_raises_a_value_error_that_names_it(made):
    with pytest.raises(ValueError, match="yoga: is not known"):
        hinge_imu.analyze(made, exercise="yoga")
    with pytest.raises(ValueError, match="tempo 'slow'"):
        hinge_imu.analyze(made, tempo="slow")


def test_a_tempo_of_the_call_is_held_against_what_was_lifted(made):
    session = hinge_imu.analyze(made, tempo="9-1-1-0")
    assert {fault.name for fault in session.faults if fault.limit == 9.0} == {"off_tempo"}
    assert session.sets[0].tempo_kept_share == 0.0
    assert hinge_imu.analyze(made).sets[0].tempo_kept_share is None


def test_a_missing_recording_raises_an_error_that_helps(tmp_path):
    with pytest.raises(RecordingError, match="there is no such file"):
        hinge_imu.analyze(tmp_path / "nothing.mcap")


def test_a_name_that_the_package_does_not_have_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'analyse'"):
        hinge_imu.analyse  # noqa: B018  # asking for it is the test


def test_what_became_known_in_mid_session_is_known_of_all_of_it_and_the_replay_says_what_was_said_live(made, tmp_path):
    recording, path, said = open_recording(made), tmp_path / "later.mcap", []
    pipeline = Pipeline(recording.header)
    clock = ClockEvent(started_utc="2026-03-01T17:00:00+00:00", at_s=5.0)
    with McapWriter(path, recording.header) as writer:
        for number, block in enumerate(recording.blocks()):
            items = [clock, MarkEvent(what="athlete", at_s=5.0, text="kim"), block] if number == 10 else [block]
            for item in items:
                writer.put(item)
                said += pipeline.push(item)
    said += pipeline.finish()
    session = hinge_imu.analyze(path)
    assert (session.header.started_utc, session.header.athlete) == (clock.started_utc, "kim")
    live = [event for event in said if isinstance(event, SessionEvent)]
    assert [event for event in session.others if isinstance(event, SessionEvent)] == live
    assert [event.athlete for event in live] == [None, "kim", "kim"]
