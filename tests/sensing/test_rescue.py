import sys
from types import ModuleType

import pytest

from hinge_imu.config import BusConfig, Config, ConfigError
from hinge_imu.events import SensorEvent
from hinge_imu.sensing.rescue import Rescue
from hinge_imu.sensing.sampler import Sampler

S = 1_000_000_000


@pytest.fixture
def pin(monkeypatch):
    """Put a gpiozero in place whose pins write down what they do."""
    done = []

    class OutputDevice:
        def __init__(self, number, *, initial_value):
            if number == 3:
                raise GPIOZeroError("pin in use")
            done.append((number, initial_value))

        def on(self):
            done.append("on")

        def off(self):
            done.append("off")

        def close(self):
            done.append("close")

    class GPIOZeroError(Exception):
        pass

    gpiozero, exc = ModuleType("gpiozero"), ModuleType("gpiozero.exc")
    gpiozero.OutputDevice, exc.GPIOZeroError = OutputDevice, GPIOZeroError
    monkeypatch.setitem(sys.modules, "gpiozero", gpiozero)
    monkeypatch.setitem(sys.modules, "gpiozero.exc", exc)
    return done


def no_wait(seconds):
    pass


class Spy(Rescue):
    def __init__(self):
        super().__init__(BusConfig())
        self.calls = []

    def bus_stuck(self):
        self.calls.append("bus_stuck")

    def power_cycle(self, now_ns):
        self.calls.append("power_cycle")


@pytest.fixture
def spied(rig):
    """A sampler on the rig, told to run for so many seconds, and what it called for."""
    spy = Spy()
    sampler = Sampler(Config(), clock=rig.clock.now, rescue=spy)

    def run(seconds):
        items = list(sampler.in_virtual_time(rig.clock.advance, seconds))
        return [item for item in items if isinstance(item, SensorEvent)]

    return run, spy.calls


def test_as_shipped_nothing_is_done(tmp_path):
    rescue = Rescue(BusConfig())
    rescue.bus_stuck()
    rescue.power_cycle(0)
    assert rescue.turn(0) == 0
    rescue.close()


def test_a_stuck_bus_is_asked_for_by_a_file(tmp_path):
    rescue = Rescue(BusConfig(recovery_request=str(tmp_path / "request")))
    rescue.bus_stuck()
    assert (tmp_path / "request").exists()


def test_a_request_that_cannot_be_written_ends_nothing(tmp_path):
    Rescue(BusConfig(recovery_request=str(tmp_path / "missing" / "request"))).bus_stuck()


def test_the_power_comes_up_with_the_object_and_the_chips_have_time_to_follow(pin):
    waited = []
    Rescue(BusConfig(power_pin=17), waited.append)
    assert pin == [(17, True)]
    assert waited == [pytest.approx(0.2)]


def test_the_power_goes_off_for_half_a_second_and_nobody_waits_for_it(pin):
    rescue = Rescue(BusConfig(power_pin=17), no_wait)
    rescue.power_cycle(10 * S)
    assert pin == [(17, True), "off"]
    assert rescue.turn(10 * S) == pytest.approx(0.7 * S)
    assert rescue.turn(10 * S + S // 4) == pytest.approx(0.45 * S)
    assert pin == [(17, True), "off"]
    assert rescue.turn(10 * S + S // 2) == pytest.approx(0.2 * S)
    assert pin == [(17, True), "off", "on"]
    assert rescue.turn(11 * S) == 0
    rescue.close()
    assert pin[-1] == "close"


def test_the_power_is_not_taken_twice_in_a_minute(pin):
    rescue = Rescue(BusConfig(power_pin=17), no_wait)
    for second in range(0, 121, 5):
        rescue.power_cycle(second * S)
        rescue.turn(second * S + S)
    assert pin.count("off") == pin.count("on") == 3


def test_a_pin_without_the_library_for_it_is_a_matter_of_set_up(monkeypatch):
    monkeypatch.setitem(sys.modules, "gpiozero", None)
    with pytest.raises(ConfigError, match=r"power_pin = 17: needs gpiozero; install hinge-imu\[pi\]"):
        Rescue(BusConfig(power_pin=17))


def test_a_pin_that_is_taken_is_a_matter_of_set_up(pin):
    with pytest.raises(ConfigError, match=r"power_pin = 3: cannot be used \(pin in use"):
        Rescue(BusConfig(power_pin=3))


def test_a_line_that_is_held_is_freed_first_and_then_the_power_is_taken(spied, rig):
    run, calls = spied
    run(3)
    rig.bus.hold()
    events = run(20)
    assert calls[:2] == ["bus_stuck", "power_cycle"]
    assert [event.what for event in events] == ["lost", "lost"]
    assert "SDA or SCL is held low" in events[0].text
    rig.bus.release()
    assert [event.what for event in run(5)] == ["back", "back"]


def test_a_line_that_reads_the_same_everywhere_counts_as_held(spied, rig):
    run, calls = spied
    run(3)
    rig.bus.short(0x00)
    run(20)
    assert calls[:2] == ["bus_stuck", "power_cycle"]


def test_chips_that_are_merely_unplugged_are_waited_for(spied, rig):
    run, calls = spied
    run(3)
    rig.bus.unplug(0x68)
    rig.bus.unplug(0x69)
    run(60)
    assert calls == []


def test_a_chip_that_is_started_for_the_third_time_in_a_minute_has_its_power_taken(spied, rig):
    run, calls = spied
    run(3)
    rig.chips[0x69].freeze()
    run(0.6)
    assert calls == []
    run(5)
    assert calls[0] == "power_cycle"


def test_a_frozen_chip_comes_back_from_a_power_cycle(pin, rig):
    class Supply(Rescue):
        def turn(self, now_ns):
            before = pin.count("on")
            left = super().turn(now_ns)
            if pin.count("on") > before:
                for chip in rig.chips.values():
                    chip.power_on(rig.clock.now())
            return left

    sampler = Sampler(Config(), clock=rig.clock.now, rescue=Supply(BusConfig(power_pin=17)))
    list(sampler.in_virtual_time(rig.clock.advance, 3))
    rig.chips[0x69].freeze()
    items = list(sampler.in_virtual_time(rig.clock.advance, 30))
    assert pin == [(17, True), "off", "on"]
    thorax = [item for item in items if isinstance(item, SensorEvent) and item.segment == "thorax"]
    assert [event.what for event in thorax][-1] == "back"
    last = [item for item in items if not isinstance(item, SensorEvent) and item["sensor"][0] == 1][-1]
    assert last["t_ns"][-1] > 32.9e9
    assert not last["flags"][-1] & 0x30
