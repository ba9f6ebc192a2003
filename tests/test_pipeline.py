import math
import pickle

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hinge_imu.config import Config, MotionConfig
from hinge_imu.events import FaultEvent, NoticeEvent, RepEvent, SensorEvent, SessionEvent, SetEvent
from hinge_imu.pipeline import Pipeline
from hinge_imu.samples import Flag
from hinge_imu.simulate import truth
from hinge_imu.simulate.distractors import pick_object, tie_shoe, walk
from hinge_imu.simulate.performance import Manner, Rep
from hinge_imu.simulate.sets import floor_set, swing_set


def in_blocks_of(size, recorded):
    return range(size, len(recorded.raw), size)


@pytest.fixture(scope="module")
def lifter(lifting, hinge):
    """Two reps, the second of which rounds."""
    return lifting(hinge(), hinge(68, 33, (1.4, 0.3, 1.0, 0.8)), sway_deg=0.1, seed=1)


@pytest.fixture(scope="module")
def polled(lifter, on_the_bus):
    """Two chips through the real driver; some polls were interrupted, some samples saturated."""
    recorded = on_the_bus(lifter, seed=1)
    rng, raw = np.random.default_rng(2), recorded.raw
    stamps, poll = np.unique(raw["t_ns"], return_inverse=True)
    raw["flags"][(rng.random(len(stamps)) < 0.1)[poll]] |= np.uint8(Flag.UNSURE_TIME)
    raw["flags"][rng.random(len(raw)) < 0.01] |= np.uint8(Flag.SATURATED)
    return recorded


@pytest.fixture(scope="module")
def late(polled):
    """The thorax's polls arrive up to a fifth of a second late."""
    rng = np.random.default_rng(3)
    raw = polled.raw
    # From the second second on: what a chip took while it was on trial comes late by itself.
    since = np.maximum(raw["t_ns"] - 1e9, 0)
    delay = np.where(raw["sensor"] == 1, 1e8 * (1 - np.cos(since / rng.uniform(3e8, 4e8))), 0)
    arrives = np.maximum.accumulate(raw["t_ns"]) + delay
    for sensor in (0, 1):
        mine = raw["sensor"] == sensor
        arrives[mine] = np.maximum.accumulate(arrives[mine])
    return polled._replace(raw=raw[np.argsort(arrives, kind="stable")])


@pytest.fixture(scope="module")
def lost(polled):
    """The thorax is gone for three seconds, in the second rep."""
    raw = polled.raw.copy()
    thorax = raw["sensor"] == 1
    gone = thorax & (raw["t_ns"] > 5.6e9) & (raw["t_ns"] < 8.5e9)
    raw["flags"][np.flatnonzero(thorax & (raw["t_ns"] >= 8.5e9))[0]] |= np.uint8(Flag.AFTER_LOSS)
    raw = raw[~gone]
    remarks = {
        int(np.searchsorted(raw["t_ns"], at_s * 1e9)): SensorEvent(segment="thorax", what=what, at_s=at_s)
        for what, at_s in (("lost", 5.7), ("back", 8.49))
    }
    return polled._replace(raw=raw, remarks=remarks)


@pytest.fixture(scope="module")
def timed(lifter, evenly):
    """As a CSV has it, at the slowest rate that is taken."""
    return evenly(lifter, 20.0)


@pytest.fixture(scope="module")
def gym(staged, with_errors):
    """Nobody says what is lifted: pulls, one of which fails at first, a walk, swings, and a shoe that is tied."""
    pulls = [Rep(65.0, 25.0, 1.3, 0.6, 2.4, 0.6, Manner(thigh_deg=30.0, attempt=attempt)) for attempt in (0, 0, 0.4)]
    swings = [Rep(68.0, 18.0, 0.6, -0.1, 0.55, 0.2, Manner(thigh_deg=10.0)) for _ in range(4)]
    scenes = (
        pick_object,
        lambda stage: floor_set(stage, pulls, 1),
        lambda stage: walk(stage, 6),
        lambda stage: swing_set(stage, swings, 2),
        lambda stage: stage.hold(6.0),
        tie_shoe,
    )
    return with_errors(staged(*scenes, seed=4), seed=4)


@pytest.fixture(scope="module")
def gym_late(gym):
    """The thorax's samples come up to a fifth of a second late."""
    raw = gym.raw
    delay = np.where(raw["sensor"] == 1, 1e8 * (1 - np.cos(raw["t_ns"] / 3.3e8)), 0)
    return gym._replace(raw=raw[np.argsort(raw["t_ns"] + delay, kind="stable")])


