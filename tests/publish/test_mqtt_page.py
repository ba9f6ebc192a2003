"""docs/mqtt.md says what the code does."""

import re
import shlex
from pathlib import Path
from typing import get_args

import pytest

from hinge_imu.publish.commands import LONGEST, AnyCommand, parse
from hinge_imu.publish.discovery import discovery, node
from hinge_imu.publish.schemas import Common
from hinge_imu.topics import TOPICS

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "mqtt.md").read_text(encoding="utf-8")


def rows(head):
    """The cells of the table that begins with this."""
    lines = PAGE[PAGE.index(f"\n| {head} |") + 1 :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in re.split(r" \| ", line.strip("| "))] for line in lines]


def test_every_level_is_on_the_page_as_it_is_sent():
    told = {name.strip("`"): (int(qos), kept == "yes") for name, qos, kept, _ in rows("level")}
    assert told == {level: (how.qos, how.retained) for level, how in TOPICS.items()}


def test_every_common_field_is_on_the_page():
    told = re.findall(r"`(\w+)`", " ".join(cells[0] for cells in rows("field")))
    assert told == ["schema", "session_id", "athlete", "id", "revision", "time"]
    assert set(told) == {"schema", *Common.__struct_fields__}


def test_every_command_is_on_the_page_with_an_example_that_is_understood():
    told = {cells[0].strip("`"): parse(cells[-1].strip("`").encode()) for cells in rows("`command` | does")}
    assert {name: type(command) for name, command in told.items()} == {
        each.__struct_config__.tag: each for each in get_args(AnyCommand)
    }


def test_what_is_sent_on_the_page_goes_to_a_strap_and_is_understood():
    said = [shlex.split(line) for line in re.findall(r"^    (mosquitto_pub .*)$", PAGE, re.MULTILINE)]
    assert said
    for words in said:
        assert words[words.index("-t") + 1] == "hinge/v1/barbell-club/strap1/command"
        parse(words[words.index("-m") + 1].encode())
        assert "-r" not in words, "a retained command is done again at every connection"


def test_the_bounds_on_the_page_are_those_of_the_code():
    assert f"at most {LONGEST} bytes" in PAGE


def test_no_password_stands_on_a_command_line():
    for line in re.findall(r"^    (.*)$", PAGE, re.MULTILINE):
        words = shlex.split(line, comments=True)
        assert not ("mosquitto_passwd" in words and "-b" in words)
        assert not ({"mosquitto_pub", "mosquitto_sub"} & {*words} and "-P" in words)


@pytest.mark.parametrize("page", ["mqtt.md", "security.md"])
def test_every_link_leads_somewhere(page):
    links = re.findall(r"\]\(([^)#]+)\)", (DOCS / page).read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (DOCS / link).exists()] == []


def test_the_name_in_home_assistant_is_that_of_the_access_list(header):
    config = type(header.config.publish)(gym="barbell-club", strap="strap1", discovery=True)
    assert f"homeassistant/+/{node(config)}/+/config" in PAGE
    rules = DOCS.parent / "firmware_config" / "mosquitto" / "acl.example"
    assert f"homeassistant/+/{node(config)}/+/config" in rules.read_text()
    assert all(message.topic.split("/")[2] == node(config) for message in discovery(config))
