import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hinge_imu.events import FaultEvent, RepEvent, SetEvent, to_dict
from hinge_imu.reps.counter import Counter
from hinge_imu.samples import Header, SagittalAngles
from hinge_imu.simulate import truth

RATE = 100.0


def of(kind, said):
    return [event for _, event in said if isinstance(event, kind)]


ANGLES = ("pelvis", "thorax", "spine")


def confirmed(said):
    """The last word on each rep that was not retracted."""
    final = {rep.id: rep for rep in of(RepEvent, said)}.values()
    assert {rep.status for rep in final} <= {"confirmed", "retracted"}
    return [rep for rep in final if rep.status == "confirmed"]


@pytest.fixture(scope="module")
def four(lifting, hinge):
    """Four different reps; the third rounds."""
    return lifting(hinge(), hinge(60, 7, (2.4, 0.2, 1.0, 1.4)), hinge(75, 34), hinge(68, 9, (1.2, 0.8, 0.9, 0.5)))


@pytest.fixture(scope="module")
def angles(four, seen_of):
    return seen_of(four, more_s=12)


@pytest.fixture(scope="module")
def restless(angles):
    """The same by someone who never stands quite still."""
    t = angles.t_s
    thorax = angles.thorax + np.radians(3 * np.sin(2.1 * t) + 1.5 * np.sin(5 * t))
    return angles._replace(thorax=thorax, spine=thorax - angles.pelvis)


@pytest.fixture(scope="module")
def said(angles, counted):
    return counted(angles)


def test_every_rep_is_found_with_its_times_and_ranges(said, four):
    reps, labels = confirmed(said), truth.labels(four, "hinge")["reps"]
    assert len(reps) == len(labels) == 4
    for rep, label in zip(reps, labels, strict=True):
        for name in ("start_s", "end_s", "eccentric_s", "bottom_pause_s", "concentric_s"):
            assert getattr(rep, name) == pytest.approx(label[name], abs=0.08), name
        for name in ("pelvis_rom_deg", "thorax_rom_deg", "spine_flexion_peak_deg"):
            assert getattr(rep, name) == pytest.approx(label[name], abs=1.5), name
        assert rep.start_s + rep.eccentric_s - 0.1 < rep.bottom_s < rep.end_s - rep.concentric_s + 0.1


@pytest.mark.parametrize(("depth_deg", "reps"), [(28.0, 0), (38.0, 1)])
def test_leaning_back_afterwards_is_no_part_of_how_far_somebody_bent(counted, depth_deg, reps):
    t_ns = np.arange(0, 20, 1 / RATE) * 1e9
    down, up = (0.5 - 0.5 * np.cos(np.pi * np.clip((t_ns / 1e9 - start) / 1.2, 0, 1)) for start in (5.0, 6.5))
    thorax = np.radians(depth_deg * down - (depth_deg + 10.0) * up)
    said = counted(SagittalAngles(t_ns.astype(np.int64), 0.6 * thorax, thorax, 0.4 * thorax))
    assert len(confirmed(said)) == reps


def test_the_top_pause_lasts_until_the_next_rep_and_the_last_one_has_none(said, four):
    pauses = [rep.top_pause_s for rep in confirmed(said)]
    labels = [label.get("top_pause_s") for label in truth.labels(four, "hinge")["reps"]]
    assert pauses[:3] == pytest.approx(labels[:3], abs=0.08)
    assert pauses[3] is None
    assert labels[3] is None


def test_a_rep_is_provisional_at_lockout_and_confirmed_by_the_next_with_the_same_id(said):
    reps = of(RepEvent, said)
    assert [(rep.id, rep.revision, rep.status) for rep in reps] == [
        ("monday-1", 1, "provisional"),
        ("monday-1", 2, "confirmed"),
        ("monday-2", 1, "provisional"),
        ("monday-2", 2, "confirmed"),
        ("monday-3", 1, "provisional"),
        ("monday-3", 2, "confirmed"),
        ("monday-4", 1, "provisional"),
        ("monday-4", 2, "confirmed"),
    ]
    assert [rep.rep for rep in confirmed(said)] == [1, 2, 3, 4]
    assert {rep.set for rep in reps} == {1}