@pytest.fixture(params=["polled", "late", "lost", "timed"], scope="module")
def stream(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def whole(stream, replayed):
    return replayed(stream)


def test_both_reps_are_said_and_the_set(whole):
    assert [rep.id for rep in whole.reps] == ["monday-1", "monday-2"]
    assert [ended.reps for ended in whole.of(SetEvent)] == [2]


@pytest.mark.parametrize("size", [7, 40])
def test_in_small_blocks_the_same_is_said(stream, whole, replayed, agree, size):
    agree(replayed(stream, in_blocks_of(size, stream)).events, whole.events)


def test_sample_by_sample_the_same_is_said(lifting, hinge, on_the_bus, replayed, agree):
    short = on_the_bus(lifting(hinge(tempo=(1.0, 0.2, 0.8, 0.5)), still_s=1.4), seed=3)
    whole, single = replayed(short), replayed(short, in_blocks_of(1, short))
    assert len(whole.reps) == 1
    agree(single.events, whole.events)
    for one, other in zip(single.angles, whole.angles, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", ["gym", "gym_late"])
@pytest.mark.parametrize("size", [1, 7, 40])
def test_whatever_happens_in_a_gym_the_same_is_said_of_it_in_small_blocks(name, size, request, replayed, agree):
    stream = request.getfixturevalue(name)
    whole = replayed(stream)
    assert len(whole.sets) >= 2
    assert whole.retracted
    agree(replayed(stream, in_blocks_of(size, stream)).events, whole.events)


@settings(deadline=None, max_examples=8)
@given(cuts=st.lists(st.integers(0, 12_000), max_size=15).map(sorted))
def test_nor_does_it_matter_where_a_session_is_cut(gym, replayed, agree, cuts):
    whole, cut = replayed(gym), replayed(gym, [c for c in cuts if c <= len(gym.raw)])
    agree(cut.events, whole.events)


def test_nor_that_one_chip_s_samples_come_late(gym, gym_late, replayed, agree):
    assert not np.array_equal(gym.raw, gym_late.raw)
    agree(replayed(gym_late).events, replayed(gym).events)


@settings(deadline=None, max_examples=6)
@given(cuts=st.lists(st.integers(0, 4000), max_size=15).map(sorted))
@pytest.mark.parametrize("name", ["polled", "late", "lost", "timed"])
def test_however_the_stream_is_cut_the_same_is_said(name, request, replayed, agree, cuts):
    stream = request.getfixturevalue(name)
    whole, cut = replayed(stream), replayed(stream, [c for c in cuts if c <= len(stream.raw)])
    agree(cut.events, whole.events)
    for one, other in zip(cut.angles, whole.angles, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-9)


def test_a_second_run_says_exactly_what_the_first_said(stream, whole, replayed):
    again = replayed(stream)
    assert again.events == whole.events
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(again.angles, whole.angles, strict=True))


def test_what_is_pushed_is_left_as_it_was(polled, replayed):
    before = polled.raw.copy()
    replayed(polled)
    assert np.array_equal(polled.raw, before)


def test_a_chip_whose_samples_come_late_changes_nothing(polled, late, replayed, agree):
    agree(replayed(late).events, replayed(polled).events)


def test_a_chip_that_is_gone_is_said_and_what_it_missed_is_null(lost, replayed):
    said = replayed(lost)
    facts = [event for event in said.of(SensorEvent) if event.segment == "thorax" and event.what != "saturated"]
    assert [event.what for event in facts] == ["lost", "back", "gap"]
    gap = facts[-1]
    assert (gap.at_s, gap.lost_s) == pytest.approx((5.6, 2.9), abs=0.05)
    first, second = said.reps
    assert first.spine_flexion_peak_deg == pytest.approx(9, abs=1.5)
    assert (second.spine_flexion_peak_deg, second.thorax_rom_deg) == (None, None)
    assert second.pelvis_rom_deg == pytest.approx(68 - 33, abs=2)
    blind = (said.angles.t_s > 5.7) & (said.angles.t_s < 8.4)
    assert np.isnan(said.angles.thorax[blind]).all()
    assert np.isfinite(said.angles.pelvis[blind]).all()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_rep_is_found_with_its_times_and_ranges_through_the_real_driver(
    lifting, hinge, on_the_bus, replayed, untrue, seed
):
    lifter = lifting(hinge(), hinge(62, 34, (2.2, 0.6, 1.0, 1.2)), hinge(76, 8, (1.2, 0.3, 0.9, 0.6)))
    said = replayed(on_the_bus(lifter, seed=seed))
    labels = truth.labels(lifter, "hinge")["reps"]
    assert len(said.reps) == len(labels)
    for rep, label in zip(said.reps, labels, strict=True):
        for name in ("start_s", "end_s", "eccentric_s", "bottom_pause_s", "concentric_s"):
            assert getattr(rep, name) == pytest.approx(label[name], abs=0.08), name
        for name in ("pelvis_rom_deg", "thorax_rom_deg", "spine_flexion_peak_deg"):
            assert getattr(rep, name) == pytest.approx(label[name], abs=1.5), name
        assert untrue(rep, label) == ([], [])
        assert 0 < rep.said_s - rep.end_s < 0.3
    assert {fault.rep_id for fault in said.of(FaultEvent)} == {"monday-2"}
    assert said.of(SensorEvent) == said.of(NoticeEvent) == []


@pytest.mark.parametrize("rate_hz", [20.0, 50.0, 333.0, 1000.0])
def test_the_rate_of_a_recording_hardly_matters(lifting, hinge, evenly, replayed, untrue, rate_hz):
    lifter = lifting(hinge(), hinge(62, 34), seed=4)
    reps = replayed(evenly(lifter, rate_hz, seed=4)).reps
    for rep, label in zip(reps, truth.labels(lifter, "hinge")["reps"], strict=True):
        assert (rep.start_s, rep.end_s) == pytest.approx((label["start_s"], label["end_s"]), abs=0.1)
        assert rep.thorax_rom_deg == pytest.approx(label["thorax_rom_deg"], abs=1.5)
        assert rep.spine_flexion_peak_deg == pytest.approx(label["spine_flexion_peak_deg"], abs=1.5)
        assert untrue(rep, label) == ([], [])


@pytest.mark.parametrize("seed", [5, 6])
def test_the_angles_of_a_swaying_lifter_are_right_within_two_degrees(lifting, hinge, on_the_bus, replayed, seed):
    lifter = lifting(*[hinge(spine=12.0)] * 4, sway_deg=0.25, seed=seed)
    angles = replayed(on_the_bus(lifter, seed=seed)).angles
    true = truth.angles(lifter)
    known = np.isfinite(angles.spine)
    assert angles.t_s[known][0] == pytest.approx(1.3, abs=0.2), "from the first still second on"
    assert known[(angles.t_s > 1.5) & (angles.t_s < angles.t_s[-1] - 0.1)].all()
    for name in ("pelvis", "thorax", "spine"):
        off = np.degrees(getattr(angles, name))[known] - np.interp(angles.t_s[known], true["t_s"], true[f"{name}_deg"])
        assert math.sqrt(np.mean(off**2)) < 2.0, name


@pytest.mark.parametrize("worn", ["pelvis", "thorax"])
def test_one_sensor_alone_counts_and_times(lifting, hinge, evenly, replayed, worn):
    lifter = lifting(hinge(), hinge(68, 24, (1.4, 0.3, 1.0, 0.8)), sway_deg=0.1, seed=1)
    said = replayed(evenly(lifter, worn=(worn,)))
    labels = truth.labels(lifter, "hinge")["reps"]
    for rep, label in zip(said.reps, labels, strict=True):
        assert rep.end_s == pytest.approx(label["end_s"], abs=0.15)
        assert (rep.spine_flexion_peak_deg, rep.spine_share) == (None, None)
    assert said.of(SensorEvent) == [], "what is not worn is not missed"


def test_a_recording_without_a_still_second_has_no_angles_and_no_reps_and_says_so(lifting, hinge, evenly, replayed):
    recorded = evenly(lifting(hinge(), hinge()))
    shaking = np.sin(2 * np.pi * 2.0 * recorded.raw["t_ns"] * 1e-9)[:, None]
    recorded.raw["acc"] += 4.0 * shaking
    recorded.raw["gyr"] += 1.0 * shaking
    said = replayed(recorded)
    [notice] = said.of(NoticeEvent)
    assert said.of(RepEvent) == said.of(SetEvent) == []
    assert "never stood still for a second" in notice.text
    assert np.isnan(said.angles.pelvis).all()
    assert np.isnan(said.angles.thorax).all()


def test_the_first_still_second_is_waited_for(lifting, hinge, evenly, replayed):
    """The recording begins in the middle of a rep; standing comes after it."""
    lifter = lifting(hinge(tempo=(1.6, 0.4, 1.2, 3.0)), hinge(), hinge())
    said = replayed(evenly(lifter, from_s=3.0))
    reps, labels = said.reps, truth.labels(lifter, "hinge")["reps"]
    assert [rep.start_s for rep in reps] == pytest.approx([label["start_s"] for label in labels[1:]], abs=0.08)
    [notice] = said.of(NoticeEvent)
    assert "did not stand still for the first" in notice.text
    known = said.angles.t_s[np.isfinite(said.angles.pelvis) | np.isfinite(said.angles.thorax)][0]
    assert labels[0]["end_s"] + 0.9 < known < labels[1]["start_s"]
    assert notice.at_s == pytest.approx(known)


def test_the_filters_of_the_library_find_the_same_reps(lifter, evenly, replayed):
    recorded = evenly(lifter, 50.0)
    own = replayed(recorded).reps
    for name in ("madgwick", "mahony"):
        header = msgspec.structs.replace(recorded.header, config=Config(motion=MotionConfig(filter=name)))
        reps = replayed(recorded._replace(header=header)).reps
        assert [rep.end_s for rep in reps] == pytest.approx([rep.end_s for rep in own], abs=0.1)
        assert [rep.thorax_rom_deg for rep in reps] == pytest.approx([rep.thorax_rom_deg for rep in own], abs=4)


def test_a_session_without_samples_ends_quietly(polled):
    pipeline = Pipeline(polled.header)
    assert pipeline.push(polled.raw[:0]) == []
    assert [type(event) for event in pipeline.finish()] == [NoticeEvent, SessionEvent]


def test_a_session_may_end_in_the_middle_of_anything(polled, replayed):
    """Wherever it is cut off, every rep that was said is confirmed and its set closed."""
    for stop in range(100, len(polled.raw), 101):
        said = replayed(polled._replace(raw=polled.raw[:stop]))
        assert {rep.id for rep in said.of(RepEvent)} == {rep.id for rep in said.reps}
        assert sum(ended.reps for ended in said.of(SetEvent)) == len(said.reps)


def test_in_the_gym_the_lifts_are_told_apart_and_nothing_else_is_one(gym, replayed):
    said = replayed(gym)
    assert [(exercise, count) for _, exercise, count in said.sets] == [("deadlift", 3), ("swing", 4)]


def test_every_id_ends_confirmed_or_retracted_with_revisions_from_one_up(gym, replayed):
    said = replayed(gym)
    for final in said.final:
        mine = [event for event in said.of(RepEvent) if event.id == final.id]
        assert [event.revision for event in mine] == [*range(1, len(mine) + 1)]
        assert mine[0].status == "provisional"
        assert final.status in {"confirmed", "retracted"}


def test_half_an_hour_takes_no_more_memory_than_a_minute(lifting, hinge, evenly):
    """What a pipeline remembers is what its pickle holds."""
    minute = evenly(lifting(*[hinge()] * 8, still_s=14.0), 25.0)
    length_ns = int(minute.raw["t_ns"][-1]) + 40_000_000
    pipeline, sizes, reps = Pipeline(minute.header), [], 0
    for number in range(30):
        raw = minute.raw.copy()
        raw["t_ns"] += number * length_ns
        for block in np.array_split(raw, 6):
            reps += sum(event.reps for event in pipeline.push(block) if isinstance(event, SetEvent))
            sizes.append(len(pickle.dumps(pipeline)))
    assert reps == 30 * 8
    assert max(sizes) < 1.05 * max(sizes[:12])
    assert max(sizes) < 500_000


def test_the_session_is_summed_up_last(lost, replayed):
    *_, session = replayed(lost).events
    assert (session.sets, session.reps) == (1, 2)
    assert session.end_s == pytest.approx(lost.raw["t_ns"][-1] * 1e-9, abs=0.02)
    for sensor, segment in enumerate(("pelvis", "thorax")):
        mine = lost.raw[lost.raw["sensor"] == sensor]
        summed = session.sensors[segment]
        assert (summed.samples, summed.left_out) == (len(mine), np.count_nonzero(mine["flags"] & Flag.SATURATED))
    assert session.sensors["pelvis"].lost_s == 0.0
    assert session.sensors["thorax"].lost_s == pytest.approx(2.9, abs=0.05)
    assert session.sensors["thorax"].events.keys() == {"lost", "back", "gap", "saturated"}
