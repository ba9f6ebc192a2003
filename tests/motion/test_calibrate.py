import numpy as np
import pytest

from hinge_imu.config import Calibration, Config, SensorConfig
from hinge_imu.motion.calibrate import Calibrate
from hinge_imu.motion.clock import Timed
from hinge_imu.samples import RAW, Flag, Header

ACC_SCALE, GYR_SCALE = 16 * 9.80665 / 32768, np.radians(2000) / 32768
MATRIX = np.array([[1.01, 0.02, -0.01], [0.0, 0.98, 0.015], [0.03, -0.02, 1.0]])
SKEWED = Calibration(
    acc_bias=(0.1, -0.2, 0.3), acc_matrix=tuple(map(tuple, MATRIX.tolist())), gyr_bias=(0.01, 0.02, -0.03)
)


def header(*sensors):
    return Header(
        session_id="s",
        unit="counts",
        clock="polled",
        rate_hz=200.0,
        acc_scale=ACC_SCALE,
        gyr_scale=GYR_SCALE,
        config=Config(sensors=sensors or (SensorConfig(segment="pelvis", address=0x68),)),
    )


@pytest.fixture
def timed():
    rng = np.random.default_rng(3)
    raw = np.zeros(200, RAW)
    raw["acc"], raw["gyr"] = rng.integers(-32768, 32768, (2, 200, 3))
    raw["sensor"] = np.tile([0, 1], 100)
    return Timed(np.arange(200) * 1000, raw)


def test_counts_become_metres_and_radians(timed):
    timed.raw["acc"][0] = 2048, -2048, 0  # +-16 g: 2048 counts a g
    timed.raw["gyr"][0] = 16384, 0, -16384  # half of +-2000 deg/s
    measured = Calibrate(header()).push(timed)
    assert measured.acc[0] == pytest.approx([9.80665, -9.80665, 0])
    assert measured.gyr[0] == pytest.approx(np.radians([1000, 0, -1000]))
    assert np.array_equal(measured.t_ns, timed.t_ns)
    assert np.array_equal(measured.sensor, timed.raw["sensor"])


def test_each_sensor_gets_its_own_matrix_and_biases(timed):
    stored = SensorConfig(segment="thorax", address=0x69, calibration=SKEWED)
    measured = Calibrate(header(stored)).push(timed)
    pelvis, thorax = timed.raw[::2], timed.raw[1::2]
    np.testing.assert_allclose(measured.acc[::2], pelvis["acc"] * ACC_SCALE, rtol=1e-12)
    np.testing.assert_allclose(measured.gyr[::2], pelvis["gyr"] * GYR_SCALE, rtol=1e-12)
    corrected = [MATRIX @ (row * ACC_SCALE - SKEWED.acc_bias) for row in thorax["acc"].astype(float)]
    np.testing.assert_allclose(measured.acc[1::2], corrected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(measured.gyr[1::2], thorax["gyr"] * GYR_SCALE - SKEWED.gyr_bias, atol=1e-12)


def test_the_order_of_the_sensors_in_the_configuration_does_not_matter(timed):
    sensors = (
        SensorConfig(segment="pelvis", address=0x68),
        SensorConfig(segment="thorax", address=0x69, calibration=SKEWED),
    )
    one, other = (Calibrate(header(*order)).push(timed) for order in (sensors, sensors[::-1]))
    assert np.array_equal(one.acc, other.acc)


@pytest.mark.parametrize("bad", [Flag.SATURATED, Flag.SPIKE, Flag.FROZEN, Flag.DEAD, Flag.SPIKE | Flag.SATURATED])
def test_bad_samples_do_not_pass(timed, bad):
    timed.raw["flags"][[3, 50, 51]] = bad | Flag.LAST_OF_POLL
    timed.raw["flags"][7] = Flag.AFTER_LOSS
    timed.raw["flags"][8] = Flag.UNSURE_TIME
    measured = Calibrate(header()).push(timed)
    assert set(range(200)) - set((measured.t_ns // 1000).tolist()) == {3, 50, 51}


def test_one_by_one_the_samples_come_out_the_same_to_the_last_bit(timed):
    calibrate = Calibrate(header(SensorConfig(segment="pelvis", address=0x68, calibration=SKEWED)))
    whole = calibrate.push(timed)
    singly = [calibrate.push(Timed(*(part[i : i + 1] for part in timed))) for i in range(200)]
    assert np.array_equal(np.concatenate([part.acc for part in singly]), whole.acc)
    assert np.array_equal(np.concatenate([part.gyr for part in singly]), whole.gyr)
    assert calibrate.push(Timed(timed.t_ns[:0], timed.raw[:0])).acc.shape == (0, 3)


def test_the_six_zeros_of_a_sleeping_chip_are_no_measurement_but_free_fall_is(timed):
    timed.raw["acc"][50:60] = 0
    timed.raw["gyr"][50:55] = 0
    measured = Calibrate(header()).push(timed)
    assert np.array_equal(measured.t_ns, np.delete(timed.t_ns, np.arange(50, 55)))
