import errno

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from smbus2 import SMBus, smbus2

from hinge_imu.config import ConfigError
from hinge_imu.samples import RAW, Flag
from hinge_imu.sensing.i2c import BusFault
from hinge_imu.simulate import chip as chip_module
from hinge_imu.simulate.imu import ImuErrors

G = 9.80665
NOISY = ImuErrors(acc_noise=400e-6 * G, gyr_noise=np.radians(0.005))


def has(raw, flag):
    return (raw["flags"] & flag) != 0


class TestStart:
    def test_the_chip_is_set_as_configured(self, rig):
        rig.start(rig.mpu(0x69, rate_hz=100, gyr_range_dps=1000, acc_range_g=8, low_pass_hz=21))
        with SMBus(1) as bus:
            found = {register: bus.read_byte_data(0x69, register) for register in range(0x19, 0x6D)}
        expected = {0x19: 9, 0x1A: 4, 0x1B: 0x10, 0x1C: 0x10, 0x23: 0x78, 0x37: 0, 0x38: 0}
        expected |= {0x6A: 0x40, 0x6B: 0x01, 0x6C: 0}
        assert {register: found[register] for register in expected} == expected

    def test_it_mends_whatever_state_the_chip_was_left_in(self, rig, serial):
        with SMBus(1) as bus:
            for register, value in {0x6B: 0, 0x1A: 0x2A, 0x1C: 0xE0, 0x23: 0xF8, 0x6A: 0x40}.items():
                bus.write_byte_data(0x69, register, value)
        rig.wait(1)
        raw = rig.poll_for(rig.start(rig.mpu()), 1)
        assert set(np.diff(serial(raw))) == {1}
        assert not raw["acc"][:, 2].any()

    def test_a_chip_that_is_missing_is_named_with_what_to_look_at(self, rig):
        rig.bus.unplug(0x69)
        with pytest.raises(BusFault, match="no answer at 0x69: AD0 is not wired to 3V3, or a wire is loose"):
            rig.start(rig.mpu(0x69))

    @pytest.mark.parametrize("name", [0x00, 0xFF])
    def test_a_dead_line_is_not_taken_for_a_chip(self, new_rig, name):
        with new_rig(who_am_i=name) as rig, pytest.raises(BusFault, match=f"0x68: reads {name:#04x} for its name"):
            rig.start(rig.mpu(0x68))

    @pytest.mark.parametrize("register", [0x19, 0x1A, 0x1B, 0x1C, 0x23])
    def test_a_setting_that_did_not_take_is_told(self, rig, register, monkeypatch):
        monkeypatch.setattr(chip_module, "WRITABLE", chip_module.WRITABLE - {register})
        with pytest.raises(BusFault, match=f"register {register:#04x} should read"):
            rig.start(rig.mpu(0x68))

    def test_an_address_that_the_kernel_holds_is_a_matter_of_set_up(self, rig, monkeypatch):
        inner = smbus2.ioctl

        def held(fd, request, argument=0):
            if request == smbus2.I2C_SLAVE:
                raise OSError(errno.EBUSY, "busy")
            return inner(fd, request, argument)

        mpu = rig.mpu(0x68)
        monkeypatch.setattr(smbus2, "ioctl", held)
        with pytest.raises(ConfigError, match="0x68: a kernel driver holds it"):
            rig.start(mpu)

    def test_the_first_sample_after_a_start_is_dropped(self, rig):
        mpu = rig.start(rig.mpu())
        rig.wait(0.1)
        rig.chips[0x69].advance(rig.clock.now())
        waiting = len(rig.chips[0x69]._fifo) // 12
        assert len(mpu.poll()) == waiting - 1


