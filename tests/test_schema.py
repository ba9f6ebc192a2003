import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from hinge_imu.publish.schemas import asyncapi, messages
from hinge_imu.schema import json_schema
from hinge_imu.topics import TOPICS

DOCS = Path(__file__).parents[1] / "docs"
MADE = {"schema/events.json": json_schema, "schema/messages.json": messages, "asyncapi.json": asyncapi}
RECORDINGS = Path(__file__).parents[1] / "recordings"


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        yield from (each for value in node.values() for each in references(value))
    elif isinstance(node, list):
        yield from (each for value in node for each in references(value))


def at(reference, page):
    """What a reference on a page under docs leads to; KeyError where it leads nowhere."""
    other, _, pointer = reference.partition("#/")
    node = json.loads(((DOCS / page).parent / other if other else DOCS / page).read_text())
    for step in pointer.split("/"):
        node = node[step]
    return node


@pytest.mark.parametrize("page", MADE)
def test_what_other_programs_read_is_that_of_the_code(page):
    assert json.loads((DOCS / page).read_text()) == MADE[page](), "run: python docs/schema/make.py"


@pytest.mark.parametrize("page", MADE)
def test_every_reference_leads_somewhere(page):
    found = set(references(json.loads((DOCS / page).read_text())))
    assert len(found) > 10
    for reference in found:
        assert isinstance(at(reference, page), dict)


@pytest.mark.parametrize("page", ["schema/events.json", "schema/messages.json"])
def test_each_is_a_json_schema(page):
    Draft202012Validator.check_schema(json.loads((DOCS / page).read_text()))


def test_asyncapi_has_every_level_with_its_address_its_direction_and_how_surely_it_arrives():
    described = json.loads((DOCS / "asyncapi.json").read_text())
    assert described["asyncapi"].startswith("3.")
    assert {"title", "version"} <= described["info"].keys()
    for level, how in TOPICS.items():
        channel, operation = described["channels"][level], described["operations"][level]
        assert channel["address"] == f"hinge/v1/{{gym}}/{{strap}}/{level}"
        assert set(channel["parameters"]) == {"gym", "strap"}
        assert operation["action"] == ("receive" if level == "command" else "send")
        assert operation["channel"] == {"$ref": f"#/channels/{level}"}
        assert operation["bindings"]["mqtt"] == {"qos": how.qos, "retain": how.retained, "bindingVersion": "0.2.0"}
        [message] = operation["messages"]
        named = at(at(message["$ref"], "asyncapi.json")["$ref"], "asyncapi.json")
        assert at(named["payload"]["$ref"], "asyncapi.json")["description"]


@pytest.mark.parametrize("path", sorted(RECORDINGS.glob("*.jsonl")), ids=lambda path: path.stem)
def test_what_replay_says_of_the_recordings_that_ship_follows_the_schema(path):
    check = Draft202012Validator(json_schema())
    lines = path.read_text().splitlines()
    assert lines
    for line in lines:
        check.validate(json.loads(line))
