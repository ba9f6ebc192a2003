"""What wires, supplies and chips do to a driver that only wants to empty a FIFO."""

import numpy as np
import pytest
from smbus2 import SMBus

from hinge_imu.config import Config
from hinge_imu.events import SensorEvent
from hinge_imu.samples import BAD, Flag
from hinge_imu.sensing.i2c import BusFault
from hinge_imu.sensing.sampler import Sampler
from hinge_imu.simulate.bus import SimulatedBus, VirtualClock
from hinge_imu.simulate.chip import Chip


@pytest.fixture
def still_rig(new_rig, standing, noisy):
    with new_rig(standing, noisy) as rig:
        yield rig


@pytest.fixture
def running(rig):
    mpu = rig.start(rig.mpu())
    rig.poll_for(mpu, 1)
    return mpu


def has(raw, flag):
    return (raw["flags"] & int(flag)) != 0


class TestStart:
    @pytest.mark.parametrize("writes", [1, 2])
    @pytest.mark.parametrize("after", range(14))
    def test_a_write_that_did_not_take_is_written_again(self, rig, serial, after, writes):
        chip, count = rig.chips[0x69], 0
        inner = chip.write

        def write(data):
            nonlocal count
            if len(data) > 1:
                if count == after:
                    chip.deafen(writes)
                count += 1
            inner(data)

        chip.write = write
        raw = rig.poll_for(rig.start(rig.mpu()), 1)
        assert count > after
        assert len(raw) == pytest.approx(200, abs=10)
        assert set(np.diff(serial(raw))) == {1}
        assert rig.said == []

    def test_writes_that_never_take_are_a_bus_fault(self, rig):
        rig.start(rig.mpu())
        rig.chips[0x69].deafen(10_000)
        with pytest.raises(BusFault, match="register 0x6b should read 0x40 and reads 0x01"):
            rig.start(rig.mpu())

    def test_half_a_transfer_of_a_process_that_died_is_got_over(self, rig):
        rig.bus.nack(0x69, 1)
        assert len(rig.poll_for(rig.start(rig.mpu()), 0.5)) > 80

    def test_a_name_that_a_flipped_bit_changed_is_not_believed(self, rig):
        rig.bus.flip(0x69, times=1, longer_than=0)
        mpu = rig.start(rig.mpu())
        assert mpu.who_am_i == 0x68
        rig.bus.flip(0x69, times=2, longer_than=0)
        assert rig.start(mpu).who_am_i == 0x68
        assert rig.said == []

    def test_a_chip_that_does_not_wake_is_told_from_one_that_is_missing(self, rig):
        chip = rig.chips[0x69]
        inner = chip.write
        chip.write = lambda data: inner(bytes([0x6B, 0x40]) if data == bytes([0x6B, 0x01]) else data)
        with pytest.raises(BusFault, match="0x69 is asleep and should not be: its supply dips"):
            rig.start(rig.mpu())


