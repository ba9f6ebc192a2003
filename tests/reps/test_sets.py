"""What a set says, and what is said of its reps once they are confirmed, from simulated lifters."""

import msgspec
import numpy as np
import pytest

from hinge_imu.events import FaultEvent, RepEvent, SetEvent
from hinge_imu.simulate import truth
from hinge_imu.simulate.performance import Manner, Rep
from hinge_imu.simulate.sets import standing_set

FIELDS = RepEvent.__struct_fields__
LATER = FIELDS[FIELDS.index("faults") + 1 :]
"""What comes with the confirmation."""

OF_FLOOR_LIFTS = {"spine_set_up_deg", "spine_above_set_up_deg"}


def hinge(depth=70.0, down=1.6, up=1.2, spine=9.0):
    # Slow movements are made of several, which nobody does alike twice; here each is one.
    return Rep(depth, spine, down, 0.4, up, 0.8, Manner(strokes=1))


@pytest.fixture(scope="module")
def done(staged, with_errors, replayed):
    def do(*reps, exercise="hinge", seed=0, **about):
        lifter = staged(lambda stage: standing_set(stage, reps, 1), seed=seed)
        return replayed(with_errors(lifter, exercise, seed=seed, **about)), lifter

    return do


@pytest.fixture(scope="module")
def six(done):
    """Each a little slower and rounder than the one before."""
    said, _ = done(*[hinge(up=1.0 + 0.15 * i, spine=8.0 + 2.0 * i) for i in range(6)])
    return said


def test_how_a_rep_moved_comes_with_its_confirmation_and_is_null_before(six):
    for event in six.of(RepEvent):
        measured = [name for name in LATER if getattr(event, name) is not None]
        assert bool(measured) == (event.status == "confirmed")


def test_most_of_it_is_measured_of_a_rep_that_was_seen_all_the_way(six):
    for rep in six.reps:
        missing = {name for name in LATER if getattr(rep, name) is None}
        assert missing - OF_FLOOR_LIFTS <= {
            *("slowest_deg", "slowest_at_s"),  # nobody slowed down on the way up
            "spine_range_share",  # nobody has measured how far this spine goes
            *(name for name in LATER if name.startswith("divergence")),  # most kept their backs
        }
        assert rep.thorax_bottom_deg == pytest.approx(70.0, abs=2.0)
        assert rep.spine_rom_deg == pytest.approx(rep.spine_bottom_deg, abs=2.5)
        assert rep.time_under_tension_s == pytest.approx(
            rep.eccentric_s + rep.bottom_pause_s + rep.concentric_s, abs=1e-6
        )


def test_one_that_was_confirmed_keeps_what_was_said_of_it(six):
    first = {event.id: event for event in reversed(six.of(RepEvent)) if event.status == "confirmed"}
    for rep in six.reps:
        before = first[rep.id]
        for name in ("start_s", "bottom_s", "end_s", "eccentric_s", "concentric_s", "thorax_rom_deg", "rep"):
            assert getattr(rep, name) == pytest.approx(getattr(before, name), abs=0.05), name


def test_revisions_of_an_id_rise_by_one_and_say_something_new_each(six):
    said = {}
    for event in six.of(RepEvent):
        before = said.get(event.id)
        assert event.revision == (1 if before is None else before.revision + 1)
        if before is not None:
            assert msgspec.structs.replace(event, revision=before.revision) != before
        said[event.id] = event


def test_a_set_carries_what_its_reps_show_together(six):
    [ended] = six.of(SetEvent)
    ups = np.array([rep.concentric_s for rep in six.reps])
    peaks = [rep.spine_flexion_peak_deg for rep in six.reps]
    means = [rep.thorax_concentric_mean_deg_s for rep in six.reps]
    assert ended.concentric_cv_share == pytest.approx(ups.std(ddof=1) / ups.mean())
    assert ended.concentric_trend_s == pytest.approx(0.15 * 0.827, abs=0.02), "of which an observer sees so much"
    assert ended.spine_flexion_peak_trend_deg == pytest.approx(2.0, abs=0.3)
    assert ended.spine_flexion_peak_sd_deg == pytest.approx(np.std(peaks, ddof=1))
    assert ended.velocity_loss_share == pytest.approx(1 - means[-1] / max(means))
    assert ended.tempo_kept_share is None
    assert (ended.start_s, ended.end_s) == (six.reps[0].start_s, six.reps[-1].end_s)


