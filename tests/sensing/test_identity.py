import numpy as np
import pytest

from hinge_imu.config import Config
from hinge_imu.sensing.identity import Identity, identities
from hinge_imu.simulate.bus import SimulatedBus, VirtualClock
from hinge_imu.simulate.chip import Chip

SENSORS = Config().sensors


def source(t_ns):
    return np.tile([0.0, 0.0, 9.81], (len(t_ns), 1)), np.zeros((len(t_ns), 3)), 25.0


@pytest.fixture
def chips():
    return [Chip(source, seed=seed) for seed in (1, 2)]


@pytest.fixture
def bus(chips):
    clock = VirtualClock()
    with SimulatedBus(dict(zip((0x68, 0x69), chips, strict=True)), clock.now, busy=clock.advance).installed() as bus:
        yield bus


def test_sleeping_boards_are_told_apart_by_the_codes_of_their_factory(bus, chips):
    chips[0].trim = (0b10110, 0b00001, 0b11111, 3, 4, 5)
    found = identities(1, SENSORS)
    # Page 9: the accelerometer's three upper bits above the gyroscope's five; its lower two in a fourth byte.
    assert found[0x68] == Identity(0x68, bytes([0b101_00011, 0b000_00100, 0b111_00101, 0b00_10_01_11]))
    assert found[0x69].self_test != found[0x68].self_test


def test_who_does_not_answer_and_a_bus_that_is_not_there_are_left_out(bus):
    bus.unplug(0x69)
    assert set(identities(1, SENSORS)) == {0x68}
    assert identities(97, SENSORS) == {}
