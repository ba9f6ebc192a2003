import numpy as np
import pytest

from hinge_imu.reps.exercises import profile
from hinge_imu.reps.metrics import Trace, measure, tempo

RATE = 100.0


def rows_of(lifter):
    t = np.arange(0, lifter.timetable.duration_s, 1 / RATE)
    pelvis, thorax = lifter.inclinations(t)
    return np.stack([t, pelvis, thorax, thorax - pelvis, thorax])


@pytest.fixture(scope="module")
def rows(lifting, hinge):
    return rows_of(lifting(hinge(64.0, 12.0, (2.0, 0.5, 1.2, 1.0))))


def measured(rows):
    window = 0, int(np.argmax(rows[4])), rows.shape[1]
    return measure(Trace.smoothed(rows, RATE), window, profile("hinge"))


def test_a_rep_is_timed_as_it_was_planned(rows):
    rep = measured(rows)
    assert rep.eccentric.duration == pytest.approx(2.0, abs=0.03)
    assert rep.bottom_pause_s == pytest.approx(0.5, abs=0.03)
    assert rep.concentric.duration == pytest.approx(1.2, abs=0.03)


def test_its_angles_are_those_of_the_plan(rows):
    rep = measured(rows)
    assert rep.thorax_rom_deg == pytest.approx(64.0, abs=0.6)
    assert rep.pelvis_rom_deg == pytest.approx(64.0 - 12.0, abs=0.6)
    assert rep.spine_flexion_peak_deg == pytest.approx(12.0, abs=0.3)
    assert rep.spine_share == pytest.approx(12.0 / 64.0, abs=0.005)


def test_what_was_lost_in_the_middle_of_a_rep_is_not_measured_and_the_rest_is(rows):
    holed = rows.copy()
    holed[[1, 3], 300:320] = np.nan
    rep, whole = measured(holed), measured(rows)
    assert (rep.pelvis_rom_deg, rep.spine_flexion_peak_deg) == (None, None)
    assert rep.faults == ()
    assert rep.thorax_rom_deg == whole.thorax_rom_deg
    assert rep.eccentric == whole.eccentric


def test_a_hole_anywhere_in_a_rep_hides_all_of_its_spine(rows):
    """At the bottom the spine is seen; that it was not more at another moment is not known."""
    holed = rows.copy()
    holed[[1, 3], 250:260] = np.nan
    rep = measured(holed)
    assert int(np.argmax(rows[4])) > 300
    assert (rep.spine_flexion_peak_deg, rep.spine_share) == (None, None)


def test_a_hole_at_the_very_edge_of_a_rep_hides_where_its_range_begins(rows):
    whole = measured(rows)
    start = round(whole.eccentric.start * RATE)
    holed = rows.copy()
    holed[1, start - 6 : start - 3] = np.nan
    assert measured(holed).pelvis_rom_deg is None
    assert measured(holed).thorax_rom_deg == whole.thorax_rom_deg


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
    assert (rep.pelvis_rom_deg, rep.thorax_rom_deg) == (None, None)


def test_a_rep_goes_at_least_as_far_down_as_its_thorax_was_seen_to_go(rows):
    """Whatever the pelvis makes of it, that leads while the thorax is away for a moment."""
    holed = rows.copy()
    holed[[2, 3], 250:260] = np.nan
    holed[4] = 0.5 * rows[1]
    assert measured(holed).descent_deg == pytest.approx(64.0, abs=1.0)


def test_a_hole_outside_the_rep_costs_nothing(rows):
    holed = rows.copy()
    holed[[1, 3], :30] = np.nan
    assert measured(holed).pelvis_rom_deg == pytest.approx(measured(rows).pelvis_rom_deg, abs=1e-6)


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


def test_tempo_is_written_with_a_tenth_of_a_second_and_a_question_mark_for_what_is_not_known():
    assert tempo(2.41, 0.3, 1.219, 0.9) == "2.4-0.3-1.2-0.9"
    assert tempo(2.41, 0.3, 1.219, None) == "2.4-0.3-1.2-?"
