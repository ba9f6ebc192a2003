import pickle
from copy import deepcopy
from typing import get_args

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from hinge_imu.config import Config, Filter, MotionConfig
from hinge_imu.motion.library import Library
from hinge_imu.motion.orientation import Inclination, Orientation, tracker, up_online
from hinge_imu.samples import Frames, Header

RATE = 100.0
LIBRARY = get_args(Library)
boards = st.integers(0, 2**32 - 1).map(lambda seed: Rotation.random(rng=np.random.default_rng(seed)))


def header(**motion):
    config = Config(motion=MotionConfig(**motion))
    return Header(session_id="s", unit="SI", clock="timed", rate_hz=RATE, config=config)


def set_of_hinges(seconds, depth=60.0):
    """Times and postures: two still seconds, then down and up again every four seconds."""
    times, degrees = [0.0, 2.0], [0.0, 0.0]
    while times[-1] < seconds:
        times += [times[-1] + 1.5, times[-1] + 2.5, times[-1] + 4.0]
        degrees += [depth, depth, 0.0]
    return times, degrees


def both(movement):
    """The same movement on pelvis and thorax, as frames."""
    return Frames(
        np.rint(movement.t * 1e9).astype(np.int64),
        *(np.repeat(values[:, None], 2, axis=1) for values in (movement.acc, movement.gyr)),
        np.ones((len(movement.t), 2), bool),
        np.zeros((len(movement.t), 2), bool),
    )


@settings(deadline=None, max_examples=25)
@given(board=boards, depth=st.sampled_from([30.0, 60.0, 90.0, 120.0]))
def test_a_bow_reads_as_deep_as_it_is_however_the_board_is_mounted(bowing, apart, board, depth):
    bow = bowing([0, 2, 3.5, 6], [0, 0, depth, depth], board=board)
    up = up_online(bow.gyr, bow.acc, RATE)
    assert apart(up[150:151], up[-1:]) == pytest.approx(depth, abs=0.5)
    assert apart(up, bow.up).max() < 0.5


def test_up_points_away_from_gravity_and_has_length_one(bowing):
    up = up_online(*bowing([0, 2, 3.5], [0, 0, 90])[3:], RATE)
    assert up[0] == pytest.approx([0, 1, 0], abs=1e-12)
    assert np.linalg.norm(up, axis=1) == pytest.approx(1)


def test_horizontal_acceleration_averages_out(bowing, apart):
    def shaken(t):
        return 3.0 * np.sin(2 * np.pi * t)[:, None] * [1.0, 0.0, 0.5]

    bow = bowing([0, 2, 3.5, 60], [0, 0, 45, 45], shaken=lambda t: shaken(t) * (t > 2)[:, None])
    off = apart(up_online(bow.gyr, bow.acc, RATE), bow.up)
    of_the_force_alone = apart(bow.acc / np.linalg.norm(bow.acc, axis=1, keepdims=True), bow.up)
    assert of_the_force_alone.max() > 15
    assert off.max() < 1.5
    assert np.sqrt(np.mean(off**2)) < 0.5


def test_a_bias_seen_in_a_still_second_leaves_less_than_a_degree_after_a_minute_of_hinging(bowing, apart):
    hinges = bowing(*set_of_hinges(60))
    bias = np.radians([2.0, -2.0, 2.0])
    off = apart(up_online(hinges.gyr + bias, hinges.acc, RATE), hinges.up)
    assert off[round(RATE) :].max() < 1.0


def test_a_bias_that_nobody_could_see_is_held_in_check(bowing, apart):
    """Who never stands still leaves 2 deg/s in; gravity that drifts evenly is not followed late."""
    rocking = bowing(np.arange(0, 60, 0.8), 20.0 * (np.arange(75) % 2))
    off = apart(up_online(rocking.gyr + np.radians([0, 0, 2.0]), rocking.acc, RATE), rocking.up)
    assert off[-2000:].max() < 1.5, "a plain low-pass of 3 s would be late by 6 degrees"


@pytest.mark.parametrize("sensor", [0, 1])
def test_a_swaying_lifter_is_followed_within_a_degree(lifting, hinge, apart, sensor):
    lifter = lifting(*[hinge(spine=20.0)] * 5, sway_deg=0.25)
    t = np.arange(0, lifter.timetable.duration_s, 1 / RATE)
    segment = lifter.orientation(sensor, t)
    turns = (segment[:-1].inv() * segment[1:]).as_rotvec() * RATE
    gyr = np.concatenate([turns[:1], turns])
    acc, _ = lifter.specific_force_and_rate(sensor, t)
    off = apart(up_online(gyr, acc, RATE), segment.inv().apply([0.0, 1.0, 0.0]))
    assert np.sqrt(np.mean(off**2)) < 1.0


