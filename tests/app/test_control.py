import json

import pytest

from hinge_imu.app.control import Control
from hinge_imu.app.orders import Orders
from hinge_imu.app.sitting import Sitting
from hinge_imu.app.wearing import Memory, Wearing
from hinge_imu.config import SessionConfig


class Sampler:
    """Writes down what it is asked."""

    def __init__(self):
        self.asked = []

    def mark(self, what, exercise=None, text=None):
        self.asked.append((what, exercise or text))

    def wake(self):
        self.asked.append("wake")

    def stop(self):
        self.asked.append("stop")


@pytest.fixture
def sampler():
    return Sampler()


@pytest.fixture
def control(sampler, tmp_path):
    return Control(sampler, Memory(tmp_path, SessionConfig(athlete="Ada")), standby=True)


@pytest.fixture
def sitting(control):
    control.begin(sitting := Sitting(iter(())), "monday")
    return sitting


@pytest.fixture
def order(control):
    control.refused, control.relabelled = [], []
    orders = Orders(control, control.refused.append, lambda *what: control.relabelled.append(what))
    return lambda **fields: orders.hear(json.dumps(fields).encode())


def test_start_calls_for_a_session_and_in_one_for_a_set(control, sampler, order):
    order(command="start")
    assert control.called()
    control.begin(Sitting(iter(())), "monday")
    assert not control.called()
    order(command="start")
    assert sampler.asked == ["wake", ("start", None)]


def test_stop_ends_the_session_and_not_the_strap(control, sampler, sitting, order):
    order(command="stop")
    assert sitting.over
    assert not control.quitting
    assert sampler.asked == ["wake"]


def test_stop_ends_a_program_that_is_there_for_one_session(sampler):
    control = Control(sampler, Memory(None, SessionConfig()))
    control.begin(Sitting(iter(())), "monday")
    control.stop()
    assert control.quitting
    assert sampler.asked == ["stop"]


def test_what_a_coach_says_is_marked_in_the_session_and_remembered_for_the_next(control, sampler, sitting, order):
    order(command="exercise", exercise="rdl")
    order(command="prescription", tempo="3-1-1-0")
    order(command="athlete", athlete="Zoë")
    order(command="load", load=62.5)
    order(command="note", text="belt")
    order(command="pain")
    told = [("next", "rdl"), ("tempo", "3-1-1-0"), ("athlete", "Zoë"), ("load", "62.5 kg"), ("note", "belt")]
    assert sampler.asked == [*told, ("pain", None)]
    assert control._memory.now == Wearing(athlete="Zoë", exercise="rdl", tempo="3-1-1-0", load="62.5 kg", note="belt")


def test_before_a_session_it_is_remembered_only(control, sampler, order):
    order(command="athlete", athlete="Zoë")
    assert sampler.asked == []
    assert control._memory.now.athlete == "Zoë"


def test_a_drill_is_a_session_of_its_own_and_begins_at_once(control, sampler, order):
    order(command="drill", drill="wall")
    assert (control.called(), control.drilling) == (True, "wall")
    control.begin(Sitting(iter(())), "monday")
    order(command="drill", drill="dowel")
    assert control.drilling == "dowel"
    assert sampler.asked == ["wake", ("drill", "dowel")]


def test_a_drill_is_refused_by_a_program_that_is_there_for_one_session(sampler):
    control, refused = Control(sampler, Memory(None, SessionConfig())), []
    Orders(control, refused.append, lambda *_: None).hear(b'{"command": "drill", "drill": "dowel"}')
    assert "hinge-imu live --standby" in refused[0]
    assert control.drilling is None
    assert sampler.asked == []


def test_a_command_delivered_twice_is_done_once(sampler, sitting, order):
    for _ in range(3):
        order(command="pain", id="c-1")
    order(command="pain", id="c-2")
    assert sampler.asked == [("pain", None)] * 2


def test_what_cannot_be_understood_is_refused_in_a_sentence_and_changes_nothing(control, sampler, sitting, order):
    order(command="explode")
    order(command="exercise", exercise="juggling")
    assert sampler.asked == []
    assert len(control.refused) == 2
    assert "juggling" in control.refused[1]


def test_a_word_about_another_session_goes_to_its_recording(control, sampler, sitting, order):
    order(command="athlete", athlete="Zoë", session_id="sunday")
    order(command="load", load="red band", session_id="monday")
    assert control.relabelled == [("sunday", {"athlete": "Zoë"})]
    assert sampler.asked == [("load", "red band")]


def test_what_was_said_survives_a_new_start_and_ends_with_the_session(tmp_path):
    configured = SessionConfig(athlete="Ada", exercise="deadlift")
    Memory(tmp_path, configured).change(athlete="Zoë", load="60 kg")
    again = Memory(tmp_path, configured)
    assert again.now == Wearing(athlete="Zoë", exercise="deadlift", load="60 kg")
    again.forget()
    assert again.now == Memory(tmp_path, configured).now == Wearing(athlete="Ada", exercise="deadlift")


@pytest.mark.parametrize("bytes_", [b"", b"{", b'{"athlete": 7}', b"\xff\xfe"])
def test_a_damaged_memory_is_forgotten(tmp_path, bytes_):
    (tmp_path / "wearing.json").write_bytes(bytes_)
    assert Memory(tmp_path, SessionConfig(athlete="Ada")).now.athlete == "Ada"


def test_a_disk_that_cannot_be_written_costs_nothing_but_a_warning(tmp_path, caplog):
    memory = Memory(tmp_path / "gone", SessionConfig())
    memory.change(athlete="Zoë")
    assert memory.now.athlete == "Zoë"
    assert "wearing" in caplog.text