class TestPoll:
    def test_an_empty_fifo_is_left_alone(self, rig):
        mpu = rig.start(rig.mpu())
        rig.wait(0.05)
        mpu.poll()
        mpu.poll()
        # The second poll took less than a fifth of a sample's period, and read whatever came during the first.
        raw = mpu.poll()
        assert raw.dtype == RAW
        assert len(raw) == 0

    def test_every_sample_comes_exactly_once_over_minutes(self, rig, serial):
        raw = rig.poll_for(rig.start(rig.mpu()), 180)
        assert set(np.diff(serial(raw))) == {1}
        assert np.array_equal(raw["seq"], np.arange(len(raw)))
        assert abs(len(raw) - 180 * 200) < 10
        assert not has(raw, Flag.AFTER_LOSS | Flag.UNSURE_TIME | Flag.SATURATED).any()

    def test_each_poll_ends_with_a_mark(self, rig):
        mpu = rig.start(rig.mpu())
        for _ in range(20):
            rig.wait(0.022)
            assert np.flatnonzero(has(raw := mpu.poll(), Flag.LAST_OF_POLL)).tolist() == [len(raw) - 1]

    # The FIFO holds 82 samples below its brim, 410 ms; emptying it takes 26 ms in which the next ones come.
    @given(gaps=st.lists(st.integers(0, 380_000_000), min_size=1, max_size=25))
    def test_whenever_one_polls_the_samples_come_once_and_in_order(self, new_rig, serial, gaps):
        with new_rig() as rig:
            mpu = rig.start(rig.mpu())
            began = rig.clock.now()
            blocks = []
            for gap in gaps:
                rig.clock.advance(gap)
                blocks.append(rig.empty(mpu))
            raw = np.concatenate(blocks)
        took_s = (rig.clock.now() - began) * 1e-9
        assert set(np.diff(serial(raw))) <= {1}
        assert np.array_equal(raw["seq"], np.arange(len(raw)))
        assert took_s * 200 - 8 <= len(raw) <= took_s * 200 + 2

    @pytest.mark.parametrize("stall", [0.42, 0.6, 5.0])
    def test_an_overflow_costs_samples_says_so_and_is_over(self, rig, serial, stall):
        mpu = rig.start(rig.mpu())
        blocks = []
        for _ in range(4):
            blocks.append(rig.poll_for(mpu, 20))
            rig.wait(stall)
        raw = np.concatenate([*blocks, rig.poll_for(mpu, 20)])
        jumps = np.flatnonzero(np.diff(serial(raw)) != 1) + 1
        assert np.flatnonzero(has(raw, Flag.AFTER_LOSS)).tolist() == jumps.tolist()
        assert len(jumps) == 4
        assert np.all(np.diff(serial(raw))[jumps - 1] * 0.005 > stall)
        assert not raw["acc"][:, 2].any(), "a torn frame would show on an axis that stands still"

    def test_right_after_an_overflow_an_empty_fifo_is_no_silence(self, rig):
        mpu = rig.start(rig.mpu())
        rig.wait(5)
        assert len(mpu.poll()) == 0
        assert len(mpu.poll()) == 0

    def test_the_flag_alone_tells_of_a_fifo_that_is_smaller_than_its_part_should_have(self, new_rig, serial):
        with new_rig(fifo_bytes=512) as rig:
            mpu = rig.start(rig.mpu())
            before = rig.poll_for(mpu, 1)
            rig.wait(0.3)
            raw = np.concatenate([before, rig.poll_for(mpu, 1)])
        assert np.flatnonzero(has(raw, Flag.AFTER_LOSS)).tolist() == [len(before)]
        assert np.flatnonzero(np.diff(serial(raw)) != 1).tolist() == [len(before) - 1]

    @pytest.mark.parametrize("rate", [200, 1000])
    def test_frames_that_are_just_being_written_are_left_for_the_next_poll(self, new_rig, noisy, rate):
        with new_rig(errors=noisy) as rig:
            mpu = rig.start(rig.mpu(rate_hz=rate))
            # 31 us a poll more: every moment of a frame's 200 us of writing is met many times.
            raw = rig.poll_for(mpu, 10, every=0.015031)
        assert rig.said == []
        assert len(raw) == pytest.approx(10 * rate, abs=20)

    def test_at_most_twenty_samples_are_read_and_the_rest_has_an_unsure_time(self, rig, serial):
        mpu = rig.start(rig.mpu())
        rig.wait(0.3)
        blocks = [mpu.poll()]
        while mpu.more:
            assert len(blocks[-1]) <= 20
            blocks.append(mpu.poll())
        assert len(blocks) == 4
        assert [has(raw, Flag.UNSURE_TIME).all() for raw in blocks] == [True, True, True, False]
        assert set(np.diff(serial(np.concatenate(blocks)))) == {1}

    def test_a_burst_that_breaks_off_is_not_read_again(self, rig, serial):
        mpu = rig.start(rig.mpu())
        before = rig.poll_for(mpu, 2)
        rig.bus.disturb(0x69, longer_than=20)
        raw = np.concatenate([before, rig.poll_for(mpu, 2)])
        assert np.flatnonzero(has(raw, Flag.AFTER_LOSS)).tolist() == [len(before)]
        assert np.flatnonzero(np.diff(serial(raw)) != 1).tolist() == [len(before) - 1]
        assert np.array_equal(raw["seq"], np.arange(len(raw)))

    def test_long_reads_that_always_break_off_are_a_bus_fault(self, rig):
        mpu = rig.start(rig.mpu())
        rig.poll_for(mpu, 1)
        rig.bus.disturb(0x69, times=10_000, longer_than=20)
        with pytest.raises(BusFault, match="0x69 answers but gives no samples"):
            rig.poll_for(mpu, 1)

    def test_a_disturbed_register_read_is_read_again(self, rig, serial):
        mpu = rig.start(rig.mpu())
        blocks = []
        for _ in range(50):
            rig.bus.disturb(0x69, times=2)
            blocks.append(rig.poll_for(mpu, 0.1))
        raw = np.concatenate(blocks)
        assert set(np.diff(serial(raw))) == {1}

    def test_a_chip_that_goes_away_is_a_bus_fault(self, rig):
        mpu = rig.start(rig.mpu())
        rig.poll_for(mpu, 1)
        rig.bus.unplug(0x69)
        with pytest.raises(BusFault, match="no answer at 0x69"):
            rig.poll_for(mpu, 0.1)

    def test_a_knock_on_the_plug_costs_nothing(self, rig, serial):
        mpu = rig.start(rig.mpu())
        blocks = []
        for _ in range(20):
            blocks.append(rig.poll_for(mpu, 0.5))
            rig.bus.nack(0x69, 9)
        raw = np.concatenate([*blocks, rig.poll_for(mpu, 0.1)])
        assert set(np.diff(serial(raw))) == {1}
        assert rig.said == []

    def test_more_than_ten_transfers_that_fail_in_a_row_are_a_loss(self, rig):
        mpu = rig.start(rig.mpu())
        rig.bus.nack(0x69, 12)
        with pytest.raises(BusFault, match="no answer at 0x69"):
            rig.poll_for(mpu, 0.5)

    def test_a_chip_that_lost_its_settings_is_a_bus_fault(self, rig):
        mpu = rig.start(rig.mpu())
        rig.poll_for(mpu, 1)
        rig.chips[0x69].power_on(rig.clock.now())
        with pytest.raises(BusFault, match="its supply dipped"):
            mpu.poll()

    @pytest.mark.parametrize(("name", "brim_s"), [(0x68, 82 * 0.005), (0x70, 40 * 0.005)])
    def test_a_part_of_another_name_is_trusted_with_half_the_fifo(self, new_rig, name, brim_s):
        with new_rig(who_am_i=name) as rig:
            mpu = rig.start(rig.mpu())
            rig.empty(mpu)
            rig.wait(brim_s - 0.02)
            assert len(rig.empty(mpu)) > 30
            rig.empty(mpu)
            rig.wait(brim_s + 0.01)
            assert len(mpu.poll()) == 0
            rig.wait(0.05)
            assert has(mpu.poll(), Flag.AFTER_LOSS)[0]


