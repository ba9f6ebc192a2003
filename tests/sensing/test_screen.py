from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinge_imu.config import ChipConfig
from hinge_imu.samples import BAD, Flag
from hinge_imu.sensing.screen import Screen, Thermometer

STANDING = [0, 2048, 0, 10, -5, 3]


def noisy(n, level=STANDING, seed=0):
    return (np.array(level) + np.random.default_rng(seed).integers(-6, 7, (n, 6))).tolist()


def look(rows, **chip):
    return np.array(Screen(ChipConfig(**chip)).look(rows))


def where(flags, flag):
    return np.flatnonzero(flags & int(flag)).tolist()


def test_noise_is_nothing_to_mention():
    assert not look(noisy(1000)).any()


@pytest.mark.parametrize("axis", range(6))
def test_one_sample_that_jumps_and_comes_back_is_a_spike(axis):
    rows = noisy(20)
    rows[7][axis] += 5000
    assert where(look(rows), Flag.SPIKE) == [7]


def test_two_that_jump_together_are_two_spikes():
    rows = noisy(20)
    rows[7][1] += 9000
    rows[8][1] += 9000
    assert where(look(rows), Flag.SPIKE) == [7, 8]


def test_the_third_sample_of_a_step_is_believed():
    rows = noisy(10) + noisy(10, [0, 12000, 0, 10, -5, 3])
    assert where(look(rows), BAD) == [10, 11]


def test_samples_that_jump_about_are_spikes_however_many_there_are():
    rows = noisy(5) + [[0, 2048, 0, 10, -5, 3 + 4000 * (-1) ** k * (1 + k)] for k in range(6)] + noisy(5, seed=1)
    assert where(look(rows), Flag.SPIKE) == [5, 6, 7, 8, 9, 10]


@pytest.mark.parametrize("torn", [0, 1, 2])
def test_a_spike_among_the_first_samples_is_none_of_the_good_ones(torn):
    rows = noisy(8)
    rows[torn][4] += 20000
    assert where(look(rows), Flag.SPIKE) == [torn]


@pytest.mark.parametrize(("chip", "just"), [({}, 4096), ({"acc_range_g": 4}, 16384), ({"rate_hz": 50}, 8192)])
def test_the_limit_is_two_g_in_ten_milliseconds_at_most(chip, just):
    for jump, expected in ((just, []), (just + 1, [1, 2])):
        rows = [[0, 0, 0, 0, 0, k % 2] for k in range(1, 4)]
        for row in rows[1:]:
            row[0] += jump
        screen = Screen(ChipConfig(**chip))
        screen.look(rows[:1])
        flags = np.array([0, *screen.look(rows[1:])])
        assert where(flags, Flag.SPIKE) == expected


def test_values_that_stand_still_are_frozen_from_the_third_on():
    rows = [*noisy(5), *[STANDING] * 6, *noisy(5, seed=1)]
    assert where(look(rows), Flag.FROZEN) == [7, 8, 9, 10]


def test_ten_frozen_samples_are_a_sensor_that_has_stopped():
    screen = Screen(ChipConfig())
    screen.look(noisy(4))
    flags = []
    while not screen.stuck:
        flags += screen.look([STANDING])
    assert where(np.array(flags), Flag.FROZEN) == list(range(2, 12))


def test_behind_a_narrow_low_pass_values_may_stand_still_for_longer():
    rows = [*noisy(5), *[STANDING] * 30]
    assert where(look(rows, low_pass_hz=5), Flag.FROZEN) == list(range(25, 35))


@pytest.mark.parametrize("word", [0, -1, 0x4141])
def test_twelve_bytes_alike_are_dead(word):
    rows = noisy(4)
    rows[2] = [word] * 6
    assert where(look(rows), Flag.DEAD) == [2]


def test_six_words_alike_whose_bytes_differ_are_a_measurement():
    assert not where(look([[5] * 6]), Flag.DEAD)


@pytest.mark.parametrize("end", [32767, -32768, -32767])
def test_the_ends_of_the_range_are_told(end):
    rows = [[end - 100 * int(np.sign(end)) * (k != 3), k, 0, 0, 0, 0] for k in range(6)]
    assert where(look(rows), BAD) == where(look(rows), Flag.SATURATED) == [3]


@given(
    jumps=st.lists(st.tuples(st.integers(0, 59), st.integers(0, 5), st.integers(-30000, 30000)), max_size=8),
    cuts=st.lists(st.integers(3, 60), max_size=10),
)
def test_the_flags_do_not_depend_on_the_polls(jumps, cuts):
    rows = np.array(noisy(60))
    for at, axis, jump in jumps:
        rows[at, axis] += jump
    rows = np.clip(rows, -32768, 32767).tolist()
    screen = Screen(ChipConfig())
    edges = [0, *sorted(cuts), 60]
    pieces = [screen.look(rows[a:b]) for a, b in pairwise(edges)]
    assert [flag for piece in pieces for flag in piece] == look(rows).tolist()


def test_after_a_loss_nothing_need_go_on():
    screen = Screen(ChipConfig())
    screen.look(noisy(5))
    screen.forget()
    assert not any(screen.look(noisy(5, [2048, 0, 0, 900, 0, -3000])))


def test_a_thermometer_stands_still_after_sixty_readings_alike():
    thermometer = Thermometer()
    said = [thermometer.stands(counts) for counts in [-3900, *[-3905] * 100]]
    assert [i for i, stands in enumerate(said) if stands] == [60]
