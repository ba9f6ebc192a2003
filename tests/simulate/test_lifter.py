import numpy as np
import pytest
from scipy.interpolate import CubicSpline
from scipy.spatial.transform import Rotation

from hinge_imu.simulate.lifter import GRAVITY, Lifter, vary
from hinge_imu.simulate.plan import RepPlan, Timetable

SENSORS = pytest.mark.parametrize("sensor", [0, 1], ids=["pelvis", "thorax"])


@pytest.fixture(scope="module")
def swaying(lifting, hinge):
    return lifting(hinge(), hinge(80, 30, (1.0, 0.0, 0.8, 0.5)), sway_deg=0.5, seed=3)


@SENSORS
def test_who_stands_still_feels_gravity_pushing_up_and_no_turn(lifting, hinge, sensor):
    force, rate = lifting(hinge()).specific_force_and_rate(sensor, np.linspace(0, 1.9, 50))
    np.testing.assert_allclose(force, np.tile([0, 9.80665, 0], (50, 1)), atol=1e-6)
    np.testing.assert_allclose(rate, 0, atol=1e-9)


@SENSORS
def test_the_force_turned_into_the_room_is_the_second_derivative_of_the_way_plus_gravity(swaying, sensor):
    t = np.arange(0, swaying.timetable.duration_s, 1e-3)
    felt, _ = swaying.specific_force_and_rate(sensor, t)
    accelerated = CubicSpline(t, swaying.position(sensor, t)).derivative(2)(t) + np.array([0, GRAVITY, 0])
    in_the_room = swaying.orientation(sensor, t).apply(felt)
    inner = slice(5, -5)
    assert np.abs(in_the_room - accelerated)[inner].max() < 0.05
    assert np.ptp(accelerated[:, 0]) > 0.3, "and there was something to feel"


@SENSORS
def test_the_rate_turns_the_first_orientation_into_the_last(swaying, sensor):
    t = np.arange(0, swaying.timetable.duration_s, 1e-3)
    _, rate = swaying.specific_force_and_rate(sensor, t + 0.5e-3)
    turned = swaying.orientation(sensor, t[:1])[0]
    for step in Rotation.from_rotvec(rate[:-1] * 1e-3):
        turned = turned * step
    off = turned.inv() * swaying.orientation(sensor, t[-1:])[0]
    assert np.degrees(off.magnitude()) < 0.05


@SENSORS
def test_the_inclination_is_how_far_the_segment_leans_forward(lifting, hinge, sensor):
    lifter = lifting(hinge(depth=130.0, spine=20.0))
    t = np.linspace(0, lifter.timetable.duration_s, 500)
    along = lifter.orientation(sensor, t).apply([0.0, 1.0, 0.0])
    assert np.degrees(np.arctan2(along[:, 0], along[:, 1])) == pytest.approx(lifter.inclinations(t)[sensor], abs=1e-9)
    assert along[:, 0].max() > 0.9, "x is forward"


def test_a_rep_goes_as_deep_and_rounds_as_much_as_planned(lifting, hinge):
    lifter = lifting(hinge(depth=72.0, spine=15.0))
    pelvis, thorax = lifter.inclinations(np.arange(0, lifter.timetable.duration_s, 0.001))
    assert thorax.max() == pytest.approx(72.0, abs=1e-3)
    assert (thorax - pelvis).max() == pytest.approx(15.0, abs=1e-3)
    assert (thorax[0], pelvis[0], thorax[-1], pelvis[-1]) == (0, 0, 0, 0)


def test_the_spine_gives_way_late_on_the_way_down(lifting, hinge):
    lifter = lifting(hinge(depth=70.0, spine=20.0))
    t = np.arange(0, 4.0, 0.001)
    pelvis, thorax = lifter.inclinations(t)
    half_way = np.argmax(thorax > 35)
    assert 0 < (thorax - pelvis)[half_way] < 0.3 * 20


def test_the_hip_joints_go_back_when_the_trunk_goes_forward(lifting, hinge):
    lifter = lifting(hinge(depth=70.0, spine=0.0))
    t = np.array([0.0, lifter.timetable.onsets_s[0] + lifter.timetable.reps[0].eccentric_s])
    # The sensor sits ten centimetres above the joints and as far behind them.
    standing, down = lifter.position(0, t) - lifter.orientation(0, t).apply([-0.1, 0.1, 0.0])
    assert down[0] < standing[0] - 0.1
    assert standing[1] - 0.1 < down[1] < standing[1], "and hardly down: this is no squat"


def test_sway_is_as_large_as_it_is_said_to_be_and_slow(lifting):
    t = np.arange(0, 600, 0.05)
    sizes = [lifting(still_s=300, sway_deg=0.25, seed=seed).inclinations(t)[0].std() for seed in range(10)]
    assert np.mean(sizes) == pytest.approx(0.25, rel=0.3)
    lifter = lifting(still_s=300, sway_deg=0.25)
    spectrum = np.abs(np.fft.rfft(lifter.inclinations(t)[1])) ** 2
    slow = np.fft.rfftfreq(len(t), 0.05) < 0.65
    assert spectrum[slow].sum() > 0.999 * spectrum.sum()


def test_two_lifters_of_one_seed_are_the_same_person(hinge):
    one, same, other = (Lifter(Timetable((hinge(),)), np.random.default_rng(seed), 0.25) for seed in (1, 1, 2))
    t = np.linspace(0, 5, 100)
    assert np.array_equal(one.inclinations(t), same.inclinations(t))
    assert not np.array_equal(one.inclinations(t), other.inclinations(t))


def test_nobody_does_a_rep_quite_as_planned():
    plan = RepPlan(70, 9, 2, 0.5, 1, 1)
    rng = np.random.default_rng(0)
    done = [vary(plan, rng) for _ in range(300)]
    depths, times = [rep.depth_deg for rep in done], [rep.eccentric_s for rep in done]
    assert (min(depths), max(depths)) == pytest.approx((0.92 * 70, 1.08 * 70), abs=0.5)
    assert (min(times), max(times)) == pytest.approx((1.7, 2.3), abs=0.05)
