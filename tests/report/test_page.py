import numpy as np
import pytest

from hinge_imu.report.page import MOST_POINTS, to_do
from hinge_imu.report.traces import over_s, phases_of


def test_what_is_often_and_far_beyond_its_limit_comes_first(reps, fault):
    slight, far = fault("off_tempo", 1.4, 1.0, "s"), fault("spine_rounding", 45.0, 25.0)
    found = to_do(reps([slight, far], [slight], [slight]))
    assert [(todo.name, todo.reps) for todo in found] == [("off_tempo", 3), ("spine_rounding", 1)]
    found = to_do(reps([slight, far], [far], [slight]))
    assert [(todo.name, todo.reps) for todo in found] == [("spine_rounding", 2), ("off_tempo", 2)]


def test_a_doubtful_fault_weighs_less_than_one_that_is_sure(reps, fault):
    doubtful, sure = fault("butt_wink", 15.0, 5.0, confidence=0.1), fault("spine_rounding", 35.0, 25.0)
    assert [todo.name for todo in to_do(reps([doubtful], [sure]))] == ["spine_rounding", "butt_wink"]


def test_nobody_is_told_to_work_on_more_than_three_things(reps, fault):
    names = ("spine_rounding", "butt_wink", "bounce", "partial_rep", "not_square")
    assert len(to_do(reps([fault(name) for name in names]))) == 3


def test_a_digit_that_was_asked_to_be_nothing_can_be_off(reps, fault):
    (todo,) = to_do(reps([fault("off_tempo", 0.8, 0.0, "s")]))
    assert todo.worst.value == 0.8


def test_the_back_holds_in_reps_without_a_fault_of_the_back(reps, fault, page):
    shown = page(reps([], [fault("off_tempo", 2, 1, "s")], [fault()], [], peaks=[8, 9, 35, None]))
    assert (shown.back_held, shown.back_measured) == (2, 3)


def test_the_worst_rep_is_the_one_whose_back_is_worst(reps, fault, page):
    (view,) = page(reps([fault("off_tempo", 9, 1, "s")], [], [fault()], [], peaks=[8, 9, 35, 5])).sets
    assert (view.reps[view.best].rep, view.reps[view.worst].rep) == (4, 3)


def test_without_faults_the_straightest_rep_is_the_best(reps, page):
    (view,) = page(reps([], [], [], peaks=[9, 4, 12])).sets
    assert (view.best, view.worst, view.worst_is_bad) == (1, 2, False)


def test_only_what_is_around_the_sets_is_shown(reps, page):
    (view,) = page(reps([], []), seconds=3000).sets
    trace = view.trace
    assert trace.start_s == pytest.approx(1.5)
    assert trace.start_s + trace.step_s * len(trace.spine) == pytest.approx(view.reps[-1].end_s + 1.5, abs=0.03)


def test_traces_show_the_angles_in_degrees(reps, page):
    (view,) = page(reps([])).sets
    at = 3.0 + 1.25
    assert view.trace.at("thorax", at) == pytest.approx(30 * (1 - np.cos(2 * np.pi * 1.25 / 5)), abs=0.5)
    assert view.trace.at("spine", at) == pytest.approx(view.trace.at("thorax", at) / 6, abs=0.1)


def test_an_hour_without_a_rest_is_drawn_more_coarsely(reps, page):
    views = page(reps(*[[]] * 700), seconds=3510).sets
    assert sum(len(view.trace.spine) for view in views) <= MOST_POINTS + len(views)


def test_where_samples_are_missing_nothing_is_drawn(header, reps, angles):
    from hinge_imu.report.page import page_of

    whole = angles(20)
    kept = (whole.t_s < 4) | (whole.t_s > 4.5)
    (view,) = page_of(header, reps([]), type(whole)(*(each[kept] for each in whole)), (None,) * 4).sets
    assert np.isnan(view.trace.at("thorax", 4.25))
    assert np.isfinite(view.trace.at("thorax", 3.9))


def test_a_rep_that_starts_standing_goes_down_first(reps):
    (rep,) = reps([])
    assert [(name, round(a, 2), round(b, 2)) for name, a, b in phases_of(rep)] == [
        ("eccentric", 3.0, 4.0),
        ("concentric", 4.2, 5.4),
    ]


def test_a_rep_from_the_floor_is_lowered_after_its_top(reps):
    import msgspec

    (rep,) = reps([])
    rep = msgspec.structs.replace(rep, bottom_s=2.8, top_pause_s=0.5)
    assert [(name, round(a, 2), round(b, 2)) for name, a, b in phases_of(rep)] == [
        ("concentric", 4.2, 5.4),
        ("eccentric", 5.9, 6.9),
    ]
    assert over_s(rep) == pytest.approx(6.9)


def test_sets_and_their_failed_attempts_stay_together(reps, ended, page):
    from hinge_imu.events import FailedEvent

    said = [*reps([], []), *reps([], number=2, first_s=40.0), ended(1), ended(2), FailedEvent(set=2, at_s=50.0)]
    first, second = page(said).sets
    assert (first.ended.set, len(first.reps), first.failed) == (1, 2, ())
    assert (second.ended.set, len(second.reps), len(second.failed)) == (2, 1, 1)


def test_a_rep_that_shows_a_fault_twice_is_one_rep(reps, fault):
    (todo,) = to_do(reps([fault(), fault("spine_rounding", 14.0, 10.0)]))
    assert todo.reps == 1
