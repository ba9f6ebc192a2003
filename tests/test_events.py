import json

import msgspec
import pytest

from hinge_imu.events import Fault, FaultEvent, NoticeEvent, RepEvent, SensorEvent, SetEvent, decode, to_dict

ROUNDING = {"name": "spine_rounding", "value": 27.1, "limit": 25.0, "unit": "deg", "at_s": 14.2}
REP = RepEvent(
    id="monday-3",
    revision=2,
    set=1,
    rep=3,
    exercise="rdl",
    status="confirmed",
    said_s=16.52,
    start_s=12.31,
    bottom_s=14.92,
    end_s=16.4,
    eccentric_s=2.41,
    bottom_pause_s=0.3,
    concentric_s=1.22,
    top_pause_s=None,
    tempo="2.4-0.3-1.2-?",
    pelvis_rom_deg=61.0,
    thorax_rom_deg=70.2,
    spine_flexion_peak_deg=11.4,
    spine_share=0.13,
    faults=(Fault(**ROUNDING),),
)
EVENTS = {
    "rep": REP,
    "fault": FaultEvent(rep_id="monday-3", **ROUNDING),
    "set": SetEvent(id="monday-set-1", set=1, exercise="rdl", reps=8, start_s=2.5, end_s=60.25),
    "sensor": SensorEvent(segment="thorax", what="gap", at_s=3.0, lost_s=0.5),
    "notice": NoticeEvent(text="stand still for a second", at_s=0.5),
}


@pytest.mark.parametrize("kind", EVENTS)
def test_an_event_survives_its_json_and_names_its_kind_under_event(kind):
    data = msgspec.json.encode(EVENTS[kind])
    assert json.loads(data)["event"] == kind
    assert decode(data) == EVENTS[kind]


@pytest.mark.parametrize("kind", EVENTS)
def test_as_plain_values_an_event_is_what_its_json_is(kind):
    assert json.loads(json.dumps(to_dict(EVENTS[kind]))) == json.loads(msgspec.json.encode(EVENTS[kind]))


def test_a_rep_has_every_field_that_others_rely_on():
    assert set(to_dict(REP)) >= {
        *("event", "id", "revision", "set", "rep", "exercise", "status", "said_s", "start_s", "bottom_s", "end_s"),
        *("eccentric_s", "bottom_pause_s", "concentric_s", "top_pause_s", "tempo", "pelvis_rom_deg", "thorax_rom_deg"),
        *("spine_flexion_peak_deg", "spine_share", "faults"),
    }
    assert set(to_dict(REP)["faults"][0]) >= {"name", "value", "limit", "unit", "at_s"}


def test_a_set_has_every_field_that_others_rely_on():
    assert set(to_dict(EVENTS["set"])) >= {"event", "set", "exercise", "reps", "start_s", "end_s"}


def test_what_could_not_be_measured_is_null():
    assert json.loads(msgspec.json.encode(REP))["top_pause_s"] is None


def test_an_event_never_changes():
    with pytest.raises(AttributeError):
        REP.rep = 4


@pytest.mark.parametrize("data", [b"{}", b'{"event":"jump"}', b'{"event":"notice","text":5,"at_s":0}', b"no json"])
def test_what_is_no_event_is_refused(data):
    with pytest.raises(msgspec.DecodeError):
        decode(data)
