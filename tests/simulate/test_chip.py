import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinge_imu.simulate.chip import Chip

MS = 1_000_000
G = 9.80665
KILOHERTZ = {0x1A: 1, 0x19: 0}


def at_rest(t_ns):
    return np.tile([0.0, 0.0, G], (len(t_ns), 1)), np.zeros((len(t_ns), 3)), 30.0


def fifo_of(chip, moments_ns):
    """Read a chip without a bus at these moments, each time as much as there is."""
    for register, value in {0x6B: 1, 0x1A: 3, 0x19: 4, 0x23: 0x78, 0x6A: 0x40}.items():
        chip.write(bytes([register, value]))
    data, counts = b"", []
    for moment in moments_ns:
        chip.advance(moment)
        chip.write(b"\x72")
        counts.append(int.from_bytes(chip.read(2), "big"))
        chip.write(b"\x74")
        data += chip.read(counts[-1])
    return data, counts


class TestFrameBeingWritten:
    @pytest.mark.parametrize(("us", "held"), [(4_800, 0), (4_817, 1), (4_900, 6), (4_999, 11), (5_000, 12)])
    def test_a_count_shows_the_part_that_is_there(self, wired, us, held):
        rig = wired()
        rig.clock.advance(us * 1000)
        assert rig.count() == held

    @given(gaps=st.lists(st.integers(0, 12_000_000), max_size=60))
    def test_however_time_is_cut_the_same_bytes_come(self, ramping, gaps):
        end = 700 * MS
        moments = sorted({min(int(moment), end) for moment in np.cumsum(gaps)} | set(range(80 * MS, end, 80 * MS)))
        often, _ = fifo_of(Chip(ramping), [*moments, end])
        seldom, _ = fifo_of(Chip(ramping), [350 * MS, end])
        assert often == seldom
        assert len(often) == 140 * 12

    def test_a_chip_that_is_told_often_is_never_ahead_of_one_that_is_told_once(self, ramping):
        for moment in range(4_790_000, 5_010_000, 7_001):
            _, counts = fifo_of(Chip(ramping), range(4_700_000, moment, 900))
            _, [at_once] = fifo_of(Chip(ramping), [moment - 1])
            assert sum(counts) <= at_once <= sum(counts) + 1

    def test_a_fifo_switched_on_in_the_middle_of_a_frame_begins_with_the_next(self, wired):
        rig = wired()
        rig.set({0x6A: 0x00})
        rig.clock.advance(4_900_000)
        rig.set({0x6A: 0x40})
        rig.clock.advance(50_000)
        assert rig.count() == 0
        rig.clock.advance(150_000)
        assert rig.count() == 0
        rig.clock.advance(5 * MS)
        assert rig.frames()[:, 0].tolist() == [5]


class TestLongReads:
    def test_what_arrives_during_a_burst_is_in_it(self, wired):
        rig = wired(timed=True, hz=100_000)
        rig.set({**KILOHERTZ, 0x6A: 0x04})
        rig.set({0x6A: 0x40})
        rig.clock.advance(10 * MS)
        assert 8 * 12 <= rig.count() < 12 * 12
        # 40 frames take 43 ms, in which 43 more are measured.
        frames = np.frombuffer(rig.read(0x74, 480), ">i2").reshape(40, 6).astype(int)
        assert np.array_equal(np.diff(frames, axis=0), np.ones((39, 6)))

    def test_a_fifo_runs_over_while_it_is_read_too_slowly(self, wired):
        rig = wired(timed=True, hz=50_000)
        rig.set({**KILOHERTZ, 0x6A: 0x04})
        rig.set({0x6A: 0x40})
        rig.read(0x3A, 1)
        rig.clock.advance(83 * MS)
        assert 1000 <= rig.count() < 1024
        assert rig.read(0x3A, 1)[0] & 0x10 == 0
        # Each frame takes 2.2 ms on the wire; at more than two new ones a frame 24 bytes of room soon go.
        frames = np.frombuffer(rig.read(0x74, 240), ">i2").reshape(20, 6).astype(int)
        assert rig.read(0x3A, 1)[0] & 0x10
        assert np.any(np.diff(frames, axis=0) != 1), "the oldest went as they were about to be read"
        assert rig.count() == 1024

    def test_more_than_there_is_ends_in_the_last_byte_again_and_again(self, wired):
        rig = wired(timed=True)
        rig.clock.advance(11 * MS)
        data = rig.read(0x74, 60)
        assert data[24:] == data[23:24] * 36
        assert np.frombuffer(data[:24], ">i2").tolist() == [0] * 6 + [5] * 6