@settings(deadline=None, max_examples=25)
@given(cuts=st.lists(st.integers(0, 1000), max_size=10).map(sorted), biased=st.booleans())
def test_cutting_the_stream_anywhere_changes_nothing(bowing, cuts, biased):
    bow = bowing([0, 2, 3, 5, 6, 10], [0, 0, 70, 70, 0, 0], board=Rotation.from_rotvec([1, 2, 3]))
    gyr = bow.gyr + 0.02 * biased
    filter_ = Inclination(RATE)
    parts = [filter_.push(*part) for part in zip(np.split(gyr, cuts), np.split(bow.acc, cuts), strict=True)]
    np.testing.assert_allclose(np.concatenate(parts), up_online(gyr, bow.acc, RATE), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", get_args(Filter))
@pytest.mark.parametrize("passed_on", [deepcopy, lambda tracker: pickle.loads(pickle.dumps(tracker))])  # noqa: S301 - its own
def test_a_filter_kept_in_mid_stream_goes_on_to_the_last_bit_as_if_nothing_had_been(bowing, name, passed_on):
    bow = bowing([0, 2, 3, 5, 6], [0, 0, 70, 70, 0], board=Rotation.from_rotvec([1, 2, 3]))
    steady, kept = tracker(header(filter=name)), tracker(header(filter=name))
    for start in range(0, len(bow.t), 75):
        part = bow.gyr[start : start + 75] + 0.02, bow.acc[start : start + 75]
        kept = passed_on(kept)
        for whole, again in zip(steady.track(*part), kept.track(*part), strict=True):
            assert np.array_equal(whole, again)


def test_a_kept_filter_and_the_one_it_was_copied_from_do_not_share_what_they_know(bowing):
    bow = bowing([0, 2, 3, 5], [0, 0, 70, 70])
    first = Inclination(RATE)
    first.push(bow.gyr[:150], bow.acc[:150])
    kept = deepcopy(first)
    first.push(bow.gyr[150:] + 1.0, bow.acc[150:])
    rest = kept.push(bow.gyr[150:], bow.acc[150:])
    assert np.array_equal(rest, up_online(bow.gyr, bow.acc, RATE)[150:])


@pytest.mark.parametrize("name", get_args(Filter))
def test_a_block_without_samples_is_fine_at_any_moment(bowing, name):
    bow = bowing([0, 2, 3], [0, 0, 30])
    plain, interrupted = tracker(header(filter=name)), tracker(header(filter=name))
    none = np.empty((0, 3))
    assert interrupted.track(none, none)[0].shape == (0, 3)
    first = interrupted.track(bow.gyr[:150], bow.acc[:150])
    assert interrupted.track(none, none)[1].shape == (0,)
    second = interrupted.track(bow.gyr[150:], bow.acc[150:])
    for whole, *parts in zip(plain.track(bow.gyr, bow.acc), first, second, strict=True):
        assert np.array_equal(np.concatenate(parts), whole)


@pytest.mark.parametrize("name", LIBRARY)
def test_the_filters_of_the_library_find_the_same_bow(bowing, apart, name):
    bow = bowing([0, 3, 4.5, 7], [0, 0, 30, 30], board=Rotation.from_rotvec([0.4, -1.2, 2.0]))
    up, still, _ = tracker(header(filter=name)).track(bow.gyr, bow.acc)
    assert apart(up[250:251], up[-1:]) == pytest.approx(30, abs=3)
    assert apart(up, bow.up).max() < 3
    assert still[250]
    assert not still[350]


def test_a_sensor_that_reads_the_rate_of_the_moment_is_integrated_as_such(bowing, apart):
    swing = bowing([0, 2, 2.4, 4], [0, 0, 90, 90], rate_hz=50.0)
    momentary = np.gradient(swing.angle, swing.t)[:, None] * [0, 0, -1.0]
    right, wrong = (
        apart(Inclination(50.0, averaging=averaging).push(momentary, swing.acc), swing.up).max()
        for averaging in (False, True)
    )
    assert wrong > 2.0, "half a sample's turn at 350 deg/s"
    assert right < wrong / 5


def test_still_is_said_from_the_end_of_the_first_still_second_on(bowing):
    poses = Orientation(header()).push(both(bowing([0, 2, 3.5], [0, 0, 60])))
    assert np.argmax(poses.still[:, 0]) == RATE - 1
    assert np.array_equal(poses.still[:, 0], poses.still[:, 1])
    assert not poses.still[250:].any()


def lost(frames, start, stop, sensor=1):
    frames.valid[start:stop, sensor] = False
    for values in (frames.gyr, frames.acc):
        values[start:stop, sensor] = 0.0
    return frames


def test_after_a_long_gap_in_a_movement_gravity_is_trusted_again_one_second_later(bowing, apart):
    bow = bowing(*set_of_hinges(20))
    poses = Orientation(header()).push(lost(both(bow), 360, 470))  # back when on the way up
    assert np.array_equal(poses.valid[:, 1], (np.arange(len(bow.t)) < 360) | (np.arange(len(bow.t)) >= 570))
    assert poses.valid[:, 0].all(), "the other sensor never noticed"
    assert apart(poses.up[570:, 1], bow.up[570:]).max() < 0.6


def test_after_a_long_gap_a_pause_of_three_tenths_shows_gravity(bowing, apart):
    """Lost while bowing, back when down, where the wearer waits."""
    bow = bowing([0, 2, 3.5, 20], [0, 0, 60, 60])
    poses = Orientation(header()).push(lost(both(bow), 290, 400))
    back = 400 + int(np.argmax(poses.valid[400:, 1]))
    assert back == pytest.approx(430, abs=1)
    assert poses.valid[back:, 1].all()
    assert apart(poses.up[back:, 1], bow.up[back:]).max() < 0.2


def test_who_moves_on_after_that_pause_is_followed(bowing, apart):
    """Hips that accelerate by 2 m/s^2 tilt what is felt by twelve degrees."""

    def shaken(t):
        return 2.0 * np.sin(2 * np.pi * 0.8 * t)[:, None] * (t > 5.0)[:, None] * [1.0, 0.0, 0.0]

    bow = bowing([0, 2, 3.5, 5, 6.5, 8, 12], [0, 0, 60, 60, 0, 0, 60], shaken=shaken)
    poses = Orientation(header()).push(lost(both(bow), 290, 430))
    known = np.flatnonzero(poses.valid[:, 1])
    known = known[known >= 430]
    assert known[0] < 465
    assert apart(poses.up[known, 1], bow.up[known]).max() < 3.0


@pytest.mark.parametrize("start", range(200, 400, 20))
def test_over_a_fifth_of_a_second_the_filter_coasts(bowing, apart, start):
    """Straight through the hole the rate is not known, so there is no angle; after it there is one at once."""
    bow = bowing([0, 2, 3.5, 5, 6.5], [0, 0, 60, 60, 0])
    poses = Orientation(header()).push(lost(both(bow), start, start + 20))
    hole = (np.arange(len(bow.t)) >= start) & (np.arange(len(bow.t)) < start + 20)
    assert np.array_equal(poses.valid[:, 1], ~hole)
    # A line over T misses up to T^2 / 8 of a change in acceleration; the bow begins with (pi / 1.5 s)^2 * 30 degrees.
    bound = 0.21**2 / 8 * (np.pi / 1.5) ** 2 * 30.0
    assert apart(poses.up[~hole, 1], bow.up[~hole]).max() < bound + 0.3


def test_a_hole_in_a_rest_does_not_end_it(bowing):
    poses = Orientation(header()).push(lost(both(bowing([0, 4], [0, 0])), 250, 265))
    assert np.array_equal(poses.still[100:, 1], poses.valid[100:, 1])


@pytest.mark.parametrize("name", LIBRARY)
def test_the_filters_of_the_library_coast_and_settle_too(bowing, apart, name):
    bow = bowing([0, 3, 4.5, 9], [0, 0, 30, 30])
    frames = lost(lost(both(bow), 330, 345), 500, 600)
    poses = Orientation(header(filter=name)).push(frames)
    gone = np.zeros(len(bow.t), bool)
    gone[330:345] = gone[500:700] = True
    assert np.array_equal(poses.valid[:, 1], ~gone)
    assert apart(poses.up[~gone, 1], bow.up[~gone]).max() < 3


def test_the_gyroscope_s_bias_outlives_a_gap(bowing, apart):
    hinges = bowing(*set_of_hinges(40))
    frames = both(hinges._replace(gyr=hinges.gyr + np.radians([0, 0, 3.0])))
    frames.valid[1000:1200, 0] = False
    poses = Orientation(header()).push(frames)
    known = poses.valid[:, 0] & (np.arange(len(hinges.t)) >= 1600)
    assert apart(poses.up[known, 0], hinges.up[known]).max() < 1.5


@settings(deadline=None, max_examples=8)
@given(cuts=st.lists(st.integers(0, 2000), max_size=8).map(sorted))
def test_gaps_are_the_same_however_the_frames_are_cut(bowing, cuts):
    bow = bowing([0, 2, 3.5, 5, 6.5, 9, 12, 16, 20], [0, 0, 60, 60, 0, 50, 10, 60, 0])
    frames = both(bow._replace(gyr=bow.gyr + 0.01 * bow.angle[:, None]))
    frames.valid[290:400, 1] = frames.valid[700:720, 0] = frames.valid[405:409, 1] = frames.valid[:3, 1] = False
    whole, cut = Orientation(header()).push(frames), Orientation(header())
    parts = [cut.push(Frames(*(np.split(part, cuts)[i] for part in frames))) for i in range(len(cuts) + 1)]
    for name in ("up", "still", "valid"):
        joined = np.concatenate([getattr(part, name) for part in parts])
        np.testing.assert_allclose(joined, getattr(whole, name), rtol=0, atol=1e-12)


def test_a_segment_that_carries_no_sensor_is_never_valid(bowing):
    alone = msgspec.structs.replace(header(), worn=("thorax",))
    poses = Orientation(alone).push(both(bowing([0, 2], [0, 0])))
    assert poses.valid.all(axis=0).tolist() == [False, True]
    assert not poses.valid[:, 0].any()
