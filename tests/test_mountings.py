"""However the boards are turned in the strap, and whatever the wearer does first: the same reps, the same angles."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from hinge_imu.events import RepEvent, SensorEvent
from hinge_imu.hindsight import look_back
from hinge_imu.motion.timeline import Timeline
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
        assert np.sqrt(np.mean((found - expected) ** 2)) < 0.15
        assert np.abs(found - expected).max() < 0.3


def test_from_the_first_still_second_on_nearly_all_samples_have_angles(recorded, replayed):
    angles = replayed(recorded).angles
    since = angles.t_s > 1.0
    assert np.isfinite(angles.spine[since]).mean() > 0.95


def test_in_hindsight_too_the_angles_before_a_slip_and_after_it_are_right(recorded, as_drawn, replayed, true):
    raw = recorded.raw.copy()
    second, third = (rep for rep in as_drawn.of(RepEvent) if rep.status == "confirmed" and rep.id[-1] in "23")
    slipped_s = (second.end_s + third.start_s) / 2
    mine = raw["sensor"] == 1
    axis = np.cross(raw["acc"][mine][:100].mean(axis=0), [0.2, 0.4, 0.9])
    axis /= np.linalg.norm(axis)
    since = np.clip((raw["t_ns"][mine] * 1e-9 - slipped_s) / 0.3, 0, 1)
    angle, rate = np.radians(8) * (1 - np.cos(np.pi * since)) / 2, np.radians(8) * np.pi * np.sin(np.pi * since) / 0.6
    slip = Rotation.from_rotvec(angle[:, None] * axis)
    raw["acc"][mine] = slip.apply(raw["acc"][mine])
    raw["gyr"][mine] = slip.apply(raw["gyr"][mine]) - rate[:, None] * axis
    slipped = recorded._replace(raw=raw)
    said = replayed(slipped)
    assert [event.what for event in said.of(SensorEvent)] == ["slipped"]
    timeline = Timeline(slipped.header)
    (angles, _), _ = look_back(slipped.header, [timeline.push(raw), *timeline.finish()])
    # In between it is not known yet; two stances must show it, and angles change while upright only.
    fourth = as_drawn.of(RepEvent)[-1]
    known = (angles.t_s > 1) & ((angles.t_s < slipped_s) | (angles.t_s > fourth.end_s + 0.5))
    for name in ("pelvis", "thorax"):
        expected = np.interp(angles.t_s, true["t_s"], true[f"{name}_deg"])
        assert np.degrees(getattr(angles, name))[known] == pytest.approx(expected[known], abs=1.0)