class TestParts:
    @pytest.mark.parametrize(("name", "held"), [(0x68, 1024), (0x70, 512), (0x71, 512), (0x78, 4096), (0x3C, 512)])
    def test_the_fifo_is_as_long_as_that_of_the_part(self, wired, ramping, name, held):
        rig = wired(Chip(ramping, who_am_i=name))
        rig.clock.advance(10_000 * MS)
        assert (rig.read(0x75, 1)[0], rig.count()) == (name, held)

    def test_a_part_may_hold_less_than_its_name_says(self, wired, ramping):
        rig = wired(Chip(ramping, fifo_bytes=512))
        rig.clock.advance(1000 * MS)
        assert rig.count() == 512

    @pytest.mark.parametrize(("name", "first"), [(0x70, 0), (0x68, 200 - 85)])
    def test_told_to_stop_when_full_only_the_mpu6500_keeps_the_oldest(self, wired, ramping, name, first):
        rig = wired(Chip(ramping, who_am_i=name))
        rig.set({0x1A: 0x43})
        rig.clock.advance(1000 * MS)
        assert rig.read(0x3A, 1)[0] & 0x10
        torn = rig.count() % 12 if first else 0
        data = rig.read(0x74, rig.count())[torn:]
        serial = np.frombuffer(data[: len(data) // 12 * 12], ">i2").reshape(-1, 6)[:, 0] // 5
        assert serial.tolist() == list(range(first, first + len(serial)))

    @pytest.mark.parametrize(
        ("name", "celsius"), [(0x68, lambda n: n / 340 + 36.53), (0x70, lambda n: n / 333.87 + 21)]
    )
    def test_each_thermometer_has_its_formula(self, wired, name, celsius):
        rig = wired(Chip(at_rest, who_am_i=name))
        rig.clock.advance(10 * MS)
        assert celsius(rig.words()[3]) == pytest.approx(30, abs=0.002)

    @pytest.mark.parametrize(("name", "value"), [(0x70, 3), (0x3C, 3), (0x68, 0)])
    def test_only_the_mpu6500_family_has_a_low_pass_of_the_accelerometer_s_own(self, wired, ramping, name, value):
        rig = wired(Chip(ramping, who_am_i=name))
        rig.set({0x1D: 3})
        assert rig.read(0x1D, 1)[0] == value


class TestSelfTest:
    def answer(self, rig, acc_range, gyr_range=0):
        """Return how far all axes move when their bits are set, in counts."""
        seen = []
        for bits in (0x00, 0xE0):
            rig.set({0x1C: bits | acc_range, 0x1B: bits | gyr_range})
            rig.clock.advance(20 * MS)
            seen.append(np.delete(rig.words(), 3))
        return seen[1] - seen[0]

    @pytest.mark.parametrize("seed", range(5))
    def test_an_mpu6050_answers_with_its_factory_trim(self, wired, seed):
        rig = wired(Chip(at_rest, seed=seed))
        x, y, z, low = rig.read(0x0D, 4)
        acc = [(x >> 5) << 2 | low >> 4 & 3, (y >> 5) << 2 | low >> 2 & 3, (z >> 5) << 2 | low & 3]
        gyr = [x & 31, y & 31, z & 31]
        assert all(1 <= code <= 31 for code in acc + gyr)
        # RM-MPU-6000A pages 10 and 11, at +-8 g and 250 deg/s; Y of the gyroscope answers the other way.
        expected = [4096 * 0.34 * (0.92 / 0.34) ** ((n - 1) / 30) for n in acc]
        expected += [25 * 131 * 1.046 ** (n - 1) * sign for n, sign in zip(gyr, (1, -1, 1), strict=True)]
        assert self.answer(rig, 0x10) == pytest.approx(expected, abs=2)
        assert self.answer(rig, 0x18, 0x18)[[0, 3]] == pytest.approx([expected[0] / 2, expected[3] / 8], abs=2)

    def test_an_mpu6500_answers_by_its_own_formula(self, wired):
        rig = wired(Chip(at_rest, seed=3, who_am_i=0x70))
        codes = np.array([*rig.read(0x0D, 3), *rig.read(0x00, 3)], float)
        # Gravity leaves +-2 g little room above it.
        answer = self.answer(rig, 0x00)
        assert np.array_equal(answer[:2], np.rint(2620 * 1.01 ** (codes[:2] - 1)))
        assert answer[3:] == pytest.approx(2620 * 1.01 ** (codes[3:] - 1), abs=1)

    def test_an_unknown_part_has_no_trim_and_no_answer(self, wired):
        rig = wired(Chip(at_rest, who_am_i=0x3C))
        assert not any(rig.read(0x0D, 4) + rig.read(0x00, 3))
        assert not self.answer(rig, 0x10).any()

    def test_a_broken_part_answers_too_little(self, wired):
        chip = Chip(at_rest)
        rig = wired(chip)
        sound = self.answer(rig, 0x10)
        chip.self_test_response = 0.5
        assert self.answer(rig, 0x10) == pytest.approx(sound / 2, abs=2)

    def test_a_trim_can_be_given_and_survives_a_reset(self, wired):
        chip = Chip(at_rest)
        chip.trim = (5, 6, 7, 1, 2, 3)
        rig = wired(chip)
        rig.set({0x6B: 0x80})
        rig.clock.advance(10 * MS)
        assert rig.read(0x0D, 4) == bytes([1 << 5 | 1, 1 << 5 | 2, 1 << 5 | 3, 0b011011])

    def test_only_the_axes_whose_bit_is_set_move(self, wired):
        rig = wired(Chip(at_rest))
        rig.set({0x1B: 0x40})
        rig.clock.advance(20 * MS)
        assert np.flatnonzero(rig.words()[4:]).tolist() == [1]


class TestStandby:
    def test_an_axis_in_standby_stands_still(self, wired):
        rig = wired()
        rig.set({0x6C: 0b010_001})
        moving = rig.collect(0.5)[1:].std(axis=0) > 0
        assert moving.tolist() == [True, False, True, True, True, False]

    def test_a_thermometer_that_is_off_says_one_thing(self, wired):
        rig = wired(Chip(at_rest))
        rig.set({0x6B: 0x09})
        rig.clock.advance(500 * MS)
        assert rig.words()[3] == 0


class TestFaults:
    def test_a_frozen_chip_goes_on_with_the_same_values_and_then_with_the_right_ones(self, wired):
        rig = wired()
        chip = rig.chips[0x68]
        before = rig.collect(0.2)
        chip.freeze()
        frozen = rig.collect(1)
        assert len(frozen) == 200
        assert np.all(frozen == before[-1])
        assert np.all(np.delete(rig.words(), 3) == before[-1])
        chip.thaw()
        # 1.4 s, less 4.8 ms of low-pass, in ms.
        assert rig.collect(0.2)[-1, 0] == 1395

    @given(at_us=st.integers(100_000, 110_000), stalled_us=st.integers(0, 200_000))
    def test_stalling_tears_no_frame(self, ramping, at_us, stalled_us):
        chip = Chip(ramping)
        part, _ = fifo_of(chip, [at_us * 1000])
        chip.stall()
        chip.advance((at_us + stalled_us) * 1000)
        chip.thaw()
        chip.advance(351 * MS)
        frames = np.frombuffer(part + chip.read(len(chip._fifo)), ">i2").reshape(-1, 6)
        assert np.all(frames == frames[:, :1]), "all axes of the ramp are alike"
        serial = frames[:, 0] // 5
        lost = set(range(70)) - set(serial.tolist())
        assert serial.tolist() == sorted(set(range(70)) - lost)
        assert stalled_us // 5000 - 1 <= len(lost) <= stalled_us // 5000 + 1

    @given(at_us=st.integers(100_000, 110_000), frozen_us=st.integers(0, 200_000))
    def test_freezing_and_thawing_tear_no_frame(self, ramping, at_us, frozen_us):
        chip = Chip(ramping)
        part, _ = fifo_of(chip, [at_us * 1000])
        chip.freeze()
        chip.advance((at_us + frozen_us) * 1000)
        chip.thaw()
        chip.advance(351 * MS)
        frames = np.frombuffer(part + chip.read(70 * 12 - len(part)), ">i2").reshape(70, 6)
        assert np.all(frames == frames[:, :1]), "all axes of the ramp are alike"
        assert frames[-1, 0] == 345

    @pytest.mark.parametrize(("until_reset", "lasts"), [(False, True), (True, False)])
    def test_a_reset_ends_a_freeze_only_where_told_so(self, wired, until_reset, lasts):
        rig = wired()
        rig.clock.advance(500 * MS)
        rig.words()
        rig.chips[0x68].freeze(until_reset=until_reset)
        rig.set({0x6B: 0x80})
        rig.clock.advance(10 * MS)
        rig.set({0x6B: 1, 0x1A: 3, 0x19: 4, 0x23: 0x78, 0x6A: 0x40})
        assert (len(np.unique(rig.collect(0.3)[:, 0])) == 1) == lasts
        rig.wire.unplug(0x68)
        rig.wire.plug(0x68)
        rig.set({0x6B: 1, 0x1A: 3, 0x19: 4, 0x23: 0x78, 0x6A: 0x40})
        assert len(np.unique(rig.collect(0.3)[:, 0])) > 50

    def test_a_stalled_chip_answers_and_samples_nothing(self, wired):
        rig = wired()
        before = rig.collect(0.2)
        rig.chips[0x68].stall()
        assert len(rig.collect(1)) == 0
        assert np.all(np.delete(rig.words(), 3) == before[-1])
        rig.chips[0x68].thaw()
        assert rig.collect(0.2)[:, 0].tolist() == [1200 + ms for ms in range(0, 200, 5)]

    @pytest.mark.parametrize("waiting_ms", [0, 100])
    def test_bytes_that_slip_away_shift_all_frames(self, wired, waiting_ms):
        rig = wired()
        rig.clock.advance(waiting_ms * MS)
        rig.count()
        rig.chips[0x68].slip(2)
        rig.clock.advance(50 * MS)
        assert rig.count() == (waiting_ms + 50) // 5 * 12 - 2
        frames = rig.frames()
        assert np.array_equal(frames[1:, 4] + 5, frames[1:, 5]), "the next frame's x stands where z belongs"

    def test_writes_that_are_not_taken_are_acknowledged(self, wired):
        rig = wired()
        rig.chips[0x68].deafen(2)
        rig.set({0x1B: 0x18, 0x1C: 0x18})
        assert rig.read(0x1B, 2) == bytes(2), "reading does not use up any"
        rig.set({0x1B: 0x18})
        assert rig.read(0x1B, 2) == bytes([0x18, 0])

    @given(at_us=st.integers(0, 20_000))
    def test_an_oscillator_that_changes_changes_the_rate_and_keeps_its_phase(self, ramping, at_us):
        chip = Chip(ramping)
        chip.log = []
        fifo_of(chip, [at_us * 1000])
        chip.speed(-0.3)
        chip.speed(0.04)
        chip.advance(2_000 * MS)
        ready = np.concatenate([times for times, _ in chip.log]) + 4_800_000
        taken_before = at_us // 5_000
        period = 5e6 / 1.04
        under_way = 5e6 * (taken_before + 1) - at_us * 1000
        # A frame whose first of twelve bytes is written is as good as taken.
        next_one = at_us * 1000 + (under_way if under_way <= 200_000 * 11 / 12 else under_way / 1.04)
        assert ready[taken_before] == pytest.approx(next_one, abs=1)
        assert np.diff(ready[taken_before + 1 :]) == pytest.approx(
            np.full(len(ready) - taken_before - 2, period), abs=1
        )

    def test_the_log_tells_what_was_true_when(self, wired, ramping):
        rig = wired()
        rig.chips[0x68].log = log = []
        frames = rig.collect(1)
        times, words = (np.concatenate(part) for part in zip(*log, strict=True))
        assert np.array_equal(np.delete(words, 3, axis=1), frames)
        assert np.array_equal(times, np.arange(1, 201) * 5 * MS - 4_800_000)
        assert np.array_equal(words[:, 0], times // MS)
