"""What really goes over the wire, held against the schemas that other programs read."""

import copy
import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from hinge_imu.events import FailedEvent
from hinge_imu.profiles import exercises
from hinge_imu.publish.commands import parse
from hinge_imu.publish.schemas import SAID
from hinge_imu.samples import Angles, SagittalAngles

KEPT = json.loads((Path(__file__).parents[2] / "docs" / "schema" / "messages.json").read_text())


@pytest.fixture(scope="session")
def level():
    """The validator of a level, by its name."""
    return {name: Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": KEPT["$defs"]}) for name in KEPT["$defs"]}


@pytest.fixture
def heard(broker, coach, strap, events):
    """At least one message of each level that a strap says, as a coach hears them."""
    t_ns = np.arange(4000) * 5_000_000
    half = np.where(t_ns < t_ns[3000], 0.3, np.nan)
    worn = strap(broker.url)
    coach.wait_for("meta")
    worn.publisher.angles(Angles(SagittalAngles(t_ns, half, half, half), None))
    for event in [*events, FailedEvent(set=1, at_s=4.0)]:
        worn.publisher.event(event)
    coach.wait_for("failed")
    assert worn.finish() == 0
    coach.wait_for("status", 2)
    return coach.heard


def test_every_message_that_is_published_follows_the_schema_of_its_level(heard, level):
    assert {name for name, _ in heard} == set(SAID)
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
        for other in payloads.keys() - {name, "angles"}:  # a trace has all that angles have
            with pytest.raises(jsonschema.ValidationError):
                level[other].validate({**payloads[name], "schema": f"hinge/v1/{other}"})


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


@settings(deadline=None)
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
