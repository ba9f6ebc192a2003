"""The pins; one suite on gpiozero's mock and, with ``-m hardware``, on a Raspberry Pi's own, with nothing on them."""

import sys
import warnings
from queue import SimpleQueue

import pytest
from gpiozero import Device, OutputDevice
from gpiozero.exc import BadPinFactory, PinFactoryFallback

from hinge_imu.config import ConfigError, CuesConfig
from hinge_imu.cues.outputs import Outputs
from hinge_imu.cues.patterns import WORDS

ALL = CuesConfig(buzzer_pin=23, motor_pin=24, led_pin=25)


@pytest.fixture
def seen(monkeypatch):
    """What is written to each pin."""
    queue, write = SimpleQueue(), OutputDevice._write

    def spy(device, value):
        write(device, value)
        queue.put((device.pin.info.name, bool(value)))

    monkeypatch.setattr(OutputDevice, "_write", spy)
    return queue


def next_of(seen, count):
    return {seen.get(timeout=60.0) for _ in range(count)}


def test_a_word_goes_to_buzzer_motor_and_led_alike(pins, seen):
    with Outputs(ALL) as outputs:
        outputs.say("flat")
        for on in (True, False, True, False):
            assert next_of(seen, 3) == {("GPIO23", on), ("GPIO24", on), ("GPIO25", on)}


def test_the_light_is_shown_by_the_led_alone(pins, seen):
    with Outputs(ALL) as outputs:
        outputs.show("trouble")
        assert [seen.get(timeout=60.0) for _ in range(3)] == [("GPIO25", True), ("GPIO25", False), ("GPIO25", True)]


def test_a_beat_is_heard_and_felt_but_not_seen(pins, seen):
    with Outputs(ALL) as outputs:
        outputs.beat((0.05, 0.05), ago_s=0.0, repeats=False)
        for on in (True, False):
            assert next_of(seen, 2) == {("GPIO23", on), ("GPIO24", on)}


def test_all_is_off_and_the_pins_are_free_afterwards(pins, seen):
    with Outputs(ALL) as outputs:
        outputs.show("ready")
        assert seen.get(timeout=60.0) == ("GPIO25", True)
    assert seen.get(timeout=60.0) == ("GPIO25", False)
    with Outputs(ALL) as outputs:
        assert outputs.there


def test_what_is_not_configured_is_left_alone(monkeypatch):
    monkeypatch.setitem(sys.modules, "gpiozero", None)
    with Outputs(CuesConfig()) as outputs:
        assert not outputs.there
        for word in WORDS:
            outputs.say(word)
        outputs.show("ready")
        outputs.beat((1.0,), ago_s=0.0, repeats=True)


def test_a_pin_without_the_library_for_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "gpiozero", None)
    monkeypatch.setitem(sys.modules, "gpiozero.exc", None)
    with pytest.raises(ConfigError, match=r"\[cues\] motor_pin = 24: needs gpiozero; pip install 'hinge-imu\[pi\]'"):
        Outputs(CuesConfig(motor_pin=24))


def test_a_pin_that_is_taken_is_named_and_the_others_are_let_go(board):
    taken = OutputDevice(25)
    with pytest.raises(ConfigError, match=r"\[cues\] led_pin = 25: cannot be used \(.+\); name a free GPIO"):
        Outputs(ALL)
    assert not taken.closed
    with Outputs(CuesConfig(buzzer_pin=23, motor_pin=24)):
        pass


def test_a_computer_without_pins_says_so_in_one_sentence(monkeypatch):
    def none_here():
        warnings.warn(PinFactoryFallback("Falling back from lgpio"), stacklevel=1)
        raise BadPinFactory("Unable to load any default pin factory!")

    monkeypatch.setattr(Device, "pin_factory", None)
    monkeypatch.setattr(Device, "_default_pin_factory", none_here)
    with pytest.raises(ConfigError, match=r"\[cues\] led_pin = 25: there are no pins here; .*python3-lgpio"):
        Outputs(CuesConfig(led_pin=25))
