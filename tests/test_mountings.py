"""However the boards are turned in the strap, and whatever the wearer does first: the same reps, the same angles."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from hinge_imu.events import RepEvent, SensorEvent
from hinge_imu.simulate import truth

WAYS = Rotation.create_group("O")


@pytest.fixture(scope="module")
def lifter(lifting, hinge):
    return lifting(*(hinge(depth) for depth in (65, 75, 70, 60)), sway_deg=0.1, seed=4)


@pytest.fixture(scope="module")
def recorded(lifter, evenly):
    return evenly(lifter, 100.0, seed=2)


@pytest.fixture(scope="module")
def true(lifter):
    return truth.angles(lifter)


def mounted(recorded, ways):
    """Turn both boards further: by one of the 24 ways that axes can point, and by 15 degrees about any axis."""
    raw = recorded.raw.copy()
    for sensor, way in enumerate(ways):
        mine = raw["sensor"] == sensor
        for name in ("acc", "gyr"):
            raw[name][mine] = way.apply(raw[name][mine])
    return recorded._replace(raw=raw)


@pytest.fixture(scope="module")
def as_drawn(recorded, replayed):
    return replayed(recorded)


@pytest.mark.parametrize("number", range(24))
def test_reps_and_angles_are_the_same_in_all_24_ways_to_mount_a_board(number, recorded, as_drawn, replayed):
    rng = np.random.default_rng(number)
    tilts = [Rotation.from_rotvec(np.radians(15) * each / np.linalg.norm(each)) for each in rng.normal(size=(2, 3))]
    said = replayed(mounted(recorded, [tilts[0] * WAYS[number], tilts[1] * WAYS[(7 * number + 5) % 24]]))
    assert len({rep.id for rep in said.of(RepEvent)}) == 4
    for event, drawn in zip(said.of(RepEvent), as_drawn.of(RepEvent), strict=True):
        assert (event.id, event.status) == (drawn.id, drawn.status)
        assert event.end_s == pytest.approx(drawn.end_s, abs=1e-6)
    for name in ("pelvis", "thorax"):
        found, drawn = np.degrees(getattr(said.angles, name)), np.degrees(getattr(as_drawn.angles, name))
        np.testing.assert_allclose(found, drawn, rtol=0, atol=1e-6)
    assert not said.of(SensorEvent)


def test_after_two_bends_the_angles_are_those_of_the_lifter(as_drawn, true):
    second = [rep for rep in as_drawn.of(RepEvent) if rep.id.endswith("-2")][-1]
    after = as_drawn.angles.t_s > second.end_s
    for name in ("pelvis", "thorax"):
        found = np.degrees(getattr(as_drawn.angles, name))[after]
        expected = np.interp(as_drawn.angles.t_s[after], true["t_s"], true[f"{name}_deg"])
        assert np.sqrt(np.mean((found - expected) ** 2)) < 0.35
        assert np.abs(found - expected).max() < 0.7


def test_from_the_first_still_second_on_nearly_all_samples_have_angles(recorded, replayed):
    angles = replayed(recorded).angles
    since = angles.t_s > 1.0
    assert np.isfinite(angles.spine[since]).mean() > 0.95
