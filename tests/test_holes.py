"""Sessions in which a chip is away for a while, from its samples to what is said."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hinge_imu.events import FaultEvent, RepEvent, SensorEvent, SetEvent
from hinge_imu.hindsight import look_back, measured_again
from hinge_imu.motion.timeline import Timeline
from hinge_imu.samples import NS, Flag
from hinge_imu.simulate import truth

PELVIS, THORAX = 0, 1
REPS = 6


def confirmed(events):
    return [event for event in events if isinstance(event, RepEvent) and event.status == "confirmed"]


def away(recorded, sensor, lost_s, back_s):
    """Take a chip's samples away from second to second; the next one says that some were lost."""
    t_s, mine = recorded.raw["t_ns"] * NS, recorded.raw["sensor"] == sensor
    raw = recorded.raw.copy()
    raw["flags"][np.flatnonzero(mine & (t_s >= back_s))[:1]] |= np.uint8(Flag.AFTER_LOSS)
    return recorded._replace(raw=raw[~(mine & (t_s >= lost_s) & (t_s < back_s))])


def spine_error(replay, lifter, after_s):
    """What the spine is off by in degrees, from some moment on; nan where it is not known."""
    true, angles = truth.angles(lifter), replay.angles
    off = np.degrees(angles.spine) - np.interp(angles.t_s, true["t_s"], true["spine_deg"])
    return off[angles.t_s > after_s]


@pytest.fixture(scope="module")
def lifter(lifting, hinge):
    reps = [hinge(66.0 + 2 * i, 12.0 + i, (1.8, 0.4, 1.2, 1.0)) for i in range(REPS)]
    return lifting(*reps, sway_deg=0.25, seed=11)


@pytest.fixture(scope="module")
def labels(lifter):
    return truth.labels(lifter, "hinge")["reps"]


@pytest.fixture(scope="module")
def recorded(lifter, evenly):
    return evenly(lifter, seed=2, more_s=4.0)


@pytest.fixture(scope="module")
def moments(labels):
    """In the third rep: its onset, on the way down, at the bottom, on the way up, and standing after it."""
    start, bottom, end = (labels[2][name] for name in ("start_s", "bottom_s", "end_s"))
    return [start, (start + bottom) / 2, bottom, (bottom + end) / 2, end + 0.4]


@pytest.mark.parametrize("sensor", [PELVIS, THORAX])
@pytest.mark.parametrize("phase", range(5))
def test_a_chip_that_is_unplugged_in_mid_set_and_back_five_seconds_later_costs_its_reps_the_spine_and_no_more(
    lifter, labels, recorded, moments, replayed, sensor, phase
):
    lost_s, back_s = moments[phase], moments[phase] + 5.0
    said = replayed(away(recorded, sensor, lost_s, back_s))
    assert [ended.reps for ended in said.of(SetEvent)] == [REPS]
    [gap] = said.of(SensorEvent)
    assert (gap.what, gap.at_s, gap.lost_s) == ("gap", pytest.approx(lost_s, abs=0.02), pytest.approx(5.0, abs=0.03))
    for rep, label in zip(confirmed(said.events), labels, strict=True):
        assert label["start_s"] < rep.bottom_s < label["end_s"]
        if label["start_s"] < back_s and label["end_s"] > lost_s:
            assert (rep.spine_flexion_peak_deg, rep.spine_share) == (None, None)
            assert (rep.pelvis_rom_deg, rep.thorax_rom_deg)[sensor] is None
        elif label["start_s"] > back_s + 1.1 or label["end_s"] < lost_s:
            assert rep.spine_flexion_peak_deg == pytest.approx(label["spine_flexion_peak_deg"], abs=2.0)
            assert rep.thorax_rom_deg == pytest.approx(label["thorax_rom_deg"], abs=2.0)
    off = spine_error(said, lifter, back_s + 3.0)
    assert np.sqrt(np.mean(off**2)) < 1.5


@pytest.mark.parametrize("sensor", [PELVIS, THORAX])
@pytest.mark.parametrize("phase", range(5))
def test_a_fifth_of_a_second_is_coasted_over(lifter, recorded, moments, replayed, sensor, phase):
    lost_s, back_s = moments[phase], moments[phase] + 0.2
    said = replayed(away(recorded, sensor, lost_s, back_s))
    assert len(confirmed(said.events)) == REPS
    after = spine_error(said, lifter, back_s)
    assert np.abs(after).max() < 2.5, "and known at once, so that nothing is nan"
    known = np.isfinite((said.angles.pelvis, said.angles.thorax)[sensor])
    hole = (said.angles.t_s > lost_s + 0.01) & (said.angles.t_s < back_s - 0.01)
    assert not known[hole].any()