class TestPoll:
    @pytest.mark.parametrize("n", range(1, 12))
    def test_shifted_frames_are_never_handed_out(self, rig, running, serial, n):
        rig.wait(0.05)
        rig.chips[0x69].slip(n)
        raw = rig.poll_for(running, 1)
        assert rig.facts() == ["reset"]
        assert "shifted" in rig.said[0][1]
        assert np.flatnonzero(has(raw, Flag.AFTER_LOSS)).tolist() == [0]
        assert set(np.diff(serial(raw))) == {1}
        assert not raw["acc"][:, 2].any()

    @pytest.mark.parametrize("value", [0x00, 0xFF])
    def test_a_torn_end_of_a_read_is_flagged_with_its_neighbours_and_the_rest_thrown_away(self, rig, running, value):
        rig.bus.tear(0x69, value, 12)
        raw = rig.poll_for(running, 1)
        dead = np.flatnonzero(has(raw, Flag.DEAD))
        assert len(dead) == 2
        assert (raw["acc"][dead[1]] == (0 if value == 0 else -1)).all()
        assert np.flatnonzero(has(raw, Flag.AFTER_LOSS)).tolist() == [dead[1] + 1]
        assert rig.facts() == ["reset"]

    def test_a_chip_that_gives_the_same_again_and_again_has_stopped(self, rig, running):
        rig.chips[0x69].freeze()
        with pytest.raises(BusFault, match="gives the same values again and again"):
            rig.poll_for(running, 0.2)

    def test_a_chip_that_gives_nothing_any_more_has_stopped(self, rig, running):
        rig.chips[0x69].stall()
        with pytest.raises(BusFault, match="answers but gives no samples"):
            rig.poll_for(running, 0.3)

    # In its order a poll reads status, count, FIFO, count, settings and, once a second, pins, power and thermometer.
    @pytest.mark.parametrize("transfer", range(8))
    def test_wherever_in_a_poll_the_wire_fails_no_sample_is_lost_unsaid(self, rig, running, serial, transfer):
        blocks = [rig.poll_for(running, 1.5)]
        inner, done = rig.bus._transfer, []

        def failing(messages):
            done.append(messages)
            if len(done) == transfer + 1:
                rig.bus.nack(0x69, 4)
            return inner(messages)

        running._second_ns = 0
        rig.wait(0.02)
        running._registers._bus.close()
        rig.bus._transfer = failing
        with rig.bus.installed():
            running._registers._bus.open(1)
            blocks.append(rig.poll_for(running, 1))
        raw = np.concatenate(blocks)
        jumps = np.flatnonzero(np.diff(serial(raw)) != 1) + 1
        assert len(done) > 8
        assert np.flatnonzero(has(raw, Flag.AFTER_LOSS)).tolist() == jumps.tolist()
        assert len(jumps) == (0 if transfer < 2 else 1)
        assert rig.facts() == ["reset"] * len(jumps)

    @pytest.mark.parametrize("register", [0x19, 0x1A, 0x1B, 0x1C, 0x23])
    def test_settings_that_change_are_found_before_a_sample_is_handed_out(self, rig, running, register):
        rig.wait(0.02)
        with SMBus(1) as bus:
            bus.write_byte_data(0x69, register, bus.read_byte_data(0x69, register) ^ 0x08)
        with pytest.raises(BusFault, match=f"register {register:#04x} should read"):
            running.poll()

    @pytest.mark.parametrize(("register", "value"), [(0x37, 0x80), (0x38, 1), (0x6B, 0), (0x6C, 0x20)])
    def test_the_other_registers_are_looked_at_once_a_second(self, rig, running, register, value):
        with SMBus(1) as bus:
            bus.write_byte_data(0x69, register, value)
        with pytest.raises(BusFault, match=f"register {register:#04x} should read"):
            rig.poll_for(running, 1.1)

    def test_one_reading_of_the_settings_that_was_torn_is_no_reason_to_start_anew(self, rig, running, serial):
        blocks = []
        for _ in range(20):
            blocks.append(rig.poll_for(running, 0.2))
            running._guard.settings()
            rig.bus.flip(0x69, times=1, longer_than=10)
            running._guard.settings()
        assert set(np.diff(serial(np.concatenate(blocks)))) == {1}

    def test_the_thermometer_that_stands_still_is_said_once_a_start(self, new_rig):
        with new_rig(errors=None) as rig:
            mpu = rig.start(rig.mpu())
            rig.poll_for(mpu, 200)
            assert rig.facts() == ["thermometer"]
            rig.poll_for(rig.start(mpu), 100)
        assert rig.facts() == ["thermometer"] * 2

    def test_high_bits_that_flip_are_spikes(self, still_rig):
        mpu = still_rig.start(still_rig.mpu())
        blocks = [still_rig.poll_for(mpu, 1)]
        for _ in range(60):
            still_rig.bus.flip(0x69, times=1, longer_than=11)
            blocks.append(still_rig.poll_for(mpu, 0.3))
        raw = np.concatenate(blocks)
        good = raw[~has(raw, BAD)]
        assert np.abs(good["acc"] - [0, 2048, 0]).max() < 4096 + 100
        assert np.abs(good["gyr"]).max() < 2048 + 50
        assert 3 < has(raw, Flag.SPIKE).sum() < 40


