import numpy as np
import pytest

from hinge_imu.profiles import exercises
from hinge_imu.samples import SEGMENTS
from hinge_imu.simulate.strap import ROUNDED_DEG, TYPICAL, fitting, timetable


@pytest.fixture(scope="module")
def standing(lifting):
    return lifting(still_s=2.0)


def of(raw, sensor):
    return raw[raw["sensor"] == sensor]


def test_the_same_seed_gives_the_same_counts_to_the_last_bit(lifting, hinge, on_the_bus):
    one, same, other = (on_the_bus(lifting(hinge()), seed=seed).raw for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one[:1000], other[:1000])


@pytest.mark.parametrize("sensor", [0, 1])
def test_a_badly_mounted_board_feels_gravity_in_a_direction_of_its_own(standing, on_the_bus, sensor):
    ups = []
    for seed in range(3):
        header, raw, _ = on_the_bus(standing, seed=seed)
        up = of(raw, sensor)["acc"].mean(axis=0) * header.acc_scale
        assert np.linalg.norm(up) == pytest.approx(9.80665, rel=0.02), "what calibration has left"
        ups.append(up / 9.80665)
    apart = np.array(ups) @ np.transpose(ups)
    assert apart[np.triu_indices(3, 1)].min() < 0.9


def test_each_chip_runs_by_its_own_clock_within_a_percent(standing, on_the_bus):
    rates = set()
    for seed in range(2):
        _, raw, _ = on_the_bus(standing, seed=seed, more_s=10)
        for sensor in (0, 1):
            mine = of(raw, sensor)
            rates.add(round(np.polyfit(mine["seq"], mine["t_ns"], 1)[0] / 1e3))
    assert len(rates) == 4
    assert max(abs(period_us - 5000) for period_us in rates) <= 60


def test_the_clock_of_the_lifter_is_the_session_s_own(lifting, hinge, on_the_bus):
    """The bow begins in the counts when it begins in the timetable."""
    lifter = lifting(hinge())
    header, raw, _ = on_the_bus(lifter)
    mine = of(raw, SEGMENTS.index("thorax"))
    rate = np.degrees(np.linalg.norm(mine["gyr"] * header.gyr_scale, axis=1))
    turning = mine["t_ns"][np.argmax(rate > 30)] * 1e-9
    t = np.arange(0, 5, 0.001)
    _, thorax = lifter.inclinations(t)
    truly = t[np.argmax(np.gradient(thorax, t) > 30)]
    assert turning == pytest.approx(truly, abs=0.05)


@pytest.mark.parametrize("exercise", TYPICAL)
def test_a_set_is_drawn_around_what_is_typical_of_the_exercise(exercise):
    assert exercise in exercises()
    depth, spine = TYPICAL[exercise]
    reps = timetable(np.random.default_rng(0), exercise, 6).reps
    assert len(reps) == 6
    assert np.mean([rep.depth_deg for rep in reps]) == pytest.approx(depth, rel=0.05)
    assert np.mean([rep.spine_deg for rep in reps]) == pytest.approx(spine, abs=1.5)


def test_a_set_with_the_fault_rounds_every_other_rep():
    flexions = [rep.spine_deg for rep in timetable(np.random.default_rng(0), reps=4, rounded=True).reps]
    assert [flexion > 25 for flexion in flexions] == [False, True, False, True]
    assert flexions[1] == pytest.approx(ROUNDED_DEG, abs=1.6)


@pytest.mark.parametrize("seconds", [5.0, 12.0, 60.0])
def test_as_many_reps_are_drawn_as_fit(seconds):
    drawn = fitting(np.random.default_rng(0), seconds)
    assert drawn.duration_s <= seconds
    assert seconds - drawn.duration_s < 1.3 * 6, "another one, of six seconds or so, would not"
