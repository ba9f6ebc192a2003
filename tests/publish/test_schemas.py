"""What really goes over the wire, held against the schemas that other programs read."""

import copy
import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from hinge_imu.events import FailedEvent, TraceEvent, to_dict
from hinge_imu.profiles import exercises
from hinge_imu.publish.commands import parse
from hinge_imu.publish.mqtt import Publisher
from hinge_imu.publish.schemas import SAID
from hinge_imu.samples import Angles, SagittalAngles

KEPT = json.loads((Path(__file__).parents[2] / "docs" / "schema" / "messages.json").read_text())


@pytest.fixture(scope="session")
def level():
    """The validator of a level, by its name."""
    return {name: Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": KEPT["$defs"]}) for name in KEPT["$defs"]}


@pytest.fixture
def heard(broker, header, coach, events):
    """One message of each level that this session's publisher says, as a coach hears them."""
    t_ns = np.arange(100) * 5_000_000
    half = np.where(t_ns < t_ns[50], 0.3, np.nan)
    with Publisher(header, broker.url) as publisher:
        coach.wait_for("meta")
        publisher.angles(Angles(SagittalAngles(t_ns, half, half, half), None))
        for event in [*events, FailedEvent(set=1, at_s=4.0)]:
            publisher.event(event)
        coach.wait_for("failed")
    coach.wait_for("status", 2)
    return coach.heard


def test_every_message_that_is_published_follows_the_schema_of_its_level(heard, level):
    assert {name for name, _ in heard} == set(SAID) - {"trace"}
    for name, payload in heard:
        level[name].validate(payload)


def test_a_message_that_lacks_a_field_or_has_it_wrong_does_not(heard, level):
    for name, payload in dict(heard).items():
        for wrong in ({"schema": "hinge/v2/rep"}, {"revision": 0}, {"id": None}, {"session_id": 7}):
            with pytest.raises(jsonschema.ValidationError):
                level[name].validate({**payload, **wrong})
        for common in ("schema", "session_id", "athlete", "id", "revision", "time"):
            short = copy.copy(payload)
            del short[common]
            with pytest.raises(jsonschema.ValidationError):
                level[name].validate(short)


def test_a_level_does_not_take_what_belongs_on_another(heard, level):
    payloads = dict(heard)
    for name in payloads.keys() - {"status", "meta", "angles"}:
        for other in payloads.keys() - {name}:
            with pytest.raises(jsonschema.ValidationError):
                level[other].validate({**payloads[name], "schema": f"hinge/v1/{other}"})


def test_a_trace_has_its_schema(level):
    trace = TraceEvent(
        id="monday-1-3-trace",
        revision=2,
        rep_id="monday-1-3",
        t_s=[1.0, 1.02],
        pelvis_deg=[3.0, 3.1],
        thorax_deg=[4.0, 4.1],
        spine_deg=[1.0, None],
    )
    common = {"schema": "hinge/v1/trace", "session_id": "monday-1", "athlete": None, "time": None}
    level["trace"].validate({**common, **to_dict(trace)})
    with pytest.raises(jsonschema.ValidationError):
        level["trace"].validate({**common, **to_dict(trace), "pelvis_deg": "3.0"})


text = st.text(min_size=1, max_size=20)
fields = st.fixed_dictionaries(
    {"command": st.sampled_from(["start", "exercise", "prescription", "athlete", "load", "note"])},
    optional={
        "id": text,
        "session_id": st.just("monday-1") | text,
        "exercise": st.sampled_from(exercises()) | text,
        "tempo": st.none() | st.from_regex(r"[0-9]{1,2}-[0-9]-[0-9X](-[0-9])?", fullmatch=True),
        "athlete": text,
        "load": text | st.floats(-10, 2000),
        "unit": st.sampled_from(["kg", "lb", "stone"]),
        "text": text,
    },
)


@given(fields)
def test_a_command_that_follows_the_schema_is_understood(level, command):
    if level["command"].is_valid(command):
        parse(json.dumps(command).encode())


@pytest.mark.parametrize(
    "command",
    [
        {"command": "start"},
        {"command": "exercise", "exercise": "rdl", "id": "7f3a"},
        {"command": "prescription", "tempo": "3-1-X-0", "schema": "hinge/v1/command"},
        {"command": "prescription", "tempo": None},
        {"command": "athlete", "athlete": "Zoë", "session_id": "monday-1"},
        {"command": "load", "load": 62.5},
        {"command": "load", "load": "red band"},
    ],
)
def test_a_command_that_is_understood_follows_the_schema(level, command):
    parse(json.dumps(command).encode())
    level["command"].validate(command)