@pytest.mark.parametrize("level", [0x00, 0xFF])
def test_a_line_that_is_shorted_gives_no_samples_and_comes_back(still_rig, level):
    sampler = Sampler(Config(), clock=still_rig.clock.now)
    list(sampler.in_virtual_time(still_rig.clock.advance, 2))
    still_rig.bus.short(level)
    items = list(sampler.in_virtual_time(still_rig.clock.advance, 5))
    assert [item.what for item in items] == ["lost", "lost"]
    still_rig.bus.short(None)
    items = list(sampler.in_virtual_time(still_rig.clock.advance, 5))
    events = [item.what for item in items if isinstance(item, SensorEvent)]
    raw = np.concatenate([item for item in items if not isinstance(item, SensorEvent)])
    assert events == ["back", "back"]
    assert not has(raw, BAD).any()


def test_a_noisy_wire_costs_samples_but_no_session(still_rig):
    sampler = Sampler(Config(), clock=still_rig.clock.now)
    still_rig.bus.noise(nack=0.02, flip=1e-4)
    items = list(sampler.in_virtual_time(still_rig.clock.advance, 120))
    raw = np.concatenate([item for item in items if not isinstance(item, SensorEvent)])
    good = raw[~has(raw, BAD)]
    assert len(good) > 0.8 * 2 * 120 * 200
    assert np.abs(good["acc"] - [0, 2048, 0]).max() < 4096 + 100
    assert np.abs(good["gyr"]).max() < 2048 + 50


def test_two_boards_at_one_address_are_told_from_one(standing, noisy):
    clock = VirtualClock(1)
    pair = tuple(Chip(standing, noisy, seed=seed) for seed in (1, 2))
    pair[1].speed(0.004)
    with SimulatedBus({0x68: pair}, clock.now, busy=clock.advance).installed():
        sampler = Sampler(Config(), clock=clock.now)
        items = list(sampler.in_virtual_time(clock.advance, 20))
    texts = [item.text for item in items if isinstance(item, SensorEvent) and item.what == "lost"]
    assert any("0x69" in text and "both boards may sit at 0x68: wire AD0" in text for text in texts)


