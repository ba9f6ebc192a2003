import errno

import numpy as np
import pytest

from hinge_imu.simulate.chip import Chip

MS = 1_000_000


def failed(rig, register=0x75, length=1, address=0x68):
    """Return the errno of a read, 0 where it worked."""
    try:
        rig.read(register, length, address)
    except OSError as error:
        return error.errno
    return 0


def wrong_bits(data, truth):
    return sum((a ^ b).bit_count() for a, b in zip(data, truth, strict=True))


class TestAcknowledge:
    def test_so_many_transfers_are_not_acknowledged_and_lose_nothing(self, wired):
        rig = wired()
        rig.clock.advance(100 * MS)
        rig.wire.nack(0x68, 3)
        assert [failed(rig, 0x74, 12) for _ in range(4)] == [errno.EREMOTEIO] * 3 + [0]
        assert rig.count() == 19 * 12

    def test_the_other_chip_acknowledges(self, wired, ramping):
        rig = wired({0x68: Chip(ramping), 0x69: Chip(ramping)})
        rig.wire.nack(0x68, 1)
        assert failed(rig, address=0x69) == 0
        assert failed(rig, address=0x68) == errno.EREMOTEIO

    def test_bad_contacts_fail_by_chance_and_by_the_seed(self, wired):
        def run(seed):
            rig = wired(seed=seed)
            rig.wire.noise(nack=0.1)
            return [failed(rig) for _ in range(3000)]

        assert run(1) == run(1) != run(2)
        # Four standard deviations of 3000 draws at 10 %.
        assert np.mean([number == errno.EREMOTEIO for number in run(3)]) == pytest.approx(0.1, abs=0.022)


class TestLine:
    @pytest.mark.parametrize("number", [errno.EIO, errno.ETIMEDOUT, errno.EAGAIN])
    def test_a_held_line_fails_every_transfer_after_50_ms(self, wired, ramping, number):
        rig = wired({0x68: Chip(ramping), 0x69: Chip(ramping)}, timed=True)
        before = rig.clock.now()
        rig.wire.hold(number)
        assert failed(rig, address=0x68) == failed(rig, address=0x69) == failed(rig, address=0x50) == number
        assert rig.clock.now() - before == pytest.approx(150 * MS, rel=0.001)
        rig.wire.release()
        assert failed(rig) == 0

    @pytest.mark.parametrize("level", [0x00, 0xFF])
    def test_a_shorted_line_reads_the_same_everywhere(self, wired, level):
        rig = wired()
        rig.clock.advance(50 * MS)
        rig.wire.short(level)
        assert rig.read(0x75, 1) == bytes([level])
        assert rig.read(0x74, 60, address=0x50) == bytes([level]) * 60
        rig.set({0x6B: 0x40})
        rig.wire.short(None)
        assert rig.read(0x75, 1) == b"\x68"
        assert rig.read(0x6B, 1) == b"\x01", "what was written reached no chip"
        assert rig.count() == 120

    @pytest.mark.parametrize(("hz", "us_per_bit"), [(400_000, 2.5), (100_000, 10), (62_500, 16)])
    def test_transfers_take_as_long_as_the_bus_s_clock_makes_them(self, wired, hz, us_per_bit):
        rig = wired(timed=True, hz=hz)
        before = rig.clock.now()
        rig.read(0x74, 240)
        assert rig.clock.now() - before == round((30 + 9 * 240) * us_per_bit * 1000)
        before = rig.clock.now()
        rig.set({0x1B: 0x18})
        assert rig.clock.now() - before == round(29 * us_per_bit * 1000)

    def test_the_bus_can_become_slower(self, wired):
        rig = wired(timed=True)
        rig.wire.hz = 50_000
        before = rig.clock.now()
        rig.read(0x75, 1)
        assert rig.clock.now() - before == 39 * 20_000

    def test_a_chip_without_supply_loses_its_settings(self, wired):
        rig = wired()
        rig.wire.unplug(0x68)
        assert failed(rig) == errno.EREMOTEIO
        rig.clock.advance(3000 * MS)
        rig.wire.plug(0x68)
        assert (rig.read(0x6B, 1), rig.read(0x23, 1), rig.count()) == (b"\x40", b"\x00", 0)