def test_a_rep_is_said_within_three_tenths_of_a_second_of_its_lockout(said):
    for rep in of(RepEvent, said):
        assert 0 < rep.said_s - rep.end_s < 0.3


def test_the_set_is_closed_ten_seconds_after_the_last_lockout_and_the_time_a_slow_onset_takes(said, four):
    [(at_s, ended)] = [(at, event) for at, event in said if isinstance(event, SetEvent)]
    first, *_, last = confirmed(said)
    assert (ended.set, ended.reps, ended.exercise) == (1, 4, "hinge")
    assert (ended.start_s, ended.end_s) == (first.start_s, last.end_s)
    assert at_s == pytest.approx(last.end_s + 10 + 3, abs=0.02)


def test_what_is_said_is_said_in_order_of_time(said):
    times = [at_s for at_s, _ in said]
    assert times == sorted(times)


def test_rounding_is_said_of_the_rep_that_rounds_and_of_no_other(said):
    faults = [[fault.name for fault in rep.faults] for rep in confirmed(said)]
    assert faults == [[], [], ["spine_rounding", "butt_wink"], []], "it rounds late, and so the pelvis tucks"
    rep = confirmed(said)[2]
    fault = rep.faults[0]
    assert fault.value == pytest.approx(34, abs=1)
    assert (fault.limit, fault.unit) == (25.0, "deg")
    assert rep.start_s < fault.at_s < rep.bottom_s + 0.5


def test_a_fault_is_said_once_by_itself_right_after_its_rep(said):
    events = [event for _, event in said]
    alone = of(FaultEvent, said)
    before = events[events.index(alone[0]) - 1]
    assert (before.id, before.revision) == ("monday-3", 1)
    assert [{**to_dict(each), "event": "fault"} for each in alone] == [
        {"event": "fault", "rep_id": "monday-3", **fault} for fault in to_dict(before)["faults"]
    ]


@pytest.mark.parametrize("pause", [8.0, 13.0])
def test_a_rest_of_ten_seconds_begins_a_new_set(lifting, hinge, seen_of, counted, pause):
    said = counted(seen_of(lifting(hinge(), hinge(tempo=(1.6, 0.4, 1.2, pause)), hinge(), hinge()), more_s=12))
    numbers = [(rep.set, rep.rep) for rep in confirmed(said)]
    if pause < 10:
        assert numbers == [(1, 1), (1, 2), (1, 3), (1, 4)]
    else:
        assert numbers == [(1, 1), (1, 2), (2, 1), (2, 2)]
        assert [ended.reps for ended in of(SetEvent, said)] == [2, 2]
        assert [ended.id for ended in of(SetEvent, said)] == ["monday-set-1", "monday-set-2"]
        assert confirmed(said)[1].top_pause_s is None, "the last of its set"
        assert len({rep.id for rep in confirmed(said)}) == 4


def test_a_rep_that_began_in_time_still_belongs_to_the_set(lifting, hinge, seen_of, counted):
    """The ten seconds are over while it is under way."""
    said = counted(seen_of(lifting(hinge(tempo=(1.6, 0.4, 1.2, 8.5)), hinge(tempo=(3.0, 1.0, 2.0, 1.0)))))
    assert [(rep.set, rep.rep) for rep in confirmed(said)] == [(1, 1), (1, 2)]
    assert confirmed(said)[0].top_pause_s == pytest.approx(8.5, abs=0.2)


def test_the_end_of_the_stream_closes_the_set(four, seen_of, counted):
    said = counted(seen_of(four))
    assert [rep.status for rep in of(RepEvent, said)[-2:]] == ["provisional", "confirmed"]
    assert [ended.reps for ended in of(SetEvent, said)] == [4]