class TestTwoChipsAtOneAddress:
    """Both boards at 0x68: they acknowledge as one, and what is read is the AND of both."""

    @pytest.mark.parametrize("seed", range(8))
    def test_from_the_start_not_one_sample_is_handed_out(self, standing, noisy, seed):
        clock = VirtualClock()
        chips = tuple(Chip(standing, noisy, seed=10 * seed + number) for number in (1, 2))
        bus = SimulatedBus({0x68: chips}, clock.now, busy=clock.advance)
        with bus.installed():
            sampler = Sampler(Config(), clock=clock.now)
            items = list(sampler.in_virtual_time(clock.advance, 5))
        assert all(isinstance(item, SensorEvent) for item in items)
        lost = {event.segment: event.text for event in items if event.what == "lost"}
        assert "wire AD0" in lost["pelvis"]
        assert "wire AD0" in lost["thorax"]

    def test_when_the_wire_of_ad0_comes_off_the_mixture_is_never_handed_out(self, rig, serial):
        rig.start(rig.mpu(0x69))
        mpu = rig.start(rig.mpu(0x68))
        before = rig.poll_for(mpu, 1)
        rig.bus.connect(0x68, rig.chips[0x68], rig.chips[0x69])
        with pytest.raises(BusFault, match="not the one that was started: it was changed, or both boards"):
            rig.poll_for(mpu, 1)
        assert set(np.diff(serial(before))) == {1}

    def test_when_both_have_the_same_trim_the_missing_neighbour_gives_them_away(self, new_rig, standing, noisy):
        with new_rig(standing, noisy) as rig:
            rig.chips[0x69].trim = rig.chips[0x68].trim
            sampler = Sampler(Config(), clock=rig.clock.now)
            list(sampler.in_virtual_time(rig.clock.advance, 3))
            rig.bus.connect(0x68, rig.chips[0x68], rig.chips[0x69])
            rig.bus.unplug(0x69)
            items = list(sampler.in_virtual_time(rig.clock.advance, 5))
        assert all(isinstance(item, SensorEvent) for item in items)
        lost = {event.segment: event.text for event in items if event.what == "lost"}
        assert "wire AD0" in lost["pelvis"]
        assert "wire AD0" in lost["thorax"]

    @pytest.mark.parametrize("missing", [True, False])
    def test_a_mixture_in_step_is_told_once_the_neighbour_is_missing(self, new_rig, standing, noisy, missing):
        with new_rig(standing, noisy) as rig:
            rig.chips[0x69].trim = rig.chips[0x68].trim
            rig.bus.connect(0x68, rig.chips[0x68], rig.chips[0x69])
            mpu = rig.start(rig.mpu(0x68, witness=lambda: not missing))
            if missing:
                with pytest.raises(BusFault, match="two chips answer at once"):
                    rig.poll_for(mpu, 1)
            else:
                assert len(rig.poll_for(mpu, 1)) > 150, "nothing else tells: trims and settings agree"

    def test_a_neighbour_that_is_merely_unplugged_costs_no_sample(self, rig, serial):
        began = rig.clock.now()
        sampler = Sampler(Config(), clock=rig.clock.now)
        items = list(sampler.in_virtual_time(rig.clock.advance, 3))
        rig.bus.unplug(0x69)
        doubted = list(sampler.in_virtual_time(rig.clock.advance, 4.1))
        held = [len(item) for item in doubted if not isinstance(item, SensorEvent) and len(item)]
        assert min(held[1:-1]) >= 60, "until they have shown that one chip alone measured them"
        items += doubted
        rig.bus.plug(0x69)
        items += sampler.in_virtual_time(rig.clock.advance, 4)
        raw = np.concatenate([item for item in items if not isinstance(item, SensorEvent)])
        pelvis = raw[raw["sensor"] == 0]
        assert set(np.diff(serial(pelvis))) == {1}
        assert rig.clock.now() - began - pelvis["t_ns"][-1] < 10e6
        assert not has(pelvis, Flag.AFTER_LOSS).any()

    def test_what_is_held_back_is_handed_out_when_the_session_ends(self, rig, serial):
        began = rig.clock.now()
        sampler = Sampler(Config(), clock=rig.clock.now)
        list(sampler.in_virtual_time(rig.clock.advance, 3))
        rig.bus.unplug(0x69)
        raw = [item for item in sampler.in_virtual_time(rig.clock.advance, 2) if not isinstance(item, SensorEvent)]
        pelvis = np.concatenate(raw)
        assert rig.clock.now() - began - pelvis["t_ns"][-1] < 10e6
        assert set(np.diff(serial(pelvis))) == {1}

    @pytest.mark.parametrize("seed", range(30))
    def test_one_chip_is_never_taken_for_two(self, new_rig, standing, noisy, seed):
        clock = VirtualClock()
        bus = SimulatedBus({0x68: Chip(standing, noisy, seed=seed)}, clock.now, busy=clock.advance)
        config = Config(sensors=Config().sensors[:1])
        with bus.installed():
            items = list(Sampler(config, clock=clock.now).in_virtual_time(clock.advance, 1.5))
        assert not [item for item in items if isinstance(item, SensorEvent)]
        assert sum(map(len, items)) > 150
