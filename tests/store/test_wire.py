import subprocess
import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinge_imu.dashboard.wire import DEEPEST, LARGEST, parse

TOPIC = "hinge/v1/barbell-club/strap1/fault"
FAULT = {
    "schema": "hinge/v1/fault",
    "id": "monday-fault-1",
    "revision": 1,
    "session_id": "monday",
    "athlete": " Zoe\u0308 ",
    "time": None,
    "rep_id": "monday-1-1",
    "name": "spine_rounding",
    "value": 27.1,
    "limit": 25,
    "unit": "deg",
    "at_s": 14.2,
}


def said(**fields):
    return msgspec.json.encode({**FAULT, **fields})


MANY_AT_ONCE = """
import sys, threading
from hinge_imu.dashboard.wire import parse
sys.setswitchinterval(1e-6)
start = threading.Barrier(8)
def read():
    start.wait()
    parse(sys.argv[1], sys.argv[2].encode())
threads = [threading.Thread(target=read) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""


@pytest.mark.parametrize("_time", range(4))
def test_threads_may_read_their_first_message_at_once(_time):
    command = [sys.executable, "-c", MANY_AT_ONCE, TOPIC, said()]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", ["session", "hinge", "toe_touch"])
def test_what_a_strap_says_is_taken_as_it_is(name, spoken):
    messages = spoken(name, angles=True)
    assert len({message.level for message in messages}) > 4
    for message in messages:
        heard = parse(message.topic, message.payload)
        assert (heard.gym, heard.strap, heard.level) == ("home", "strap", message.level)
        assert heard.fields == msgspec.json.decode(message.payload)


def test_a_field_that_is_not_known_yet_is_kept_and_a_name_has_one_spelling():
    fields = parse(TOPIC, said(severity="mild", name="a_fault_of_next_year")).fields
    assert fields == {**FAULT, "severity": "mild", "name": "a_fault_of_next_year", "athlete": "Zoë"}


@pytest.mark.parametrize(
    ("topic", "payload", "found"),
    [
        ("hinge/v1/barbell-club/fault", said(), "no topic"),
        ("hinge/v2/barbell-club/strap1/fault", said(), "no topic"),
        ("hinge/v1/barbell-club/strap1/command", said(), "no such level"),
        ("hinge/v1/barbell-club/strap 1/fault", said(), "strap"),
        ("hinge/v1/barbell-club/strap1/rep", said(schema="hinge/v1/rep"), "`set`"),
        (TOPIC, said(schema="hinge/v2/fault"), "hinge/v2/fault"),
        (TOPIC, said(session_id=None), "session_id"),
        (TOPIC, said(session_id="mon\nday"), "session_id"),
        (TOPIC, said(revision=0), "revision"),
        (TOPIC, said(revision=2**40), "revision"),
        (TOPIC, said(time="yesterday"), "time"),
        (TOPIC, said(value="27"), "value"),
        (TOPIC, said(more=2**63), "64 bits"),
        (TOPIC, said(more="a\x00b"), r"U\+0000"),
        (TOPIC, said(more=[[[[[[1]]]]]]), f"deeper than {DEEPEST}"),
        (TOPIC, b'{"a":' * 100_000, "bytes"),
        (TOPIC, b"[" * 100_000, "array|deep|recursion"),
        (TOPIC, b"\xff\xfe", "invalid|malformed|codec"),
        (TOPIC, said(more="x" * LARGEST), f"at most {LARGEST}"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_what_is_not_of_the_form_is_refused_with_a_sentence(topic, payload, found):
    with pytest.raises(ValueError, match=found) as refused:
        parse(topic, payload)
    sentence = str(refused.value)
    assert len(sentence) < 500
    assert sentence.isprintable()
    assert sentence.endswith("; it is left out")


@given(st.text(), st.binary(max_size=200) | st.recursive(st.none() | st.text(), st.lists).map(msgspec.json.encode))
def test_whatever_comes_is_refused_and_nothing_else(topic, payload):
    for where in (topic, TOPIC):
        with pytest.raises(ValueError, match="it is left out"):
            parse(where, payload)