def test_a_bob_of_twenty_degrees_is_no_rep(lifting, hinge, seen_of, counted):
    said = counted(seen_of(lifting(hinge(), hinge(depth=20.0, spine=2.0), hinge())))
    assert len(confirmed(said)) == 2
    assert confirmed(said)[0].top_pause_s == pytest.approx(
        confirmed(said)[1].start_s - confirmed(said)[0].end_s, abs=0.02
    )


LEAST = {"hinge": 35, "rdl": 35, "single_leg": 35, "deadlift": 30, "kneeling": 25, "toe_touch": 50}


@pytest.mark.parametrize("exercise", LEAST)
def test_each_lift_has_its_own_least_range_of_motion(lifting, hinge, seen_of, counted, exercise):
    least = LEAST[exercise]
    plans = [hinge(depth=float(least + off), spine=3.0) for off in (-2, 2)]
    said = counted(seen_of(lifting(*plans)), exercise=exercise)
    assert [rep.thorax_rom_deg for rep in confirmed(said)] == pytest.approx([least + 2], abs=0.7)


def test_swings_have_theirs_too(lifting, hinge, seen_of, counted):
    """None is one alone."""
    short, full = ([hinge(depth, 3.0, (0.5, 0.0, 0.5, 0.2)) for _ in range(3)] for depth in (28.0, 33.0))
    said = counted(seen_of(lifting(*full, *short)), exercise="swing")
    assert [rep.thorax_rom_deg for rep in confirmed(said)] == pytest.approx([33.0] * 3, abs=0.7)


def test_who_stays_down_for_more_than_half_a_minute_did_no_rep(lifting, hinge, seen_of, counted):
    said = counted(seen_of(lifting(hinge(tempo=(1.6, 33.0, 1.2, 3.0)), hinge(), hinge())))
    assert [rep.rep for rep in confirmed(said)] == [1, 2]
    assert confirmed(said)[0].start_s > 30


@pytest.mark.parametrize(("amplitude", "hz", "depth"), [(14, 2.3, 12), (8, 3.0, 60), (12, 3.5, 40)])
def test_hopping_and_shaking_are_no_reps(seen, counted, amplitude, hz, depth):
    """A body that slowly bends and straightens, while its angles swing to and fro several times a second."""
    t = np.arange(0, 14, 1 / RATE)
    shaken = depth * np.sin(np.pi * np.clip((t - 3) / 5, 0, 1)) ** 2
    shaken += amplitude * np.sin(2 * np.pi * hz * t) * ((t > 3) & (t < 8))
    assert confirmed(counted(seen(0.9 * shaken, shaken))) == []


@pytest.mark.parametrize("block", [None, 20])
def test_what_follows_a_lockout_is_no_part_of_the_rep(lifting, hinge, seen, counted, block):
    """Two seconds after the last lockout the lifter leans back against a wall."""
    lifter = lifting(hinge(), hinge(), still_s=6.0)
    t = np.arange(0, lifter.timetable.duration_s, 1 / RATE)
    pelvis, thorax = lifter.inclinations(t)
    leaning_back = -20 * np.clip((t - 15.5) / 1.0, 0, 1)
    cuts = range(block, len(t), block) if block else ()
    plain, leant = (confirmed(counted(seen(pelvis + more, thorax + more), cuts)) for more in (0.0, leaning_back))
    assert len(leant) == 2
    assert leant[1].end_s == pytest.approx(plain[1].end_s, abs=0.02)
    assert leant[1].thorax_rom_deg == pytest.approx(plain[1].thorax_rom_deg, abs=0.1)


