import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hinge_imu.events import ClockEvent, MarkEvent, NoticeEvent, SensorEvent, SessionEvent, to_dict
from hinge_imu.publish.messages import Messages, utc
from hinge_imu.publish.trace import LONGEST_S
from hinge_imu.samples import Angles, SagittalAngles


def payloads(messages):
    return [msgspec.json.decode(message.payload) for message in messages]


def stream(seconds, rate_hz=200):
    t = np.arange(int(seconds * rate_hz)) / rate_hz
    thorax = np.where((t > 5) & (t < 6), np.nan, np.sin(t))
    return SagittalAngles(np.rint(t * 1e9).astype(np.int64), np.sin(t) / 2, thorax, thorax - np.sin(t) / 2)


def blocks(angles, cuts=()):
    edges = zip([0, *cuts], [*cuts, len(angles.t_ns)], strict=True)
    return [Angles(SagittalAngles(*(array[start:end] for array in angles)), None) for start, end in edges]


def session(**about):
    unknown = {"end_s": 2.0, "sets": None, "reps": None, "sensors": {}, "bus": {}, "state": "open"}
    return SessionEvent(id="monday-1-session", **{**unknown, **about})


def test_every_message_carries_what_all_share_and_says_the_same_outside_as_inside(header, events):
    messages = [message for event in events for message in Messages(header).event(event)]
    for message, payload in zip(messages, payloads(messages), strict=True):
        assert payload["schema"] == f"hinge/v1/{message.level}"
        assert message.topic == f"hinge/v1/barbell-club/{header.config.publish.strap}/{message.level}"
        assert payload["session_id"] == "monday-1"
        assert payload["athlete"] == (None if message.level == "session" else "Zoë")  # that event says so itself
        assert (payload["id"], payload["revision"]) == (message.id, message.revision)
        assert payload["event"] == message.level
    seconds = [payload["time"][17:19] for payload in payloads(messages) if payload["event"] not in {"session", "trace"}]
    assert seconds == ["16", "14", "00", "01", "02", "00", "03", "00"]


def test_what_has_no_id_of_its_own_is_numbered_by_level_so_a_session_said_again_says_the_very_same(header, events):
    once, again = (
        [message for event in events for message in made.event(event)] for made in map(Messages, [header] * 2)
    )
    assert once == again
    assert [message.id for message in once if message.level == "sensor"] == ["monday-1-sensor-1", "monday-1-sensor-2"]
    assert len({message.key for message in once}) == len(once)


def test_the_clock_is_not_said_itself_but_fills_the_time_of_what_follows_its_session(header):
    messages = Messages(msgspec.structs.replace(header, started_utc=None))
    (before,) = payloads(messages.event(NoticeEvent(text="a", at_s=1.0)))
    assert messages.event(ClockEvent(started_utc="2025-01-31T17:05:00+00:00", at_s=2.0)) == []
    known, after = payloads(
        [
            *messages.event(session(started_utc="2025-01-31T17:05:00+00:00")),
            *messages.event(NoticeEvent(text="b", at_s=3.0)),
        ]
    )
    assert before["time"] is None
    assert known["started_utc"] == "2025-01-31T17:05:00+00:00"
    assert after["time"] == "2025-01-31T17:05:03.000Z"


def test_who_wears_the_strap_changes_what_follows(header):
    messages = Messages(header)
    told = [MarkEvent(what="athlete", at_s=1.0, text="Ana"), session(athlete="Ana"), NoticeEvent(text="b", at_s=3.0)]
    said = payloads([message for event in told for message in messages.event(event)])
    assert [payload["athlete"] for payload in said] == ["Zoë", "Ana", "Ana"]
    assert messages.header.athlete == "Ana"


def test_only_what_is_for_the_moment_is_of_qos_0(header, events):
    messages = Messages(header)
    made = [message for event in events for message in messages.event(event)]
    made += messages.angles(blocks(stream(1.0))[0])
    assert {message.level for message in made if message.qos == 0} == {"cue", "angles"}


