import numpy as np
import pytest

from hinge_imu.motion.sinking import Sinking

RATE = 100.0
time_s = np.arange(0, 6, 1 / RATE)


def going(metres, seconds):
    """Upward acceleration of who goes up by so many metres within so many seconds, from the second second on."""
    phase = np.pi * np.clip((time_s - 2) / seconds, 0, 1)
    moving = (phase > 0) & (phase < np.pi)
    return np.where(moving, metres / 2 * (np.pi / seconds) ** 2 * np.cos(phase), 0.0)


@pytest.mark.parametrize(("metres", "seconds"), [(-0.3, 1.0), (-0.15, 0.7), (-0.4, 1.5)])
def test_a_squat_sinks_before_it_is_down(metres, seconds):
    sunk = Sinking(RATE).push(going(metres, seconds))
    assert not sunk[time_s < 2].any()
    assert sunk[time_s < 2 + seconds].any()


@pytest.mark.parametrize(("metres", "seconds"), [(0.05, 0.5), (-0.02, 0.5), (-0.03, 2.0)])
def test_reaching_up_or_shifting_the_weight_does_not(metres, seconds):
    assert not Sinking(RATE).push(going(metres, seconds))[time_s < 2 + seconds].any()


def test_an_accelerometer_that_is_off_all_the_time_does_not_sink():
    sinking = Sinking(RATE)
    assert not sinking.push(np.full(5000, 0.5)).any()
    assert not sinking.push(np.full(5000, 0.5)).any()


def test_it_is_the_same_however_the_stream_is_cut():
    whole = Sinking(RATE).push(going(-0.3, 1.0))
    sinking = Sinking(RATE)
    assert np.array_equal(
        np.concatenate([sinking.push(part) for part in np.split(going(-0.3, 1.0), [3, 200, 201])]), whole
    )