@pytest.mark.parametrize("worn", ["pelvis", "thorax"])
def test_one_sensor_alone_counts_and_times_and_leaves_the_spine_out(four, seen_of, counted, worn):
    both = seen_of(four)
    nothing = np.full(len(both.t_ns), np.nan)
    missing = "thorax" if worn == "pelvis" else "pelvis"
    reps = confirmed(counted(both._replace(**{missing: nothing, "spine": nothing}), worn=(worn,)))
    assert len(reps) == 4
    for rep, label in zip(reps, truth.labels(four, "hinge")["reps"], strict=True):
        assert (rep.spine_flexion_peak_deg, rep.spine_share, rep.faults) == (None, None, ())
        assert getattr(rep, f"{missing}_rom_deg") is None
        assert getattr(rep, f"{worn}_rom_deg") == pytest.approx(label[f"{worn}_rom_deg"], abs=1.5)
        assert rep.end_s == pytest.approx(label["end_s"], abs=0.15)


def test_a_thorax_that_drops_out_leaves_the_pelvis_to_count(four, seen_of, counted):
    angles = seen_of(four)
    t = angles.t_s
    lost = (t > 7) & (t < 11)
    thorax, spine = (np.where(lost, np.nan, values) for values in (angles.thorax, angles.spine))
    reps = confirmed(counted(angles._replace(thorax=thorax, spine=spine)))
    assert len(reps) == 4
    assert [rep.spine_flexion_peak_deg is None for rep in reps] == [False, True, False, False]


@pytest.mark.parametrize("away_s", [0.3, 1.2, 5.0])
@pytest.mark.parametrize("missing", ["pelvis", "thorax"])
def test_whenever_one_sensor_is_away_the_count_is_right_and_only_the_touched_reps_lack_their_spine(
    lifting, hinge, seen_of, counted, missing, away_s
):
    lifter = lifting(hinge(), hinge(60, 15, (2.4, 0.2, 1.0, 1.4)), *[hinge(75, 25)] * 3, sway_deg=0.25, seed=3)
    angles, labels = seen_of(lifter), truth.labels(lifter, "hinge")["reps"]
    for lost_s in np.arange(2.1, labels[-1]["end_s"], 0.43):
        back_s = lost_s + away_s
        gone = (angles.t_s >= lost_s) & (angles.t_s < back_s)
        holed = {name: np.where(gone, np.nan, getattr(angles, name)) for name in (missing, "spine")}
        reps = confirmed(counted(angles._replace(**holed)))
        assert len(reps) == 5, lost_s
        for rep, label in zip(reps, labels, strict=True):
            assert label["start_s"] - 0.3 < rep.bottom_s < label["end_s"] + 0.3
            if label["start_s"] - 0.5 > back_s or label["end_s"] + 0.5 < lost_s:
                assert rep.spine_flexion_peak_deg == pytest.approx(label["spine_flexion_peak_deg"], abs=1.5)
                assert rep.end_s == pytest.approx(label["end_s"], abs=0.1)
            elif label["start_s"] + 0.1 < back_s and label["end_s"] - 0.1 > lost_s:
                assert (rep.spine_flexion_peak_deg, rep.spine_share) == (None, None)
                assert getattr(rep, f"{missing}_rom_deg") is None


@pytest.mark.parametrize("ends_s", [5.1, 5.2, 5.3, 5.4])
def test_a_rep_on_its_way_to_rest_is_counted_when_the_stream_ends(lifting, hinge, seen_of, counted, ends_s):
    """Its last movement: from most of the way up until just before lockout is certain."""
    angles = seen_of(lifting(hinge()))
    cut_short = counted(type(angles)(*(part[angles.t_s < ends_s] for part in angles)))
    [rep] = confirmed(cut_short)
    assert rep.said_s == pytest.approx(ends_s, abs=0.02)
    assert rep.end_s <= ends_s
    assert [ended.reps for ended in of(SetEvent, cut_short)] == [1]


def test_nothing_at_all_is_said_of_nothing(counted, seen):
    assert counted(seen(np.empty(0), np.empty(0))) == []
    assert counted(seen(np.full(500, np.nan), np.full(500, np.nan))) == []