def test_both_chips_lost_for_a_fifth_of_a_second_cost_no_rep(recorded, labels, replayed):
    for lost_s in np.arange(labels[0]["start_s"], labels[-1]["end_s"], 0.61):
        holed = away(away(recorded, PELVIS, lost_s, lost_s + 0.2), THORAX, lost_s, lost_s + 0.2)
        assert len(confirmed(replayed(holed).events)) == REPS, lost_s


@pytest.mark.parametrize("seed", range(3))
def test_a_loose_plug_invents_no_rep_and_loses_none(recorded, labels, replayed, seed):
    """Every second or two one of the chips is away for a moment, never both."""
    rng = np.random.default_rng(seed)
    holed, now = recorded, labels[0]["start_s"]
    while now < labels[-1]["end_s"]:
        long = rng.uniform(0.06, 0.8)
        holed, now = away(holed, rng.integers(2), now, now + long), now + long + rng.uniform(1.1, 2.0)
    reps = confirmed(replayed(holed).events)
    assert len(reps) == REPS
    for rep, label in zip(reps, labels, strict=True):
        assert label["start_s"] < rep.bottom_s < label["end_s"]


@pytest.mark.parametrize("sensor", [PELVIS, THORAX])
@pytest.mark.parametrize("phase", range(5))
def test_a_chip_that_is_missing_from_the_start_is_taken_in_when_it_comes(
    lifter, labels, recorded, moments, replayed, sensor, phase
):
    """Nobody stands still for it; from the next standing on its angles are right."""
    back_s = moments[phase]
    said = replayed(away(recorded, sensor, -1.0, back_s))
    [ended] = said.of(SetEvent)
    assert ended.reps == REPS
    standing_s = next(label["end_s"] for label in labels if label["end_s"] > back_s + 1.0)
    first_s = said.angles.t_s[np.isfinite(said.angles.spine)][0]
    assert back_s < first_s < standing_s + 0.6
    for rep, label in zip(confirmed(said.events), labels, strict=True):
        if label["start_s"] > standing_s:
            assert rep.spine_flexion_peak_deg == pytest.approx(label["spine_flexion_peak_deg"], abs=4.0)
        elif label["end_s"] < standing_s - 0.1:
            assert rep.spine_flexion_peak_deg is None
    settled = spine_error(said, lifter, labels[-1]["start_s"])
    assert np.sqrt(np.mean(settled**2)) < 2.0


def test_a_fault_is_said_of_no_rep_in_which_the_spine_was_not_seen(recorded, labels, replayed):
    lost = labels[1]["start_s"] - 0.5, labels[3]["end_s"] + 0.5
    assert replayed(away(recorded, PELVIS, *lost)).of(FaultEvent) == []


@pytest.mark.parametrize("sensor", [PELVIS, THORAX])
@pytest.mark.parametrize("away_s", [0.15, 3.0])
def test_looking_back_the_same_reps_are_measured_again_without_what_was_hidden(
    recorded, labels, moments, replayed, sensor, away_s
):
    holed = away(recorded, sensor, moments[1], moments[1] + away_s)
    first = replayed(holed)
    last = {rep.id: rep for rep in first.of(RepEvent)}
    said = [event for event in first.events if not isinstance(event, RepEvent) or event is last[event.id]]
    timeline = Timeline(holed.header)
    back = look_back(holed.header, [timeline.push(holed.raw), *timeline.finish()])
    reps = confirmed(measured_again(holed.header, back, said))
    assert [rep.id for rep in reps] == [rep.id for rep in confirmed(said)]
    assert len(reps) == REPS
    for rep, label in zip(reps, labels, strict=True):
        if label["start_s"] < moments[1] + away_s and label["end_s"] > moments[1]:
            assert rep.spine_flexion_peak_deg is None
        else:
            assert rep.spine_flexion_peak_deg == pytest.approx(label["spine_flexion_peak_deg"], abs=1.5)
    angles = back.angles.sagittal
    missing = np.isnan((angles.pelvis, angles.thorax)[sensor])[angles.t_s > 1.5]
    assert missing.sum() == pytest.approx(away_s * recorded.header.rate_hz, abs=2)


holes = st.lists(
    st.tuples(st.integers(0, 1), st.floats(0, 30), st.sampled_from([0.07, 0.2, 0.5, 3.0])), min_size=1, max_size=4
)


@settings(deadline=None, max_examples=12)
@given(holes=holes, late=st.sampled_from([None, PELVIS, THORAX]), cuts=st.lists(st.integers(0, 7000), max_size=12))
def test_whatever_is_missing_the_same_is_said_however_the_stream_is_cut(recorded, replayed, agree, holes, late, cuts):
    holed = recorded if late is None else away(recorded, late, -1.0, 6.3)
    for sensor, lost_s, long_s in holes:
        holed = away(holed, sensor, lost_s, lost_s + long_s)
    whole, cut = replayed(holed), replayed(holed, sorted(c for c in cuts if c <= len(holed.raw)))
    agree(cut.events, whole.events)
    for one, other in zip(cut.angles, whole.angles, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-9)
