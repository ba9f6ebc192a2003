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
