import numpy as np
import pytest

from hinge_imu.profiles import built_in
from hinge_imu.reps.case import Case
from hinge_imu.reps.metrics import measure
from hinge_imu.reps.rep import Rep
from hinge_imu.reps.told import fields
from hinge_imu.reps.track import Trace
from hinge_imu.simulate import performance
from hinge_imu.simulate.performance import Manner
from hinge_imu.simulate.sets import floor_set, standing_set

RATE = 100.0


@pytest.fixture(scope="module")
def rows(lifting, hinge, rows_of):
    return rows_of(lifting(hinge(64.0, 12.0, (2.0, 0.5, 1.2, 1.0))))


def measured(rows):
    window = 0, int(np.argmax(rows[4])), rows.shape[1]
    return measure(Trace.smoothed(rows, RATE), window)


class Said:
    """What the event of a rep that is this bend would say."""

    def __init__(self, bend):
        vars(self).update(fields(Case(Rep(bend, None, bent=False), built_in()["hinge"])))


def said(rows):
    return Said(measured(rows))


def test_a_rep_is_timed_as_it_was_planned(rows):
    rep = measured(rows)
    assert rep.eccentric.duration == pytest.approx(2.0, abs=0.03)
    assert rep.pause_s == pytest.approx(0.5, abs=0.03)
    assert rep.concentric.duration == pytest.approx(1.2, abs=0.03)


def test_its_angles_are_those_of_the_plan(rows):
    rep = said(rows)
    assert rep.thorax_rom_deg == pytest.approx(64.0, abs=0.6)
    assert rep.pelvis_rom_deg == pytest.approx(64.0 - 12.0, abs=0.6)
    assert rep.spine_flexion_peak_deg == pytest.approx(12.0, abs=0.3)
    assert rep.spine_share == pytest.approx(12.0 / 64.0, abs=0.005)


def test_what_was_lost_in_the_middle_of_a_rep_is_not_measured_and_the_rest_is(rows):
    holed = rows.copy()
    holed[[1, 3], 300:320] = np.nan
    rep, whole = said(holed), said(rows)
    assert (rep.pelvis_rom_deg, rep.spine_flexion_peak_deg) == (None, None)
    assert rep.faults == ()
    assert rep.thorax_rom_deg == whole.thorax_rom_deg
    assert rep.eccentric_s == whole.eccentric_s


def test_a_hole_anywhere_in_a_rep_hides_all_of_its_spine(rows):
    """At the bottom the spine is seen; that it was not more at another moment is not known."""
    holed = rows.copy()
    holed[[1, 3], 250:260] = np.nan
    rep = said(holed)
    assert int(np.argmax(rows[4])) > 300
    assert (rep.spine_flexion_peak_deg, rep.spine_share) == (None, None)


def test_a_hole_at_the_very_edge_of_a_rep_hides_where_its_range_begins(rows):
    whole = measured(rows)
    start = round(whole.eccentric.start * RATE)
    holed = rows.copy()
    holed[1, start - 6 : start - 3] = np.nan
    assert said(holed).pelvis_rom_deg is None
    assert said(holed).thorax_rom_deg == said(rows).thorax_rom_deg


def test_the_way_up_is_timed_by_a_thorax_that_was_seen_all_the_way_whoever_led(rows):
    holed = rows.copy()
    down = slice(0, int(np.argmax(rows[4])) - 10)
    holed[[2, 3], down] = np.nan
    holed[4] = rows[1]
    rep, whole = measured(holed), measured(rows)
    assert rep.concentric == pytest.approx(whole.concentric, abs=0.01)


def held(rows, start, stop):
    """Nothing is seen from sample to sample, and the lead stays where it was."""
    blind = rows.copy()
    blind[1:4, start:stop] = np.nan
    blind[4, start:stop] = rows[4, start - 1]
    return blind


@pytest.mark.parametrize("after", [0, 30, 100])
def test_the_bottom_of_a_rep_is_never_where_nothing_was_seen(rows, after):
    bottom = int(np.argmax(rows[4]))
    rep = measured(held(rows, bottom - 20, bottom + after))
    assert not bottom - 20 <= round(rep.bottom_s * RATE) < bottom + after
    assert (rep.eccentric_seen and rep.concentric_seen) is False


def test_who_is_seen_again_in_the_middle_of_the_way_down_has_no_time_for_it(rows):
    """Both chips come back at twenty degrees, from a hole that began while the wearer still leant at twenty-five."""
    found = int(np.argmax(rows[4] > 20))
    blind = held(rows, found - 80, found)
    blind[4, found - 80 : found] = 25.0
    rep = measured(blind)
    assert not rep.eccentric_seen
    assert rep.concentric_seen
    assert (Said(rep).pelvis_rom_deg, Said(rep).thorax_rom_deg) == (None, None)


