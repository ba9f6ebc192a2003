import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinge_imu.simulate.chip import Chip
from hinge_imu.simulate.imu import ImuErrors
from hinge_imu.simulate.noise import Noise

MS = 1_000_000
G = 9.80665
NOISY = ImuErrors(acc_noise=400e-6 * G, gyr_noise=np.radians(0.005), temp_noise=0.01)


def at_rest(t_ns):
    return np.zeros((len(t_ns), 3)), np.zeros((len(t_ns), 3)), 25.0


def words_of(chip, registers, seconds):
    """Let a chip run with these settings, at +-2 g and 250 deg/s, and return all its words as numbers."""
    chip.log = []
    for register, value in {0x6B: 1, **registers}.items():
        chip.write(bytes([register, value]))
    chip.advance(round(seconds * 1e9))
    return np.concatenate([words for _, words in chip.log]).astype(float)


def correlation(x, lag):
    return float(np.mean(x[lag:] * x[:-lag]) / np.mean(x * x))


@pytest.mark.parametrize(
    ("low_pass", "acc_hz", "gyr_hz"), [(0, 260, 256), (1, 184, 188), (2, 94, 98), (3, 44, 42), (5, 10, 10), (6, 5, 5)]
)
def test_the_narrower_the_low_pass_the_weaker_the_noise(low_pass, acc_hz, gyr_hz):
    words = words_of(Chip(at_rest, NOISY), {0x1A: low_pass, 0x19: 39 if low_pass == 0 else 4}, 300)
    # PS 6.1, 6.2: 0.005 deg/s and 400 ug per root of Hz; RM 4.4: the bandwidths. Rounding adds a twelfth of a count.
    assert words[:, :3].std() == pytest.approx(np.hypot(16384 * 400e-6 * np.sqrt(acc_hz), 0.29), rel=0.03)
    assert words[:, 4:].std() == pytest.approx(np.hypot(131 * 0.005 * np.sqrt(gyr_hz), 0.29), rel=0.03)


def test_noise_at_200_hz_has_the_colour_that_44_hz_leave():
    words = words_of(Chip(at_rest, NOISY, seed=1), {0x1A: 3, 0x19: 4}, 600)
    for lag in (1, 2, 3):
        # The autocorrelation of white noise behind a Butterworth low-pass of the second order.
        x = 2 * np.pi * 44 * lag * 0.005 / np.sqrt(2)
        expected = np.exp(-x) * (np.cos(x) + np.sin(x))
        for axis in range(3):
            assert correlation(words[:, axis], lag) == pytest.approx(expected, abs=0.02)
    assert abs(np.corrcoef(words.T) - np.eye(7)).max() < 0.02, "each axis has noise of its own"


def test_noise_is_as_strong_in_its_first_moment_as_later():
    first = np.concatenate(
        [words_of(Chip(at_rest, NOISY, seed=seed), {0x1A: 6, 0x19: 4}, 0.005) for seed in range(400)]
    )
    assert len(first) == 400
    assert first[:, :3].std() == pytest.approx(16384 * 400e-6 * np.sqrt(5), rel=0.1)


@given(cuts=st.lists(st.integers(1, 60), min_size=1, max_size=8))
def test_noise_goes_on_where_it_was(cuts):
    def drawn(sizes):
        noise = Noise(np.random.default_rng(0))
        return np.concatenate([noise.draw(n, 5, 44, 1000) for n in sizes])

    assert drawn(cuts) == pytest.approx(drawn([sum(cuts)]), abs=1e-12)


@pytest.mark.parametrize(("own", "acc_hz"), [(0, 218.1), (3, 44.8), (7, 420.0), (8, 1046.0)])
def test_the_mpu6500_s_accelerometer_goes_by_its_own_low_pass(own, acc_hz):
    words = words_of(Chip(at_rest, NOISY, who_am_i=0x70), {0x1A: 3, 0x19: 4, 0x1D: own}, 200)
    assert words[:, :3].std() == pytest.approx(16384 * 400e-6 * np.sqrt(acc_hz), rel=0.03)
    assert words[:, 4:].std() == pytest.approx(np.hypot(131 * 0.005 * np.sqrt(42), 0.29), rel=0.03)


@given(seed=st.integers(0, 2**32 - 1))
def test_the_thermometer_of_a_real_part_never_stands_still(seed):
    errors = ImuErrors.draw(np.random.default_rng(seed))
    readings = words_of(Chip(at_rest, errors, seed=seed), {0x1A: 3, 0x19: 199}, 70)[:, 3]
    changes = np.abs(np.diff(readings))
    assert np.median(changes) < 10
    assert np.mean(changes > 0) > 0.7


def test_a_perfect_part_is_without_any_noise():
    words = words_of(Chip(at_rest), {0x1A: 3, 0x19: 4}, 100)
    assert np.all(words == [0, 0, 0, round((25 - 36.53) * 340), 0, 0, 0])


class TestWarmingUp:
    errors = ImuErrors(
        warmth_c=6.0,
        warm_up_s=200.0,
        gyr_drift=np.radians([0.3, -0.2, 0.0]),
        acc_drift=np.array([0.5e-3, 0.0, -1e-3]) * G,
    )

    def at(self, seconds, words):
        return words[round(seconds) - 1]

    def test_the_die_warms_up_and_takes_the_offsets_along(self):
        words = words_of(Chip(at_rest, self.errors), {0x1A: 3, 0x19: 199}, 4000)[4::5]
        for seconds, share in ((1, 0.005), (200, 1 - np.exp(-1)), (400, 1 - np.exp(-2)), (4000, 1.0)):
            acc, celsius, gyr = np.split(self.at(seconds, words), [3, 4])
            assert celsius / 340 + 36.53 == pytest.approx([25 + 6 * share], abs=0.01)
            assert gyr / 131 == pytest.approx(np.array([0.3, -0.2, 0.0]) * 6 * share, abs=0.01)
            assert acc / 16384 == pytest.approx(np.array([0.5e-3, 0.0, -1e-3]) * 6 * share, abs=1e-4)

    def test_a_reset_leaves_the_die_warm_and_the_loss_of_its_supply_does_not(self):
        chip = Chip(at_rest, self.errors)
        words_of(chip, {0x1A: 3, 0x19: 199}, 1000)
        chip.write(b"\x6b\x80")
        warm = words_of(chip, {0x1A: 3, 0x19: 199}, 1001)[0, 3]
        chip.power_on(1_001_000 * MS)
        cold = words_of(chip, {0x1A: 3, 0x19: 199}, 1002)[0, 3]
        assert warm / 340 + 36.53 == pytest.approx(31, abs=0.1)
        assert cold / 340 + 36.53 == pytest.approx(25, abs=0.1)
