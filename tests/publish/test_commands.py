import json
import re
from unicodedata import normalize

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hinge_imu.profiles import exercises
from hinge_imu.publish.commands import LONGEST, AnyCommand, Load, parse
from hinge_imu.reps.tempo import Prescription

NAMES = ["start", "stop", "exercise", "prescription", "athlete", "load", "note", "calibrate", "drill", "pain"]

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
fields = [
    "command",
    "id",
    "session_id",
    "exercise",
    "tempo",
    "athlete",
    "load",
    "unit",
    "text",
    "schema",
    "time",
    "drill",
]
commands = st.dictionaries(st.sampled_from(fields), anything | st.sampled_from(NAMES)) | st.builds(
    dict, command=st.sampled_from(NAMES), tempo=anything, load=anything, text=anything
)


def sent(**fields):
    return parse(json.dumps(fields).encode())


def refusal(payload):
    with pytest.raises(ValueError) as refused:
        parse(payload)
    sentence = str(refused.value)
    assert len(sentence) < 500
    assert sentence.isprintable(), "it is logged, and shown in a terminal"
    return sentence


def is_command_or_one_sentence(payload):
    refused, command = None, None
    try:
        command = parse(payload)
    except ValueError as error:
        refused = str(error)
    if refused is not None:
        assert refused.isprintable()
        return
    assert isinstance(command, AnyCommand)
    # What has got in once gets in again, the same.
    assert parse(msgspec.json.encode(command)) == command
    for value in msgspec.to_builtins(command).values():
        if isinstance(value, str):
            assert value == normalize("NFC", value).strip()
            assert not re.search(r"[\x00-\x1f\x7f]", value)
            assert 0 < len(value) <= 500


@settings(deadline=None)
@given(st.binary(max_size=5000))
def test_any_bytes_are_a_command_or_refused_in_a_sentence(payload):
    is_command_or_one_sentence(payload)


@settings(deadline=None)
@given(commands | anything)
def test_any_json_is_a_command_or_refused_in_a_sentence(value):
    is_command_or_one_sentence(
        json.dumps(value).encode()
    )  # with NaN and Infinity, which Python writes and JSON has not


@settings(deadline=None)
@given(st.from_regex(r"[0-9.Xx-]{1,12}", fullmatch=True))
def test_a_tempo_that_gets_in_is_one_that_the_metrics_read(tempo):
    try:
        sent(command="prescription", tempo=tempo)
    except ValueError:
        return
    Prescription.parse(tempo)


@pytest.mark.parametrize("tempo", ["3-1-1-0", "3-1-1", "3-1-X-0", "3-1-x-0", "2.5-0-0-0.25", "30-0-30-0", "0.5-0-X"])
def test_what_coaches_write_gets_in(tempo):
    Prescription.parse(tempo)
    assert sent(command="prescription", tempo=tempo).tempo == tempo


@pytest.mark.parametrize("tempo", ["0-1-1", "0.0-1-1", "31-1-1", "3-X-1", "3-1", "3-1-1-0-0", "fast", "3-1-1\n4"])
def test_a_tempo_that_the_metrics_refuse_is_refused_with_how_to_write_one(tempo):
    with pytest.raises(ValueError):
        Prescription.parse(tempo)
    assert "as in 3-1-1-0" in refusal(json.dumps({"command": "prescription", "tempo": tempo}).encode())


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        (b" " * (LONGEST + 1), "4097 bytes; send at most 4096"),
        (b"\xff\xfe", "malformed"),
        (b"start", "malformed"),
        (b'"start"', "Expected `object`"),
        (b"[" * LONGEST, "Expected `object`"),
        (b'{"x":' + b"[" * 4000, "not understood"),
        (b'{"x":' + b"[" * 2000 + b"]" * 2000 + b"}", "not understood"),
        (b'{"command":"reboot"}', "'reboot'; write start, stop"),
        (b'{"command":"stop","force":true}', "unknown field `force`"),
        (b'{"command":"note"}', "missing required field `text`"),
        (b'{"command":"note","text":7}', "text is '7'; write one line"),
        (b'{"command":"load","load":NaN}', "malformed"),
        (b'{"command":"load","load":1e999}', "not understood"),
        (b'{"command":"load","load":-1}', "load is '-1"),
        (b'{"command":"load","load":' + b"9" * 4000 + b"}", "load is '9999"),
        (b'{"command":"load","load":true}', "load is 'True'"),
        (b'{"command":"load","load":60,"unit":"stone"}', "write kg or lb"),
        (b'{"command":"exercise","exercise":"squat"}', "'squat' is not known; name one of auto"),
        (b'{"command":"athlete","athlete":"' + b"s" * 81 + b'"}', "up to 80 characters"),
        (b'{"command":"athlete","athlete":"  "}', "can be seen"),
        (b'{"command":"athlete","athlete":"sam\\u202egnirts"}', "can be seen"),
        (b'{"command":"note","text":"one\\ntwo"}', "'one?two'; write one line"),
        (b'{"command":"note","text":"\\u001b[2J"}', "'?[2J'"),
        (b'{"command":"start","id":"../../etc"}', "A-Z a-z"),
    ],
)
def test_what_is_no_command_is_refused_with_what_was_found_and_the_mend(payload, says):
    assert says in refusal(payload)


@pytest.mark.parametrize("name", exercises())
def test_every_exercise_can_be_named(name):
    assert sent(command="exercise", exercise=name).exercise == name


def test_an_exercise_of_one_s_own_gets_in_where_the_strap_knows_it():
    payload = b'{"command":"exercise","exercise":"zercher"}'
    assert parse(payload, known=["zercher"]).exercise == "zercher"


def test_a_name_is_the_same_however_its_accents_were_typed():
    assert sent(command="athlete", athlete="  Zoe\u0308 ").athlete == "Zo\u00eb"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"load": 60}, "60 kg"),
        ({"load": 62.5}, "62.5 kg"),
        ({"load": 135, "unit": "lb"}, "135 lb"),
        ({"load": "red"}, "red"),
    ],
)
def test_a_load_is_a_number_with_its_unit_or_words(fields, words):
    load = sent(command="load", **fields)
    assert isinstance(load, Load)
    assert load.words == words