class TestSpoiltReads:
    @pytest.fixture
    def pair(self, wired, ramping):
        """Two chips alike; what happens to the first does not happen to the second."""
        rig = wired({0x68: Chip(ramping), 0x69: Chip(ramping)})
        rig.clock.advance(200 * MS)
        return rig

    @pytest.mark.parametrize("bits", [1, 200])
    def test_bits_flip_in_so_many_long_reads(self, pair, bits):
        pair.wire.flip(0x68, bits, times=2)
        assert pair.count() == 480, "two bytes are not long"
        wrong = [wrong_bits(pair.read(0x74, 120), pair.read(0x74, 120, 0x69)) for _ in range(3)]
        assert wrong == [bits, bits, 0]

    def test_a_torn_read_ends_in_one_byte_and_is_gone_from_the_fifo(self, pair):
        pair.wire.tear(0x68, 0xFF, 7)
        data, truth = pair.read(0x74, 120), pair.read(0x74, 120, 0x69)
        assert data == truth[:-7] + b"\xff" * 7
        assert pair.read(0x74, 120) == pair.read(0x74, 120, 0x69)

    def test_faults_add_up(self, pair):
        pair.wire.flip(0x68)
        pair.wire.disturb(0x68, longer_than=20)
        assert failed(pair, 0x74, 120) == errno.EREMOTEIO
        assert pair.count() == 420, "half of the burst had left the FIFO"
        assert pair.read(0x74, 12) == pair.read(0x74, 72, 0x69)[60:], "the flip was spent on the same read"

    def test_noise_flips_one_bit_in_so_many_bytes(self, pair):
        pair.wire.noise(flip=0.01)
        truth = bytes([0x68])
        wrong = [wrong_bits(pair.read(0x75, 1), truth) for _ in range(5000)]
        assert set(wrong) == {0, 1}
        assert np.mean(wrong) == pytest.approx(0.01, abs=0.006)


class TestClash:
    def test_two_chips_at_one_address_read_as_the_and_of_both(self, wired):
        def of(x, y, z):
            def source(t_ns):
                acc = np.tile(np.array([x, y, z]) * (2 * 9.80665 / 32768), (len(t_ns), 1))
                return acc, np.zeros((len(t_ns), 3)), 36.53

            return source

        rig = wired({0x68: (Chip(of(0b1100, -1, 7)), Chip(of(0b1010, 99, -8)))})
        rig.clock.advance(20 * MS)
        assert rig.words()[:3].tolist() == [0b1000, 99, 0]
        assert np.all(rig.frames()[:, :3] == [0b1000, 99, 0])
        assert rig.read(0x75, 1) == b"\x68"

    def test_both_hear_what_is_written(self, wired, ramping):
        both = Chip(ramping), Chip(ramping)
        rig = wired({0x68: both})
        rig.set({0x1B: 0x18})
        for chip in both:
            chip.write(b"\x1b")
            assert chip.read(1) == b"\x18"

    def test_while_one_is_being_reset_the_other_answers_alone(self, wired, ramping):
        one, other = Chip(ramping), Chip(ramping, who_am_i=0x70)
        rig = wired({0x68: (one, other)})
        assert rig.read(0x75, 1) == b"\x60"
        one.write(b"\x6b\x80")
        assert rig.read(0x75, 1) == b"\x70"
        rig.clock.advance(10 * MS)
        assert rig.read(0x75, 1) == b"\x60"


def test_decoded_messages_can_be_transferred_without_smbus2(wired):
    rig = wired()
    assert rig.wire.transfer([(0x68, b"\x75"), (0x68, 1)]) == b"\x68"
    with pytest.raises(OSError) as refused:
        rig.wire.transfer([(0x68, 1), (0x68, 1)])
    assert refused.value.errno == errno.EOPNOTSUPP