def test_a_rep_goes_at_least_as_far_down_as_its_thorax_was_seen_to_go(rows):
    """Whatever the pelvis makes of it, that leads while the thorax is away for a moment."""
    holed = rows.copy()
    holed[[2, 3], 250:260] = np.nan
    holed[4] = 0.5 * rows[1]
    assert measured(holed).descent_deg == pytest.approx(64.0, abs=1.0)


def test_a_hole_outside_the_rep_costs_nothing(rows):
    holed = rows.copy()
    holed[[1, 3], :30] = np.nan
    assert said(holed).pelvis_rom_deg == pytest.approx(said(rows).pelvis_rom_deg, abs=1e-6)


def test_smoothing_leaves_holes_where_they_were(rows):
    holed = rows.copy()
    holed[1, 100:150] = np.nan
    holed[3] = np.nan
    trace = Trace.smoothed(holed, RATE)
    assert np.array_equal(np.isnan(trace.pelvis), np.isnan(holed[1]))
    assert np.isnan(trace.spine).all()
    assert np.isfinite(trace.thorax).all()


def test_who_did_not_move_did_no_rep(rows):
    shifting = rows.copy()
    shifting[1:] *= 0.01
    assert measured(shifting) is None


@pytest.mark.parametrize("seed", range(3))
def test_how_far_the_hips_sank_is_the_fall_of_the_pelvis_below_where_it_stood(staged, rows_of, seed):
    """Over bent knees, or hips that only go back: the truth is the lifter's own height."""
    for thigh in (0.0, 45.0):
        plan = performance.Rep(60.0, 8.0, 1.6, 0.5, 1.2, 1.0, Manner(thigh_deg=thigh, shank_deg=thigh / 3))
        lifter = staged(lambda stage, plan=plan: standing_set(stage, [plan], 1), seed=seed)
        bend = measured(rows_of(lifter))
        height = lifter.position(0, np.array([bend.eccentric.start, bend.bottom_s]))[:, 1]
        assert bend.sunk_m == pytest.approx(height[0] - height[1], abs=0.03)


def test_how_far_it_went_aside_is_the_more_of_tilt_and_turn(rows):
    aside = rows.copy()
    bottom = int(np.argmax(rows[4]))
    aside[6, bottom] = -7.0
    aside[7, bottom:] += 12.0
    assert measured(rows).aside_deg == pytest.approx(0.0, abs=1.5)
    assert measured(aside).aside_deg == pytest.approx(12.0, abs=1.5)
    aside[7] = np.nan
    assert measured(aside).aside_deg == 0.0, "not known"


def test_how_long_it_stayed_is_counted_near_the_bottom_and_below_half_the_way(rows):
    stayed = np.insert(rows, [int(np.argmax(rows[4]))] * 300, rows[:, [int(np.argmax(rows[4]))]], axis=1)
    stayed[0] = np.arange(stayed.shape[1]) / RATE
    longer, plain = measured(stayed), measured(rows)
    assert longer.dwell_s - plain.dwell_s == pytest.approx(3.0, abs=0.05)
    assert longer.down_s - plain.down_s == pytest.approx(3.0, abs=0.05)
    assert plain.dwell_s < plain.down_s


def test_who_stands_after_it_stands_as_in_its_first_six_tenths(rows):
    stooped = rows.copy()
    end = round(measured(rows).concentric.end * RATE)
    stooped[1, end - 20 : end + 90] += 5.0
    stooped[1, end + 90 :] -= 40.0
    assert measured(stooped).top[0] == pytest.approx(5.0, abs=1.0)


def test_one_smooth_movement_each_way_is_direct_and_shaking_is_not(rows):
    shaken = rows.copy()
    shaken[4] += 12 * np.sin(2 * np.pi * 3 * rows[0])
    assert measured(rows).directness > 0.95
    assert measured(shaken).directness < 0.4


def test_a_pull_begins_anew_where_somebody_has_tried_before(staged, rows_of):
    """Up a third of the way, down again and rested: the bend has its bottom, and its way up, after that."""
    attempt = performance.Rep(65.0, 25.0, 1.5, 1.2, 1.4, 0.9, Manner(attempt=0.4))
    lifter = staged(lambda stage: floor_set(stage, [attempt], 1, "dropped"), seed=3)
    rows = rows_of(lifter)
    [mark], [tried] = lifter.script.reps, [d for d in lifter.script.distractors if d.kind == "failed_rep"]
    rows = rows[:, rows[0] > tried.start_s - 7.0]
    whole = measured(rows)
    anew = whole.pulled
    assert tried.stop_s < anew.bottom_s <= anew.concentric.start < mark.up[0] + 0.3
    assert anew.concentric.end == pytest.approx(whole.concentric.end, abs=1e-6)
    assert tried.start_s < anew.tries_s[0] < tried.stop_s