def test_each_revision_of_a_confirmed_rep_is_followed_by_its_trace_and_no_other_is(header, rep):
    messages = Messages(header)
    messages.angles(blocks(stream(20.0))[0])
    first = msgspec.structs.replace(rep, revision=1, status="provisional")
    third = msgspec.structs.replace(rep, revision=3)
    gone = msgspec.structs.replace(rep, revision=4, status="retracted")
    said = [[message.key for message in messages.event(each)] for each in (first, rep, third, gone)]
    assert said == [
        [("monday-1-3", 1)],
        [("monday-1-3", 2), ("monday-1-3-trace", 2)],
        [("monday-1-3", 3), ("monday-1-3-trace", 3)],
        [("monday-1-3", 4)],
    ]


def trace_of(header, rep, angles, cuts=()):
    messages = Messages(header)
    live = [each for block in blocks(angles, cuts) for each in payloads(messages.angles(block))]
    live += payloads(messages.finish())
    return payloads(messages.event(rep))[1], live


def test_a_trace_holds_the_very_points_that_were_said_live_over_its_rep(header, rep):
    rep = msgspec.structs.replace(rep, start_s=4.5, bottom_s=6.0, end_s=8.0)
    trace, live = trace_of(header, rep, stream(20.0))
    names = ("t_s", "pelvis_deg", "thorax_deg", "spine_deg")
    points = [point for each in live for point in zip(*(each[name] for name in names), strict=True)]
    expected = [point for point in points if 4.5 <= point[0] < 8.0]
    assert list(zip(*(trace[name] for name in names), strict=True)) == expected
    assert len(expected) == pytest.approx(3.5 * 50, abs=1)
    assert {point[2] for point in expected if 5 < point[0] < 6} == {None}  # what was not valid
    assert (trace["rep_id"], trace["time"]) == (rep.id, utc(header.started_utc, 4.5))


def test_the_trace_of_a_rep_that_starts_bent_goes_on_until_the_bar_is_at_rest(header, rep):
    bent = {"start_s": 5.0, "bottom_s": 4.6, "end_s": 6.5, "top_pause_s": 1.0, "eccentric_s": 2.0}
    for rest, end_s in (0.5, 10.0), (None, 9.5):
        told = msgspec.structs.replace(rep, **bent, bottom_pause_s=rest)
        trace, _ = trace_of(header, told, stream(20.0))
        assert (trace["t_s"][0], trace["t_s"][-1]) == (4.6, pytest.approx(end_s - 0.02))


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, 4000), max_size=20).map(sorted), more_s=st.sampled_from([0.0, 5.0, 180.0]))
def test_a_trace_does_not_depend_on_how_the_stream_was_cut_nor_on_how_much_came_with_it(header, rep, cuts, more_s):
    whole, _ = trace_of(header, rep, stream(20.0))
    assert trace_of(header, rep, stream(20.0 + more_s), cuts)[0] == whole


def test_a_rep_that_never_ends_has_the_trace_of_its_first_minute(header, rep):
    rep = msgspec.structs.replace(rep, start_s=2.0, bottom_s=50.0, end_s=100.0)
    trace, _ = trace_of(header, rep, stream(110.0))
    assert trace["t_s"][-1] == pytest.approx(2.0 + LONGEST_S - 0.02)


def test_a_rep_without_angles_has_an_empty_trace(header, rep):
    (trace,) = payloads(Messages(header).event(rep))[1:]
    assert trace["t_s"] == trace["spine_deg"] == []
    assert trace["time"] is None


@pytest.mark.parametrize(
    ("started", "t_s", "moment"),
    [
        ("2025-01-31T17:05:00Z", 16.5, "2025-01-31T17:05:16.500Z"),
        ("2025-01-31T18:05:00+01:00", 16.5, "2025-01-31T17:05:16.500Z"),
        ("2025-01-31T17:05:00", 16.5, "2025-01-31T17:05:16.500Z"),
        ("2025-12-31T23:59:59.9Z", 0.1, "2026-01-01T00:00:00.000Z"),
        (None, 16.5, None),
        ("2025-01-31T17:05:00Z", None, None),
    ],
)
def test_session_time_becomes_utc_where_the_clock_is_known(started, t_s, moment):
    assert utc(started, t_s) == moment


def test_what_happens_to_sensors_is_told_as_it_was(header):
    event = SensorEvent(segment="thorax", what="lost", at_s=3.0, text="0x69 does not answer")
    (said,) = payloads(Messages(header).event(event))
    assert {name: said[name] for name in to_dict(event)} == to_dict(event)
