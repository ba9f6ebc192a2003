"""What Home Assistant is told, with its own templates (jinja2) filled from what a strap really says."""

import json
import re

import msgspec
import pytest
from jinja2 import Environment, StrictUndefined

from hinge_imu.config import PublishConfig
from hinge_imu.events import to_dict
from hinge_imu.publish.commands import parse
from hinge_imu.publish.discovery import discovery

CONFIG = PublishConfig(gym="barbell-club", strap="strap1", discovery=True)


@pytest.fixture
def things():
    return {message.topic.split("/")[3]: json.loads(message.payload) for message in discovery(CONFIG)}


@pytest.fixture
def shown(things):
    """What Home Assistant shows of a thing after a message."""

    def render(name, message):
        template = Environment(undefined=StrictUndefined, autoescape=True).from_string(things[name]["value_template"])
        return template.render(value_json=json.loads(msgspec.json.encode(message)))

    return render


def test_it_is_off_as_shipped():
    assert discovery(PublishConfig()) == []


def test_topics_are_as_home_assistant_asks_and_belong_to_the_strap():
    for message in discovery(CONFIG):
        assert re.fullmatch(
            r"homeassistant/(sensor|binary_sensor|button)/hinge-barbell-club_strap1/[a-z_]+/config", message.topic
        )
        assert message.retained


def test_all_things_are_one_device_and_each_is_there_once(things):
    assert len({thing["unique_id"] for thing in things.values()}) == len(things) == len(discovery(CONFIG))
    assert {tuple(thing["device"]["identifiers"]) for thing in things.values()} == {("hinge-barbell-club_strap1",)}


def test_names_that_differ_stay_different():
    names = [("a-b", "c"), ("a", "b-c"), ("a.b", "c"), ("a_b", "c"), ("a", "b_c"), ("ä", "c"), ("ö", "c")]
    nodes = {
        discovery(PublishConfig(gym=gym, strap=strap, discovery=True))[0].topic.split("/")[2] for gym, strap in names
    }
    assert len(nodes) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", node) for node in nodes)


@pytest.mark.parametrize(
    ("name", "value"),
    [("reps", "3"), ("exercise", "rdl"), ("tempo", "2.4-0.3-1.2-?"), ("spine_flexion", "11.4"), ("pelvis_rom", "61.0")],
)
def test_a_rep_is_shown(shown, rep, name, value):
    assert shown(name, to_dict(rep)) == value


def test_a_rep_that_is_taken_back_is_no_longer_counted(shown, rep):
    assert shown("reps", to_dict(msgspec.structs.replace(rep, status="retracted"))) == "2"


def test_a_value_that_could_not_be_measured_is_unknown(shown, rep):
    one_sensor = msgspec.structs.replace(rep, spine_flexion_peak_deg=None)
    assert shown("spine_flexion", to_dict(one_sensor)) == "None"  # which Home Assistant takes for unknown


def test_fault_notice_and_session_are_shown(shown, events):
    of = {event["event"]: event for event in map(to_dict, events)}
    assert shown("fault", of["fault"]) == "spine_rounding"
    assert shown("notice", {**of["notice"], "text": "x" * 300}) == "x" * 255
    assert shown("sets", of["session"]) == "1"


@pytest.mark.parametrize(("status", "value"), [("online", "ON"), ("offline", "OFF"), ("lost", "OFF")])
def test_a_strap_that_is_lost_is_shown_as_gone_and_nothing_of_it_is_believed(things, shown, status, value):
    assert shown("status", {"status": status}) == value
    assert "availability_topic" not in things["status"]
    for name, thing in things.items():
        if name != "status":
            assert thing["availability_topic"] == "hinge/v1/barbell-club/strap1/status"
            there = Environment(autoescape=True).from_string(thing["availability_template"])
            assert there.render(value_json={"status": status}) == ("online" if value == "ON" else "offline")


def test_the_buttons_press_commands_that_the_strap_understands(things):
    pressed = {name: thing for name, thing in things.items() if "payload_press" in thing}
    assert {name: parse(thing["payload_press"].encode()).__struct_config__.tag for name, thing in pressed.items()} == {
        "start": "start",
        "stop": "stop",
    }
    assert {thing["command_topic"] for thing in pressed.values()} == {"hinge/v1/barbell-club/strap1/command"}
