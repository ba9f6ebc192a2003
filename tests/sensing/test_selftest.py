import math

import numpy as np
import pytest
from smbus2 import SMBus

from hinge_imu.sensing.i2c import BusFault
from hinge_imu.sensing.selftest import METHODS, Bench, bench, trim_6050, trim_6500
from hinge_imu.simulate.imu import ImuErrors

PART = ImuErrors(acc_noise=400e-6 * 9.80665, gyr_noise=math.radians(0.005), acc_bias=np.array([0.3, -0.4, 0.6]))


@pytest.fixture
def tested(new_rig, standing):
    """Put the chip at 0x69 on the bench; ``edit`` may spoil it first."""

    def run(edit=lambda rig: None, *, source=standing, **chip):
        with new_rig(source, PART, **chip) as rig:
            edit(rig)
            testing = bench(SMBus(1), 0x69, clock=rig.clock.now)
            try:
                while True:
                    rig.wait(next(testing))
            except StopIteration as done:
                return done.value

    return run


def shaking(t_ns):
    swing = np.sin(t_ns * 1e-9 * 2 * np.pi * 3)[:, None]
    return np.array([[0.0, 9.80665, 0.0]]) + swing * [[2.0, 0, 0]], np.zeros((len(t_ns), 3)), 25.0


def test_the_trim_of_the_smallest_and_of_the_largest_codes_is_that_of_the_register_map():
    # At the ends the formulas of pages 10 and 11 are plain: 0.34 g and 0.92 g at 4096 counts a g, 25 deg/s at 131.
    lowest = trim_6050(bytes([0x01, 0x01, 0x01, 0b01_01_01]))
    np.testing.assert_allclose(lowest, [0.34 * 4096] * 3 + [25 * 131, -25 * 131, 25 * 131])
    highest = trim_6050(bytes([0xFF, 0xFF, 0xFF, 0b11_11_11]))
    np.testing.assert_allclose(highest[:3], 0.92 * 4096)
    np.testing.assert_allclose(np.log(highest[[3, 5]] / (25 * 131)), 30 * math.log(1.046))


def test_bits_of_the_gyroscope_do_not_get_into_the_code_of_the_accelerometer():
    # X: accelerometer 0b10110 = 22, gyroscope 0b01101 = 13; page 9 puts the upper three bits above the gyroscope's.
    trim = trim_6050(bytes([0b101_01101, 0b000_00000, 0b011_11111, 0b10_00_01]))
    expected = 4096 * 0.34 * math.exp(math.log(0.92 / 0.34) * 21 / 30)
    assert trim[0] == pytest.approx(expected)
    assert trim[3] == pytest.approx(25 * 131 * 1.046**12)
    assert (trim[1], trim[4]) == (0.0, 0.0), "a code of 0 means that the factory noted nothing"
    assert trim[2] == pytest.approx(4096 * 0.34 * (0.92 / 0.34) ** (12 / 30))


def test_each_code_of_the_mpu_6500_is_one_percent_more():
    assert trim_6500(np.array([0, 1, 2, 101, 1, 1], np.uint8))[:4] == pytest.approx([0, 2620, 2646.2, 7086.6], rel=1e-4)


@pytest.mark.parametrize("who_am_i", [0x68, 0x70])
def test_a_sound_chip_answers_with_its_factory_trim_whatever_its_offsets(tested, who_am_i):
    done = tested(who_am_i=who_am_i)
    assert done.tested
    assert not done.shared
    np.testing.assert_allclose(done.change, 0, atol=0.02)


@pytest.mark.parametrize(("who_am_i", "limit"), [(0x68, 0.14), (0x70, 0.5)])
def test_a_chip_that_answers_with_less_is_off_by_as_much(tested, who_am_i, limit):
    def weaken(rig):
        rig.chips[0x69].self_test_response = 0.4

    done = tested(weaken, who_am_i=who_am_i)
    np.testing.assert_allclose(done.change, -0.6, atol=0.02)
    assert done.method.limit == limit


def test_a_part_whose_test_is_not_known_is_not_tested(tested):
    done = tested(who_am_i=0x98)
    assert not done.tested
    assert len(done.off) > 20


def test_a_part_without_factory_codes_is_not_tested(tested):
    def forget(rig):
        rig.chips[0x69].trim = (0,) * 6

    assert not tested(forget).tested


def test_the_self_test_is_off_afterwards(new_rig, standing):
    with new_rig(standing, PART) as rig:
        bus = SMBus(1)
        for seconds in bench(bus, 0x69, clock=rig.clock.now):
            rig.wait(seconds)
        assert [bus.read_byte_data(0x69, register) & 0xE0 for register in (0x1B, 0x1C)] == [0, 0]


def test_unrest_is_told_in_physical_units(tested):
    acc, gyr = tested(source=shaking).unrest
    assert acc == pytest.approx(2 / math.sqrt(2), rel=0.3), "a sine of 2 m/s^2, seen for a quarter of a second"
    assert gyr == pytest.approx(math.radians(0.005) * math.sqrt(42), rel=0.4)


def test_two_chips_at_one_address_are_told_by_the_and_of_their_noise(tested):
    def clash(rig):
        rig.bus.connect(0x69, rig.chips[0x68], rig.chips[0x69])

    assert tested(clash).shared
    assert not tested().shared


@pytest.mark.parametrize("seed", range(20))
def test_one_chip_is_never_taken_for_two_nor_two_for_one(seed):
    rng = np.random.default_rng(seed)
    level = rng.uniform(-5000, 5000, (2, 6))
    one, other = np.rint(level[:, None] + rng.normal(0, 4, (2, 100, 6))).astype(int)
    for words, shared in ((one, False), (one & other, True)):
        halves = words.astype(float).reshape(2, 50, 6)
        assert Bench(halves[0], halves[1], np.zeros(6), METHODS["mpu6050"]).shared is shared


@pytest.mark.parametrize("dip_s", [0.35, 0.6, 0.9])
def test_a_chip_whose_supply_dips_meanwhile_is_told_from_one_that_answers_wrongly(tested, dip_s):
    def dip(rig):
        inner, due = rig.wait, [rig.clock.now() + dip_s * 1e9]

        def wait(seconds):
            inner(seconds)
            if due and rig.clock.now() > due[0]:
                due.clear()
                rig.chips[0x69].power_on(rig.clock.now())

        rig.wait = wait

    with pytest.raises(BusFault, match="supply"):
        tested(dip)


def test_numbers_without_noise_say_nothing_about_how_many_chips_there_are():
    zeros = np.zeros((50, 6))
    assert not Bench(zeros, zeros, np.zeros(6), METHODS["mpu6050"]).shared
