import errno
import os

import numpy as np
import pytest
from smbus2 import SMBus, i2c_msg

from hinge_imu.simulate.bus import SimulatedBus, VirtualClock
from hinge_imu.simulate.chip import Chip

MS = 1_000_000
ADDRESS = 0x68


def steps(t_ns):
    """A motion that is 1 count a millisecond at +-2 g and 250 deg/s, on every axis."""
    ramp = np.repeat(((t_ns - round(0.98 * MS)) // MS)[:, None], 3, axis=1)
    return ramp * (2 * 9.80665 / 32768), ramp * np.radians(250) / 32768, 36.53


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def wire(clock):
    return SimulatedBus({ADDRESS: Chip(steps)}, clock.now)


@pytest.fixture
def bus(wire):
    with wire.installed(), SMBus(1) as bus:
        yield bus


@pytest.fixture
def awake(bus):
    """Set to 1 kHz, accelerometer and gyroscope into the FIFO."""
    for register, value in {0x6B: 1, 0x1A: 1, 0x19: 0, 0x23: 0x78, 0x6A: 0x40}.items():
        bus.write_byte_data(ADDRESS, register, value)
    return bus


def burst(bus, register, length):
    data = i2c_msg.read(ADDRESS, length)
    bus.i2c_rdwr(i2c_msg.write(ADDRESS, [register]), data)
    return bytes(data)


def count(bus):
    return int.from_bytes(burst(bus, 0x72, 2), "big")


class TestRegisters:
    def test_after_power_on_all_registers_are_zero_but_two_and_the_factory_s(self, bus):
        found = {register: bus.read_byte_data(ADDRESS, register) for register in range(0x74)}
        not_zero = {register: value for register, value in found.items() if value}
        assert not_zero.pop(0x6B) == 0x40
        assert {0x0D, 0x0E, 0x0F} <= not_zero.keys() <= {0x0D, 0x0E, 0x0F, 0x10}
        assert bus.read_byte_data(ADDRESS, 0x75) == 0x68

    def test_a_burst_walks_through_the_registers(self, bus):
        bus.write_i2c_block_data(ADDRESS, 0x19, [1, 2, 8, 16])
        assert bus.read_i2c_block_data(ADDRESS, 0x19, 4) == [1, 2, 8, 16]
        assert burst(bus, 0x1A, 2) == bytes([2, 8])

    def test_bytes_and_words_go_in_and_out_as_smbus_wants_them(self, bus):
        bus.write_word_data(ADDRESS, 0x1B, 0x1008)
        assert bus.read_byte_data(ADDRESS, 0x1B) == 0x08
        assert bus.read_word_data(ADDRESS, 0x1B) == 0x1008
        bus.write_byte(ADDRESS, 0x1C)
        assert bus.read_byte(ADDRESS) == 0x10
        bus.write_quick(ADDRESS)

    @pytest.mark.parametrize("register", [0x3A, 0x3B, 0x48, 0x72, 0x75])
    def test_what_is_read_only_stays(self, bus, register):
        before = bus.read_byte_data(ADDRESS, register)
        bus.write_byte_data(ADDRESS, register, 0x5A)
        assert bus.read_byte_data(ADDRESS, register) == before

    def test_a_reset_puts_defaults_back_and_is_deaf_for_a_while(self, awake, clock):
        awake.write_byte_data(ADDRESS, 0x6B, 0x80)
        with pytest.raises(OSError) as deaf:
            awake.read_byte_data(ADDRESS, 0x75)
        assert deaf.value.errno == errno.EREMOTEIO
        clock.advance(100 * MS)
        assert awake.read_byte_data(ADDRESS, 0x6B) == 0x40
        assert awake.read_byte_data(ADDRESS, 0x23) == 0

    def test_the_status_clears_when_it_is_read(self, awake, clock):
        clock.advance(10 * MS)
        assert awake.read_byte_data(ADDRESS, 0x3A) == 1
        assert awake.read_byte_data(ADDRESS, 0x3A) == 0

    def test_the_status_clears_on_any_read_where_it_is_told_to(self, awake, clock):
        awake.write_byte_data(ADDRESS, 0x37, 0x10)
        clock.advance(10 * MS)
        awake.read_byte_data(ADDRESS, 0x75)
        assert awake.read_byte_data(ADDRESS, 0x3A) == 0


class TestSamples:
    def test_a_sleeping_chip_takes_none(self, bus, clock):
        bus.write_byte_data(ADDRESS, 0x23, 0x78)
        bus.write_byte_data(ADDRESS, 0x6A, 0x40)
        clock.advance(1000 * MS)
        assert count(bus) == 0
        assert burst(bus, 0x3B, 14) == bytes(14)

    def test_the_registers_hold_the_newest(self, awake, clock):
        clock.advance(500 * MS)
        words = np.frombuffer(burst(awake, 0x3B, 14), ">i2")
        # 500 ms, less 1.9 ms of low-pass and the 0.98 ms that the motion starts late.
        assert words.tolist() == [497, 497, 497, 0, 497, 497, 497]

    @pytest.mark.parametrize(
        ("low_pass", "divider", "rate"), [(1, 0, 1000), (3, 4, 200), (6, 255, 3.90625), (0, 79, 100)]
    )
    def test_the_rate_follows_low_pass_and_divider(self, awake, clock, low_pass, divider, rate):
        awake.write_byte_data(ADDRESS, 0x1A, low_pass)
        awake.write_byte_data(ADDRESS, 0x19, divider)
        awake.write_byte_data(ADDRESS, 0x6A, 0x04)
        awake.write_byte_data(ADDRESS, 0x6A, 0x40)
        taken = 0
        for _ in range(400):
            clock.advance(10 * MS)
            waiting = count(awake)
            burst(awake, 0x74, waiting or 1)
            taken += waiting / 12
        assert taken == int(4 * rate)

    def test_a_change_of_range_counts_for_the_very_next_sample(self, awake, clock):
        clock.advance(100 * MS)
        awake.write_byte_data(ADDRESS, 0x1C, 0x18)
        clock.advance(701 * MS)
        assert np.frombuffer(burst(awake, 0x3B, 2), ">i2")[0] == round(798 / 8)
        # The FIFO holds 85 samples, all of the new range.
        frames = np.frombuffer(burst(awake, 0x74, 1020), ">u1")
        assert len(frames) == 1020

    def test_only_what_is_enabled_goes_into_the_fifo_in_register_order(self, awake, clock):
        awake.write_byte_data(ADDRESS, 0x23, 0x80 | 0x20)
        clock.advance(50 * MS)
        waiting = count(awake)
        assert waiting == 50 * 4
        temperature, gyr_y = np.frombuffer(burst(awake, 0x74, waiting), ">i2").reshape(-1, 2).T
        assert not temperature.any()
        assert np.array_equal(np.diff(gyr_y), np.ones(49))


class TestFifo:
    def test_reading_it_takes_out_the_oldest(self, awake, clock):
        clock.advance(20 * MS)
        assert count(awake) == 240
        first = np.frombuffer(burst(awake, 0x74, 120), ">i2").reshape(10, 6)
        assert count(awake) == 120
        rest = np.frombuffer(burst(awake, 0x74, 120), ">i2").reshape(10, 6)
        assert np.array_equal(np.diff(np.concatenate([first, rest]), axis=0), np.ones((19, 6)))

    def test_the_count_is_latched_by_its_high_byte(self, awake, clock):
        clock.advance(30 * MS)
        assert awake.read_byte_data(ADDRESS, 0x72) == 360 >> 8
        clock.advance(3 * MS)
        assert awake.read_byte_data(ADDRESS, 0x73) == 360 & 0xFF
        awake.read_byte_data(ADDRESS, 0x72)
        assert awake.read_byte_data(ADDRESS, 0x73) == 396 & 0xFF

    def test_when_empty_it_repeats_its_last_byte(self, awake, clock):
        clock.advance(2 * MS)
        held = burst(awake, 0x74, 24)
        assert burst(awake, 0x74, 5) == held[-1:] * 5

    def test_when_full_it_loses_the_oldest_bytes_and_says_so(self, awake, clock):
        clock.advance(85 * MS)
        assert count(awake) == 1020
        assert awake.read_byte_data(ADDRESS, 0x3A) & 0x10 == 0
        clock.advance(1 * MS)
        assert count(awake) == 1024
        assert awake.read_byte_data(ADDRESS, 0x3A) & 0x10 == 0x10
        data = burst(awake, 0x74, 1024)
        whole = np.frombuffer(data[1024 % 12 :], ">i2").reshape(85, 6)
        assert np.array_equal(np.diff(whole, axis=0), np.ones((84, 6)))

    def test_it_is_reset_only_while_it_is_off(self, awake, clock):
        clock.advance(20 * MS)
        awake.write_byte_data(ADDRESS, 0x6A, 0x44)
        assert count(awake) == 240
        awake.write_byte_data(ADDRESS, 0x6A, 0x04)
        assert count(awake) == 0
        assert awake.read_byte_data(ADDRESS, 0x6A) == 0, "the reset bit clears itself"

    def test_what_is_read_does_not_depend_on_when(self, clock):
        def read(gaps):
            clock = VirtualClock()
            with SimulatedBus({ADDRESS: Chip(steps)}, clock.now).installed(), SMBus(1) as bus:
                for register, value in {0x6B: 1, 0x1A: 1, 0x23: 0x78, 0x6A: 0x40}.items():
                    bus.write_byte_data(ADDRESS, register, value)
                data = b""
                for gap in gaps:
                    clock.advance(gap * MS)
                    data += burst(bus, 0x74, count(bus) or 1)
                return data

        assert read([80] * 6) == read([1] * 480)


class TestLinux:
    def test_an_absent_address_is_remote_io_error(self, bus):
        with pytest.raises(OSError) as absent:
            bus.read_byte_data(0x69, 0x75)
        assert absent.value.errno == errno.EREMOTEIO

    def test_a_chip_can_be_pulled_and_put_back_as_new(self, awake, wire):
        wire.unplug(ADDRESS)
        with pytest.raises(OSError):
            awake.read_byte_data(ADDRESS, 0x75)
        wire.plug(ADDRESS)
        assert awake.read_byte_data(ADDRESS, 0x6B) == 0x40

    def test_a_transfer_takes_one_read_and_only_as_its_last_message(self, bus):
        write, read = i2c_msg.write(ADDRESS, [0x75]), i2c_msg.read(ADDRESS, 1)
        for messages in ([write, read, read], [read, write]):
            with pytest.raises(OSError) as refused:
                bus.i2c_rdwr(*messages)
            assert refused.value.errno == errno.EOPNOTSUPP
        bus.i2c_rdwr(write, read)
        assert bytes(read) == b"\x68"

    def test_a_transfer_has_42_messages_of_8192_bytes_at_most(self, bus):
        write = i2c_msg.write(ADDRESS, [0x75])
        bus.i2c_rdwr(*[write] * 42)
        for messages in ([write] * 43, [write, i2c_msg.read(ADDRESS, 8193)]):
            with pytest.raises(OSError) as refused:
                bus.i2c_rdwr(*messages)
            assert refused.value.errno == errno.EINVAL

    def test_a_block_of_no_bytes_is_refused(self, bus):
        with pytest.raises(OSError) as refused:
            bus.read_i2c_block_data(ADDRESS, 0x75, 0)
        assert refused.value.errno == errno.EINVAL

    def test_what_a_bcm2835_cannot_do_is_refused(self, bus):
        with pytest.raises(OSError) as refused:
            bus.read_block_data(ADDRESS, 0x75)
        assert refused.value.errno == errno.EOPNOTSUPP

    def test_other_buses_and_files_are_none_of_its_business(self, wire, tmp_path):
        with wire.installed(7):
            with pytest.raises(FileNotFoundError):
                SMBus(str(tmp_path / "i2c-9"))
            with SMBus(7) as bus:
                assert bus.read_byte_data(ADDRESS, 0x75) == 0x68
        with pytest.raises(FileNotFoundError):
            SMBus(str(tmp_path / "i2c-9"))

    def test_closing_gives_the_descriptor_back(self, bus):
        fd = bus.fd
        os.fstat(fd)
        bus.close()
        with pytest.raises(OSError):
            os.fstat(fd)

    def test_transfers_take_their_time_at_400_khz(self, clock):
        with SimulatedBus({ADDRESS: Chip(steps)}, clock.now, busy=clock.advance).installed(), SMBus(1) as bus:
            burst(bus, 0x3B, 14)
        # Start and stop, a restart, two addresses and a register with their acknowledges, 14 bytes of 9 bits.
        assert clock.now() == (3 + 3 * 9 + 14 * 9) * 2500

    def test_a_disturbed_read_loses_bytes_and_fails_once(self, awake, wire, clock):
        clock.advance(20 * MS)
        wire.disturb(ADDRESS, longer_than=2)
        assert count(awake) == 240
        with pytest.raises(OSError):
            burst(awake, 0x74, 120)
        assert count(awake) == 180
        burst(awake, 0x74, 120)