@settings(deadline=None, max_examples=30)
@given(cuts=st.lists(st.integers(0, 2600), max_size=12).map(sorted))
def test_the_same_is_said_however_the_angles_are_cut(restless, counted, agree, cuts):
    whole, cut = counted(restless), counted(restless, cuts)
    agree([event for _, event in cut], [event for _, event in whole])
    assert [at_s for at_s, _ in cut] == [at_s for at_s, _ in whole]


@pytest.mark.parametrize("rest", [1.0, 15.0])
def test_what_is_kept_grows_neither_with_the_stream_nor_with_the_set(lifting, hinge, seen_of, square, rest):
    """Of a set that never ends, or of one set after the other; what a counter remembers is what its pickle holds."""
    angles = seen_of(lifting(*[hinge()] * 3, still_s=1.0), more_s=rest)
    counter = Counter(Header(session_id="s", unit="SI", clock="timed", rate_hz=RATE, exercise="hinge"))
    length, sizes, sets = len(angles.t_ns), [], 0
    for turn in range(30):
        later = SagittalAngles(angles.t_ns + turn * length * 10_000_000, *angles[1:])
        sets += len(of(SetEvent, counter.push(*square(later))))
        sizes.append(len(pickle.dumps(counter)))
    assert sets == (30 if rest > 10 else 0)
    assert max(sizes[10:]) < 1.2 * max(sizes[:10])


@pytest.mark.parametrize(("rest", "sets"), [(9.0, 1), (11.0, 2)])
def test_a_slow_rep_belongs_to_the_set_in_whose_time_it_began(hinge, lifting, seen_of, counted, rest, sets):
    lifter = lifting(hinge(tempo=(2, 0.5, 1.2, rest)), hinge(tempo=(6, 0.5, 1.2, 1.0)), sway_deg=0)
    ended = [event for _, event in counted(seen_of(lifter, more_s=20)) if isinstance(event, SetEvent)]
    assert len(ended) == sets


@pytest.mark.parametrize(
    ("lost_from", "lost_to", "unknown"),
    [
        (3.0, 3.2, {"eccentric_s", "bottom_pause_s"}),  # in the middle of the way down
        (4.6, 4.8, {"concentric_s", "bottom_pause_s", "top_pause_s"}),  # in the middle of the way up
        (2.1, 2.6, {"eccentric_s", "bottom_pause_s"}),  # over the onset
    ],
)
def test_a_rep_with_a_hole_in_it_counts_and_says_null_for_what_the_hole_hides(
    hinge, lifting, seen_of, counted, lost_from, lost_to, unknown
):
    angles = seen_of(lifting(hinge(), hinge(), sway_deg=0), more_s=15)
    hole = (angles.t_s >= lost_from) & (angles.t_s < lost_to)
    holed = angles._replace(**{name: np.where(hole, np.nan, getattr(angles, name)) for name in ANGLES})
    first, second = confirmed(counted(holed))
    times = {"eccentric_s", "bottom_pause_s", "concentric_s", "top_pause_s"}
    assert {name for name in times if getattr(first, name) is None} == unknown
    assert first.tempo.count("?") == len(unknown)
    assert first.spine_flexion_peak_deg is None
    assert second.eccentric_s is not None
    assert second.spine_flexion_peak_deg is not None


def test_a_hole_over_an_onset_hides_the_rest_before_it(hinge, lifting, seen_of, counted):
    angles = seen_of(lifting(hinge(), hinge(), sway_deg=0), more_s=15)
    first, second = confirmed(counted(angles))
    hole = np.abs(angles.t_s - second.start_s) < 0.1
    holed = angles._replace(**{name: np.where(hole, np.nan, getattr(angles, name)) for name in ANGLES})
    with_hole, after = confirmed(counted(holed))
    assert first.top_pause_s is not None
    assert with_hole.top_pause_s is None
    assert after.eccentric_s is None