def test_who_has_named_the_exercise_is_sure_of_it(six, done):
    assert six.of(SetEvent)[0].exercise_sure is None
    unnamed, _ = done(*[hinge() for _ in range(5)], exercise="auto")
    [ended] = unnamed.of(SetEvent)
    assert ended.exercise == "hinge"
    assert 0.7 < ended.exercise_sure <= 1.0


@pytest.mark.parametrize("seed", range(3))
def test_one_that_goes_six_tenths_as_far_as_the_others_is_a_partial_rep_with_its_share(done, seed):
    said, lifter = done(hinge(), hinge(), hinge(42.0, spine=5.0), hinge(), hinge(), seed=seed)
    labels = truth.labels(lifter, "hinge")["reps"]
    assert ["partial_rep" in label["faults"] for label in labels] == [False, False, True, False, False]
    assert [[fault.name for fault in rep.faults] for rep in said.reps] == [[], [], ["partial_rep"], [], []]
    [fault] = said.reps[2].faults
    assert fault.value == pytest.approx(60.0, abs=3.0)
    assert (fault.limit, fault.unit) == (70.0, "%")
    assert said.reps[2].start_s < fault.at_s < said.reps[2].end_s


def test_eight_tenths_are_a_whole_one_and_four_none(done):
    said, _ = done(hinge(90), hinge(90), hinge(72.0), hinge(90), hinge(36.5, spine=4.0), hinge(90))
    assert [count for _, _, count in said.sets] == [5]
    assert all(rep.faults == () for rep in said.reps)


def test_what_is_usual_is_known_from_the_third_rep_on(done):
    said, _ = done(hinge(), hinge(45.0, spine=6.0))
    assert [rep.faults for rep in said.reps] == [(), ()]


@pytest.mark.parametrize(
    ("tempo", "off", "limit"),
    [
        ("1.3-0.6-1.0-1.0", None, None),  # as it is lifted
        ("1.3-0.6-1.0", None, None),  # of the top nothing is asked
        ("1.3-0.6-X-1.0", None, None),
        ("3-0.6-1-1", "eccentric_s", 3.0),
        ("1.3-2-1-1", "bottom_pause_s", 2.0),
        ("1.3-0.6-2-1", "concentric_s", 2.0),
        ("1.3-0.6-2", "concentric_s", 2.0),
        ("4-0.6-2-1", "eccentric_s", 4.0),  # the worst of two
    ],
)
def test_a_digit_off_the_prescription_is_said_with_what_was_asked_and_measured(done, tempo, off, limit):
    said, _ = done(*[hinge() for _ in range(4)], tempo=tempo)
    [ended] = said.of(SetEvent)
    assert ended.tempo_kept_share == (1.0 if off is None else 0.0)
    for rep in said.reps:
        if off is None:
            assert rep.faults == ()
        else:
            [fault] = rep.faults
            assert (fault.name, fault.limit, fault.unit) == ("off_tempo", limit, "s")
            assert fault.value == getattr(rep, off)
            ends = {
                "eccentric_s": rep.start_s + rep.eccentric_s,
                "bottom_pause_s": rep.end_s - rep.concentric_s,
                "concentric_s": rep.end_s,
            }
            assert fault.at_s == pytest.approx(ends[off], abs=1e-9)


def test_a_top_that_was_held_too_long_is_known_when_the_next_rep_begins(done):
    said, _ = done(*[hinge() for _ in range(3)], tempo="1.3-0.6-1.0-0.2")
    assert [bool(rep.faults) for rep in said.reps] == [True, True, False], "nothing follows the last"
    first = [event for event in said.of(RepEvent) if event.id == "simulated-1"]
    assert [bool(event.faults) for event in first] == [False, True]


def test_a_fault_is_said_once_however_often_its_rep_is(done):
    said, _ = done(*[hinge() for _ in range(4)], tempo="3-0.6-1-1")
    assert [fault.rep_id for fault in said.of(FaultEvent)] == [rep.id for rep in said.reps]


def test_of_a_set_as_long_as_a_workout_every_rep_is_counted(done):
    """Far more than are looked at together."""
    said, _ = done(*[hinge(down=1.2, up=0.9) for _ in range(30)])
    assert said.sets == [(1, "hinge", 30)]
    assert [rep.rep for rep in said.reps] == [*range(1, 31)]
    assert all(rep.top_pause_s is not None for rep in said.reps[:-1])
    assert said.retracted == []
