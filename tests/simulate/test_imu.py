import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from hinge_imu.simulate.chip import Chip
from hinge_imu.simulate.imu import ImuErrors, Span, counts, mounted

G = 9.80665
SPAN = Span(acc=16 * G, gyr=np.radians(2000), acc_hz=44, gyr_hz=42)


def constant(acc, gyr, n=1):
    return np.tile(np.asarray(acc, float), (n, 1)), np.tile(np.asarray(gyr, float), (n, 1)), 25.0


def test_a_perfect_part_counts_as_its_data_sheet_says():
    words = counts(constant([G, -2 * G, 0], np.radians([100, -100, 0])), ImuErrors(), SPAN)
    assert words.tolist() == [[2048, -4096, 0, round((25 - 36.53) * 340), 1638, -1638, 0]]


def test_what_is_beyond_the_range_stands_at_its_end():
    words = counts(constant([17 * G, -17 * G, 0], [40, -40, 0]), ImuErrors(), SPAN)
    assert words[0, :3].tolist() == [32767, -32768, 0]
    assert words[0, 4:].tolist() == [32767, -32768, 0]


def test_noise_is_as_strong_as_its_density_over_the_bandwidth():
    errors = ImuErrors(acc_noise=400e-6 * G, gyr_noise=np.radians(0.005), temp_noise=0.01)
    fine = Span(acc=2 * G, gyr=np.radians(250), acc_hz=94, gyr_hz=98)
    noise = np.random.default_rng(1).standard_normal((20_000, 7))
    words = counts(constant([0, 0, 0], [0, 0, 0], 20_000), errors, fine, noise).astype(float)
    # PS 6.1: 0.05 deg/s rms with this low-pass, 131 counts a degree; 400 ug over 94 Hz, 16384 counts a g.
    assert words[:, 4:].std(axis=0) == pytest.approx([0.05 * 131] * 3, rel=0.05)
    assert words[:, :3].std(axis=0) == pytest.approx([3.88e-3 * 16384] * 3, rel=0.03)
    assert words[:, 3].std() == pytest.approx(3.4, rel=0.03)


@given(seed=st.integers(0, 2**32 - 1))
def test_no_part_is_worse_than_the_data_sheet_allows(seed):
    part = ImuErrors.draw(np.random.default_rng(seed))
    assert np.all(np.abs(part.gyr_bias) <= np.radians(20))
    assert np.all(np.abs(part.acc_bias) <= np.array([0.05, 0.05, 0.08]) * G)
    for matrix in (part.acc_matrix, part.gyr_matrix):
        assert np.all(np.abs(np.diag(matrix) - 1) <= 0.03)
        assert np.all(np.abs(matrix - np.diag(np.diag(matrix))) <= 0.02)
    assert abs(part.rate_error) <= 0.01
    # Offset over temperature: 20 deg/s from -40 to 85 deg C, 35 and 60 mg from 0 to 70 deg C, both ways from 25.
    assert np.all(np.abs(part.gyr_drift) * 65 <= np.radians(20))
    assert np.all(np.abs(part.acc_drift) * 45 <= np.array([0.035, 0.035, 0.060]) * G)


@given(seed=st.integers(0, 2**32 - 1), residual=st.floats(0, 1))
def test_calibration_leaves_its_share_and_takes_neither_noise_nor_rate(seed, residual):
    raw, calibrated = (ImuErrors.draw(np.random.default_rng(seed), share) for share in (1.0, residual))
    assert calibrated.gyr_bias == pytest.approx(residual * raw.gyr_bias)
    assert calibrated.acc_drift == pytest.approx(residual * raw.acc_drift)
    assert calibrated.acc_matrix - np.eye(3) == pytest.approx(residual * (raw.acc_matrix - np.eye(3)))
    assert (calibrated.rate_error, calibrated.acc_noise) == (raw.rate_error, raw.acc_noise)


@given(seed=st.integers(0, 2**32 - 1))
def test_a_mounted_board_sees_the_motion_from_its_own_axes(seed):
    mounting = Rotation.random(rng=seed)
    force, rate = np.array([0.3, 9.8, -0.2]), np.array([0.0, 0.1, 2.0])
    source = mounted(lambda t: constant(force, rate, len(t))[:2], mounting.as_matrix())
    acc, gyr, _ = source(np.arange(3))
    assert acc == pytest.approx(np.tile(mounting.apply(force), (3, 1)))
    assert gyr == pytest.approx(np.tile(mounting.apply(rate), (3, 1)))


def test_a_motion_starts_when_it_is_told_to():
    seen = []

    def motion(t_s):
        seen.append(t_s)
        return constant([0, G, 0], [0, 0, 0], len(t_s))[:2]

    mounted(motion, np.eye(3), start_ns=5_000_000_000)(np.array([5_000_000_000, 6_500_000_000]))
    assert seen[0].tolist() == [0.0, 1.5]


@pytest.mark.parametrize("rate_error", [-0.01, 0.0, 0.01])
def test_a_fast_clock_takes_more_samples(rate_error):
    times = []

    def source(t_ns):
        times.append(t_ns)
        return constant([0, G, 0], [0, 0, 0], len(t_ns))

    chip = Chip(source, ImuErrors(rate_error=rate_error))
    for register, value in {0x6B: 1, 0x1A: 3, 0x19: 4}.items():
        chip.write(bytes([register, value]))
    chip.advance(600_000_000_000)
    taken = np.concatenate(times) + 4_800_000
    assert (taken <= 600_000_000_000).sum() == round(600 * 200 * (1 + rate_error))
    assert np.abs(np.diff(taken) - 5e6 / (1 + rate_error)).max() <= 1
