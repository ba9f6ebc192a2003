import json

import msgspec
import pytest

from hinge_imu.events import SensorEvent, decode, to_dict

KINDS = ("rep", "fault", "set", "sensor", "notice", "session")


@pytest.fixture
def of_kind(events):
    return {event.__struct_config__.tag: event for event in events}


@pytest.mark.parametrize("kind", KINDS)
def test_an_event_survives_its_json_and_names_its_kind_under_event(of_kind, kind):
    data = msgspec.json.encode(of_kind[kind])
    assert json.loads(data)["event"] == kind
    assert decode(data) == of_kind[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_as_plain_values_an_event_is_what_its_json_is(of_kind, kind):
    assert json.loads(json.dumps(to_dict(of_kind[kind]))) == json.loads(msgspec.json.encode(of_kind[kind]))


def test_a_rep_has_every_field_that_others_rely_on(rep):
    assert set(to_dict(rep)) >= {
        *("event", "id", "revision", "set", "rep", "exercise", "status", "said_s", "start_s", "bottom_s", "end_s"),
        *("eccentric_s", "bottom_pause_s", "concentric_s", "top_pause_s", "tempo", "pelvis_rom_deg", "thorax_rom_deg"),
        *("spine_flexion_peak_deg", "spine_share", "faults"),
    }
    assert set(to_dict(rep)["faults"][0]) >= {"name", "value", "limit", "unit", "at_s"}


def test_a_set_has_every_field_that_others_rely_on(of_kind):
    assert set(to_dict(of_kind["set"])) >= {"event", "set", "exercise", "reps", "start_s", "end_s"}


def test_a_sensor_event_has_every_field_that_others_rely_on(events):
    gap = next(to_dict(event) for event in events if isinstance(event, SensorEvent))
    assert set(gap) >= {"event", "segment", "what", "at_s", "lost_s"}


def test_what_could_not_be_measured_is_null(rep):
    assert json.loads(msgspec.json.encode(rep))["top_pause_s"] is None


def test_an_event_never_changes(rep):
    with pytest.raises(AttributeError):
        rep.rep = 4


@pytest.mark.parametrize("data", [b"{}", b'{"event":"jump"}', b'{"event":"notice","text":5,"at_s":0}', b"no json"])
def test_what_is_no_event_is_refused(data):
    with pytest.raises(msgspec.DecodeError):
        decode(data)