class TestTime:
    def test_the_stamp_is_the_middle_of_the_count_read(self, rig):
        mpu = rig.start(rig.mpu())
        rig.wait(0.1)
        began = rig.clock.now()
        raw = mpu.poll()
        # 39 bits for the status (start, restart, stop, two addresses, a register, a byte), 48 for the count.
        assert set(raw["t_ns"]) == {began + 39 * 2500 + 48 * 2500 // 2}

    def test_the_newest_sample_of_a_poll_is_less_than_a_period_old(self, new_rig, serial):
        def dated(t_ns):
            high, low = np.divmod(t_ns // 10_000, 4096)
            return np.stack([low, high, low], axis=1) * (16 * G / 32768), np.zeros((len(t_ns), 3)), 25.0

        with new_rig(dated) as rig:
            raw = rig.poll_for(rig.start(rig.mpu()), 20)
        last = raw[has(raw, Flag.LAST_OF_POLL)]
        taken_ns = serial(last) * 10_000 + 4_800_000  # the low-pass shows what was 4.8 ms ago
        age = (last["t_ns"] - taken_ns) / 5_000_000
        # The count stands still from the first of its two bytes on, and the stamp is their middle: 10 us.
        assert -0.01 < age.min() < 0.1
        assert 0.9 < age.max() <= 1.01

    def test_a_count_read_that_was_interrupted_makes_the_time_unsure(self, rig):
        mpu = rig.start(rig.mpu())
        rig.wait(0.05)
        rig.hiccup_ns = 3_000_000
        unsure = mpu.poll()
        rig.hiccup_ns = 0
        rig.wait(0.05)
        sure = mpu.poll()
        assert has(unsure, Flag.UNSURE_TIME).all()
        assert not has(sure, Flag.UNSURE_TIME).any()


class TestValues:
    @pytest.mark.parametrize(("acc_range", "per_g"), [(2, 16384), (4, 8192), (8, 4096), (16, 2048)])
    def test_one_g_reads_one_g_on_every_range(self, new_rig, standing, acc_range, per_g):
        with new_rig(standing, NOISY) as rig:
            raw = rig.poll_for(rig.start(rig.mpu(acc_range_g=acc_range)), 10)
        measured = raw["acc"][:, 1] / per_g
        # 2000 samples of 2.7 mg rms: the mean is good to 0.06 mg, a count is 0.5 mg at most.
        assert abs(measured.mean() - 1) < 0.3e-3
        assert 2.3e-3 < measured.std() < 3.1e-3

    @pytest.mark.parametrize(("gyr_range", "per_dps"), [(250, 131), (500, 65.5), (1000, 32.8), (2000, 16.4)])
    def test_a_turn_reads_the_same_on_every_range(self, new_rig, gyr_range, per_dps):
        def turning(t_ns):
            return np.zeros((len(t_ns), 3)), np.tile(np.radians([100.0, -200.0, 0.0]), (len(t_ns), 1)), 25.0

        with new_rig(turning, NOISY) as rig:
            raw = rig.poll_for(rig.start(rig.mpu(gyr_range_dps=gyr_range)), 1)
        # The data sheet rounds its sensitivities to three digits.
        assert raw["gyr"].mean(axis=0) / per_dps == pytest.approx([100, -200, 0], rel=2e-3, abs=0.05)

    def test_what_stands_at_the_end_of_the_range_is_flagged(self, new_rig):
        def shaken(t_ns):
            swing = 17 * G * np.sin(2 * np.pi * t_ns * 1e-9)
            return np.stack([swing, 0 * swing, 0 * swing], axis=1), np.zeros((len(t_ns), 3)), 25.0

        with new_rig(shaken, NOISY) as rig:
            raw = rig.poll_for(rig.start(rig.mpu()), 10)
        # |sin| is beyond 16/17 for this share of the time, give or take two of the 200 samples of a period.
        share = 1 - 2 / np.pi * np.arcsin(16 / 17)
        assert has(raw, Flag.SATURATED).mean() == pytest.approx(share, abs=0.01)
        assert set(np.abs(raw["acc"][has(raw, Flag.SATURATED), 0].astype(int))) == {32767, 32768}

    def test_the_temperature_is_read_once_a_second(self, new_rig):
        def warming(t_ns):
            return np.zeros((len(t_ns), 3)), np.zeros((len(t_ns), 3)), 20.0 + t_ns[0] * 1e-9

        with new_rig(warming, NOISY) as rig:
            raw = rig.poll_for(rig.start(rig.mpu()), 10)
        celsius = raw["temp"] / 340 + 36.53
        assert (np.diff(celsius) != 0).sum() in {9, 10}
        assert celsius[-1] == pytest.approx(20 + rig.clock.now() * 1e-9, abs=1.5)
