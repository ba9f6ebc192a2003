import numpy as np
import pytest

from hinge_imu.samples import Flag
from hinge_imu.simulate import fast


@pytest.fixture(scope="module")
def lifter(lifting, hinge):
    return lifting(hinge(), sway_deg=0.2)


def recorded(lifter, seed=0, **options):
    return fast.recorded(lifter, np.random.default_rng(seed), **options)


@pytest.mark.parametrize("rate_hz", [100.0, 200.0])
def test_it_is_as_long_as_the_lifter_is_at_it_and_as_dense_as_was_asked(lifter, rate_hz):
    header, raw = recorded(lifter, rate_hz=rate_hz)
    assert (header.rate_hz, header.unit, header.clock, header.simulated) == (rate_hz, "SI", "timed", True)
    assert raw.dtype == header.dtype
    for sensor in (0, 1):
        t_s = raw["t_ns"][raw["sensor"] == sensor] / 1e9
        assert np.diff(t_s) == pytest.approx(1 / rate_hz)
        assert (t_s[0], t_s[-1]) == pytest.approx((0, lifter.timetable.duration_s), abs=1.5 / rate_hz)
    assert not (raw["flags"] & ~np.uint8(Flag.LAST_OF_POLL)).any()


def test_without_errors_the_boards_measure_the_truth_turned_by_their_mountings(lifter):
    _, raw = recorded(lifter, residual=0.0)
    t = np.unique(raw["t_ns"]) / 1e9
    for sensor in (0, 1):
        mine = raw[raw["sensor"] == sensor]
        force, rate = lifter.specific_force_and_rate(sensor, t)
        for measured, true in ((mine["acc"], force), (mine["gyr"], rate)):
            u, _, vt = np.linalg.svd(measured.T @ true)
            assert np.std(measured - true @ (u @ vt).T) < 0.03, "noise and rounding are left"


def test_no_two_boards_are_mounted_alike(lifter):
    ups = []
    for seed in range(3):
        _, raw = recorded(lifter, seed)
        ups += [raw["acc"][raw["sensor"] == sensor][:100].mean(axis=0) / 9.81 for sensor in (0, 1)]
    assert (np.array(ups) @ np.transpose(ups))[np.triu_indices(6, 1)].max() < 0.98


def test_lost_samples_are_missing_but_not_in_the_first_second(lifter):
    _, raw = recorded(lifter, lost=0.05)
    for sensor in (0, 1):
        seq = raw["seq"][raw["sensor"] == sensor].astype(int)
        assert 1 - len(seq) / (seq[-1] + 1) == pytest.approx(0.05, abs=0.05)
        assert len(seq) < seq[-1] + 1
        assert seq[:100].tolist() == list(range(100))
        assert np.diff(seq).max() < 100, "no gap of a second"


def test_the_same_seed_gives_the_same_recording(lifter):
    one, same, other = (recorded(lifter, seed)[1] for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
