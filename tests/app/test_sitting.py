"""Sessions cut out of an endless stream: somebody walks up, stands, hinges, and rests."""

import msgspec
import numpy as np
import pytest

from hinge_imu.app.session import Listeners, run
from hinge_imu.app.sitting import BEFORE_S, Patience, Sitting, wait
from hinge_imu.events import ClockEvent, FailedEvent, MarkEvent, RepEvent, SensorEvent
from hinge_imu.samples import NS
from hinge_imu.simulate import distractors, fast
from hinge_imu.simulate.lifter import Lifter
from hinge_imu.simulate.strap import timetable

LATE_NS = 5_000_000_000_000


@pytest.fixture(scope="module")
def walked(staged):
    header, raw = fast.recorded(staged(distractors.walk, still_s=4.0), np.random.default_rng(3))
    return header, raw


def blocks(raw, samples=20):
    return iter(np.array_split(raw, max(1, len(raw) // samples)))


def times(items):
    return np.concatenate([item["t_ns"] for item in items if isinstance(item, np.ndarray)]) * NS


def never():
    return False


def test_a_session_begins_with_the_still_second_in_front_on_its_own_time_axis(walked):
    header, raw = walked
    late = raw.copy()
    late["t_ns"] += LATE_NS
    sitting = wait(blocks(late), header, worn=False, called=never)
    t_s = times(sitting.stream())
    assert t_s[0] == 0.0
    assert sitting.zero_s + t_s[-1] == pytest.approx(late["t_ns"][-1] * NS)
    moved = Listeners()
    spoken = []
    moved.events.append(spoken.append)
    again = wait(blocks(late), header, worn=False, called=never)
    run(header, again.stream(), moved)
    assert not [event for event in spoken if "stand still" in getattr(event, "text", "")]


def test_nothing_begins_where_nobody_stands(walked):
    header, raw = walked
    assert wait(blocks(raw[raw["t_ns"] < 3.0 / NS]), header, worn=False, called=never) is None


def test_who_calls_is_not_made_to_wait_and_loses_nothing_of_what_had_just_come(walked):
    header, raw = walked
    calls = iter([False] * 30 + [True])
    sitting = wait(blocks(raw), header, worn=False, called=lambda: next(calls))
    assert sitting.zero_s == pytest.approx(30 * 20 / 2 / header.rate_hz + 0.1 - BEFORE_S, abs=0.25)
    assert len(times(sitting.stream())) == np.count_nonzero(raw["t_ns"] >= sitting.zero_ns)


def test_sessions_share_one_stream_and_no_sample_is_in_two(walked):
    _, raw = walked
    items = blocks(raw)
    first = Sitting(items)
    before = []
    for item in first.stream():
        before.append(item)
        if first.now_s > 2.0:
            first.end()
    second = Sitting(items, zero_ns=1)
    assert first.over
    assert len(times(before)) + len(times(second.stream())) == len(raw)


def test_marks_and_the_clock_move_with_the_session():
    said = [
        MarkEvent(what="pain", at_s=12.0),
        ClockEvent(started_utc="2026-05-01T12:00:00+00:00", at_s=13.0),
        SensorEvent(segment=None, what="hot", at_s=14.0),
    ]
    mark, clock, hot = Sitting(iter(said), zero_ns=10_000_000_000).stream()
    assert (mark.at_s, clock.at_s, hot.at_s) == (2.0, 3.0, 4.0)
    assert clock.started_utc == "2026-05-01T12:00:10+00:00"


def test_a_session_is_over_after_quiet_minutes_and_a_bend_begins_them_anew(rep):
    patience = Patience(quiet_s=600.0, longest_s=4 * 3600.0)
    assert not patience.over(599.0)
    patience.event(msgspec.structs.replace(rep, said_s=500.0, end_s=499.0))
    patience.event(FailedEvent(set=1, at_s=550.0))
    assert not patience.over(1149.0)
    assert patience.over(1151.0)
    assert not patience.rotating


def test_a_session_that_has_become_too_long_ends_when_the_wearer_rests(rep):
    patience = Patience(quiet_s=600.0, longest_s=3600.0)
    patience.event(msgspec.structs.replace(rep, said_s=3590.0, end_s=3590.0))
    assert not patience.over(3640.0)
    assert patience.over(3651.0)
    assert patience.rotating


def test_a_set_in_a_session_that_began_by_itself_is_counted_as_any_other():
    rng = np.random.default_rng(5)
    header, raw = fast.recorded(Lifter(timetable(rng, reps=3), rng), rng)
    sitting = wait(blocks(raw), header, worn=True, called=never)
    said = []
    run(header, sitting.stream(), Listeners(events=[said.append]))
    assert len({event.id for event in said if isinstance(event, RepEvent) and event.status != "retracted"}) == 3
