"""Faults by their definitions, and where spine and hip part, on closed curves; limits are written out once more."""

import msgspec
import numpy as np
import pytest

from hinge_imu.profiles import Limits, built_in
from hinge_imu.reps.case import Case
from hinge_imu.reps.divergence import divergence
from hinge_imu.reps.faults import faults_of
from hinge_imu.reps.metrics import measure
from hinge_imu.reps.rep import Rep
from hinge_imu.reps.tempo import Prescription
from hinge_imu.reps.told import measures
from hinge_imu.reps.track import Trace

RATE = 200.0
T = np.arange(0, 12, 1 / RATE)
DOWN, UP = (3.0, 5.0), (5.5, 7.0)


def glide(start, stop):
    """From 0 to 1 with the least jerk (Flash and Hogan 1985)."""
    share = np.clip((T - start) / (stop - start), 0, 1)
    return share**3 * (10 - 15 * share + 6 * share**2)


def there_and_back(degrees, down=DOWN, up=UP):
    return degrees * (glide(*down) - glide(*up))


def held(degrees, start, stop):
    """So much for so long, with edges that the 6 Hz low-pass passes."""
    return degrees * (glide(start - 0.2, start) - glide(stop, stop + 0.2))


PELVIS = there_and_back(60.0)
SPINE = there_and_back(8.0)


def case(
    pelvis=PELVIS, spine=SPINE, exercise="hinge", *, tilt=0.0, turn=0.0, heave=0.0, shock_g=0.0, lost=None, **known
):
    """A rep of these inclinations (N,) deg, with a pelvis that tilts and turns (deg), sinks (m/s^2) or is hit (g)."""
    pelvis, spine = np.broadcast_to(pelvis, T.shape), np.broadcast_to(spine, T.shape)
    thorax = pelvis + spine
    aside = [np.broadcast_to(each, T.shape) for each in (heave, tilt, turn)]
    bottom = int(np.argmax(thorax))
    struck = shock_g * 9.80665 * np.exp(-(((T - T[bottom]) / 0.03) ** 2)) * np.cos(2 * np.pi * 40 * (T - T[bottom]))
    rows = np.stack([T, pelvis, thorax, spine, thorax, *aside, struck, 0 * T, 0 * T])
    if lost is not None:
        rows[np.ix_([1, 3], (lost[0] < T) & (lost[1] > T))] = np.nan  # the pelvis's board was away
    bend = measure(Trace.smoothed(rows, RATE), (0, bottom, len(T)))
    profile = built_in()[exercise]
    floor = profile.starts == "floor"
    rep = Rep(bend.pulled if floor else bend, known.pop("following", None), bent=floor)
    return Case(rep, known.pop("profile", profile), **known)


def told(*args, **known):
    return {fault.name: fault for fault in faults_of(case(*args, **known))}


def test_a_plain_hinge_has_none():
    assert told() == {}


def test_rounding_is_said_with_its_evidence():
    spine = there_and_back(32.0)
    fault = told(spine=spine)["spine_rounding"]
    assert fault.value == pytest.approx(32.0, abs=0.1)
    assert (fault.limit, fault.unit) == (25.0, "deg")
    assert fault.at_s == pytest.approx(T[np.argmax(spine > 25.0)], abs=0.02)


@pytest.mark.parametrize(
    ("exercise", "limit"),
    [("hinge", 25), ("rdl", 25), ("dowel", 25), ("kneeling", 25), ("deadlift", 45), ("swing", 35), ("toe_touch", 90)],
)
def test_each_lift_has_the_limit_that_coaches_are_told(exercise, limit):
    beyond, inside = (told(spine=there_and_back(limit + more), exercise=exercise) for more in (1.5, -1.5))
    assert "spine_rounding" in beyond
    assert "spine_rounding" not in inside


def test_a_spike_shorter_than_a_tenth_of_a_second_is_skin_or_strap():
    """Through the low-pass of 6 Hz, 40 deg of 60 ms leave 25 deg for less than 0.1 s."""
    short = 26.0 * ((T > 4.0) & (T < 4.07))
    assert "spine_rounding" not in told(spine=SPINE + short)
    assert "spine_rounding" in told(spine=SPINE + held(26.0, 4.0, 4.3))


def test_what_could_not_be_measured_is_no_fault():
    assert told(spine=there_and_back(40.0), lost=(2.0, 8.0)) == {}


def test_under_the_bar_a_back_may_not_become_rounder_than_it_was_set_up():
    """20 deg of set-up posture, and 14 more as the pull begins: 34 deg are less than a deadlift's 45."""
    spine = there_and_back(20.0) + held(14.0, 5.9, 6.3)
    fault = told(spine=spine, exercise="deadlift")["spine_rounding"]
    assert fault.value == pytest.approx(spine[(T > 5.9) & (T < 6.3)].max() - 20.0, abs=0.5)
    assert (fault.limit, fault.unit) == (10.0, "deg")
    assert "spine_rounding" not in told(spine=there_and_back(20.0) + held(6.0, 5.9, 6.3), exercise="deadlift")


def test_who_sets_up_arched_and_comes_up_straight_has_not_rounded():
    assert set(told(spine=there_and_back(-14.0), exercise="deadlift")) == {"spine_arching"}


def test_arching_is_one_while_the_trunk_leans():
    fault = told(spine=there_and_back(-15.0))["spine_arching"]
    assert fault.value == pytest.approx(-15.0, abs=0.1)
    assert (fault.limit, fault.unit) == (-10.0, "deg")
    assert "spine_arching" not in told(spine=there_and_back(-8.0))
    assert "spine_arching" not in told(spine=SPINE + held(-15.0, 3.45, 3.6)), "hardly leaning yet"
    assert "spine_arching" not in told(spine=there_and_back(-15.0), exercise="swing")


def test_a_pelvis_that_falls_back_before_the_bottom_has_tucked():
    """The spine takes over 12 deg in the last third of the descent, and the thorax goes on as it was."""
    tucks = 16.0 * (glide(4.3, 5.0) - glide(*UP))
    fault = told(pelvis=PELVIS - tucks, spine=SPINE + tucks)["butt_wink"]
    assert fault.value > 5.0
    assert 4.3 < fault.at_s < 5.1
    assert "butt_wink" not in told(pelvis=PELVIS - tucks / 6, spine=SPINE + tucks / 6)


def test_a_pelvis_that_stops_while_the_thorax_goes_on_has_tucked_too():
    """The thorax does its last 15 deg alone."""
    stopped = np.minimum(PELVIS, 45.0)
    assert told(pelvis=stopped, spine=SPINE + PELVIS - stopped)["butt_wink"].value == pytest.approx(10.0, abs=5.0)


def test_a_thorax_that_sets_off_first_is_said_with_how_much_sooner():
    """Both follow the same curve, the thorax a quarter of a second before the pelvis."""
    pelvis = 60.0 * (glide(3.25, 5.25) - glide(*UP))
    fault = told(pelvis=pelvis, spine=there_and_back(60.0) - pelvis)["spine_first"]
    assert fault.value == pytest.approx(0.25, abs=0.03)
    assert (fault.limit, fault.unit) == (0.10, "s")
    assert fault.at_s == pytest.approx(3.05, abs=0.1)
    late = 60.0 * (glide(2.75, 4.75) - glide(*UP))
    assert "spine_first" not in told(pelvis=late, spine=there_and_back(60.0) - late)


@pytest.mark.parametrize("lead_s", [-0.2, 0.0, 0.3])
def test_how_much_the_hips_lead_is_measured_of_standing_starts(lead_s):
    pelvis = 60.0 * (glide(3.0 - lead_s, 5.0 - lead_s) - glide(*UP))
    rep = case(pelvis=pelvis, spine=there_and_back(60.0) - pelvis)
    assert measures(rep)["onset_lag_s"] == pytest.approx(lead_s, abs=0.02)
    assert measures(case(exercise="deadlift"))["onset_lag_s"] is None


def test_who_does_not_come_up_all_the_way_is_told_by_how_much():
    fault = told(pelvis=PELVIS + 13.0 * glide(5.5, 7.0))["incomplete_lockout"]
    assert fault.value == pytest.approx(13.0, abs=0.3)
    assert fault.at_s == pytest.approx(7.0, abs=0.3)
    assert "incomplete_lockout" not in told(pelvis=PELVIS + 6.0 * glide(5.5, 7.0))


def test_before_what_follows_the_lockout_has_been_seen_nothing_is_said_of_it():
    assert told(pelvis=PELVIS + 13.0 * glide(5.5, 7.0), over=False) == {}


@pytest.mark.parametrize(
    ("pelvis", "spine", "limit"),
    [(0.0, -13.0, -5.0), (-12.0, 0.0, -8.0)],
    ids=["over an arched spine", "hips pushed through"],
)
def test_who_leans_back_at_the_top_is_told_by_how_much(pelvis, spine, limit):
    fault = told(PELVIS + pelvis * glide(5.5, 7.0), SPINE + spine * glide(5.5, 7.0))["overextended_lockout"]
    assert fault.value == pytest.approx(pelvis + spine, abs=0.3)
    assert (fault.limit, fault.unit) == (limit, "deg")


def test_a_thorax_that_leans_back_with_the_pelvis_forward_is_neither():
    assert told(PELVIS + 3.0 * glide(5.5, 7.0), SPINE - 7.0 * glide(5.5, 7.0)) == {}


def test_a_lowering_of_half_a_second_is_uncontrolled():
    down, up = (3.0, 3.6), (5.5, 7.0)
    fault = told(there_and_back(50.0, down, up), there_and_back(6.0, down, up))["uncontrolled_lowering"]
    assert (fault.value, fault.limit, fault.unit) == (pytest.approx(0.6 * 0.827, abs=0.03), 0.7, "s")
    assert fault.at_s == pytest.approx(3.6, abs=0.1)


def test_so_is_one_that_falls_in_between():
    """90 deg, of which 60 in a third of a second; a minimum-jerk movement peaks at 1.875 of its mean rate."""
    fall = 40.0 * glide(3.0, 5.0) + 60.0 * glide(3.8, 4.25) - 100.0 * glide(*UP)
    fault = told(pelvis=0.9 * fall, spine=0.1 * fall)["uncontrolled_lowering"]
    assert fault.unit == "deg/s"
    assert fault.value == pytest.approx(60 / 0.45 * 1.875 + 40 / 2 * 1.875, rel=0.1)
    assert 3.8 < fault.at_s < 4.1


@pytest.mark.parametrize(
    ("shock_g", "up_s", "said"), [(1.6, 3.85, True), (0.4, 3.85, False), (1.6, 4.6, False)], ids=str
)
def test_a_blow_at_a_quick_reversal_is_a_bounce_and_after_a_rest_it_is_none(shock_g, up_s, said):
    down, up = (3.0, 4.0), (up_s, up_s + 1.2)
    pelvis, spine = there_and_back(60.0, down, up), there_and_back(6.0, down, up)
    found = told(pelvis, spine, shock_g=shock_g)
    assert ("bounce" in found) is said
    if said:
        assert found["bounce"].value > 0.8
        assert found["bounce"].unit == "g"


@pytest.mark.parametrize(("usual", "share"), [(90.0, None), (110.0, 61.8)])
def test_less_than_seven_tenths_of_what_is_usual_is_a_partial_rep(usual, share):
    fault = told(usual_deg=usual).get("partial_rep")
    if share is None:
        assert fault is None
    else:
        assert (fault.limit, fault.unit) == (70.0, "%")
        assert fault.value == pytest.approx(share, abs=0.5)


def test_while_it_is_not_known_what_is_usual_no_rep_is_partial():
    assert "partial_rep" not in told(usual_deg=None)


def test_of_several_digits_the_one_that_is_furthest_off_for_what_it_may_be_is_said():
    """1.65 s down, 0.8 s at the bottom, 1.24 s up: the shares of a minimum-jerk movement that an observer sees."""
    fault = told(prescription=Prescription.parse("1.6-0.2-2.4-0"))["off_tempo"]
    assert (fault.limit, fault.unit) == (2.4, "s")
    assert fault.value == pytest.approx(1.5 * 0.827, abs=0.05)
    assert fault.at_s == pytest.approx(6.9, abs=0.1)


@pytest.mark.parametrize("tempo", ["1.6-0.8-1.2", "1.6-0.8-X"])
def test_who_keeps_the_tempo_is_not_told_off(tempo):
    assert told(prescription=Prescription.parse(tempo)) == {}


@pytest.mark.parametrize(("aside", "said"), [(20.0, True), (12.0, False)])
@pytest.mark.parametrize("way", ["tilt", "turn"])
def test_a_pelvis_that_tips_or_turns_is_not_square(way, aside, said):
    for sign in (-1, 1):
        found = told(**{way: sign * there_and_back(aside)})
        assert ("not_square" in found) is said
        if said:
            assert found["not_square"].value == pytest.approx(aside, abs=0.2)


def test_who_has_turned_before_the_rep_faces_another_way_and_is_square():
    assert told(turn=40.0 + there_and_back(5.0)) == {}


def test_who_goes_down_at_once_to_park_the_bell_has_locked_out():
    assert told(PELVIS + there_and_back(55.0, (6.9, 7.6), (9.0, 10.0)), exercise="swing") == {}


def test_a_turn_is_seen_from_where_the_bend_before_had_shown_forward():
    turn = np.where(T[np.argmax(PELVIS > 1.0)] > T, np.nan, there_and_back(20.0))
    assert told(turn=turn)["not_square"].value == pytest.approx(20.0, abs=1.0)


@pytest.mark.parametrize(("sinks_m", "said"), [(0.4, True), (0.1, False)])
def test_hips_that_sink_under_a_trunk_that_hardly_leans_squat(sinks_m, said):
    height = -sinks_m * (glide(*DOWN) - glide(*UP))
    heave = np.gradient(np.gradient(height, T), T)
    found = told(there_and_back(35.0), there_and_back(6.0), heave=heave)
    assert ("squat_pattern" in found) is said
    if said:
        assert found["squat_pattern"].value == pytest.approx(100 * sinks_m, abs=3.0)
        assert "squat_pattern" not in told(there_and_back(35.0), there_and_back(6.0), "kneeling", heave=heave)


def test_limits_are_the_lifts_own_and_may_be_changed():
    strict = msgspec.structs.replace(built_in()["hinge"], limits=Limits(spine_rounding_deg=5.0))
    assert set(told(profile=strict)) == {"spine_rounding"}


def test_what_a_lift_cannot_have_is_not_looked_for():
    free = msgspec.structs.replace(built_in()["hinge"], never=frozenset({"spine_rounding"}))
    assert told(spine=there_and_back(40.0), profile=free) == {}


def test_the_further_beyond_its_limit_the_surer_a_fault_is():
    faults = [told(spine=there_and_back(25.0 + beyond))["spine_rounding"] for beyond in (0.3, 1.5, 6.0)]
    confidences = [fault.confidence for fault in faults]
    assert confidences == sorted(confidences)
    assert confidences[0] == pytest.approx(0.58, abs=0.03), "0.2 standard errors of 1.5 deg"
    assert confidences[-1] > 0.999


def parted(spine, exercise="hinge", own_deg=None):
    return divergence(case(spine=spine, exercise=exercise), own_deg)


def test_a_back_that_keeps_its_shape_does_not_part():
    assert parted(there_and_back(8.0)).get("divergence_at_s") is None


@pytest.mark.parametrize(("from_s", "to_s", "part"), [(3.0, 3.8, "early"), (3.7, 4.3, "middle"), (4.4, 5.0, "late")])
def test_it_is_said_in_which_third_of_the_way_down_a_back_gives_way(from_s, to_s, part):
    spine = 25.0 * (glide(from_s, to_s) - glide(*UP))
    found = parted(spine)
    at_s = T[np.argmax(spine > 10.0)]
    assert found["divergence_part"] == part
    assert found["divergence_at_s"] == pytest.approx(at_s, abs=0.02)
    assert found["divergence_pelvis_deg"] == pytest.approx(60.0 * glide(*DOWN)[np.argmax(spine > 10.0)], abs=0.5)
    assert found["divergence_lasting_s"] == pytest.approx(np.mean(spine > 10.0) * T[-1], abs=0.05)


def test_from_the_floor_it_is_against_the_set_up_and_in_thirds_of_the_way_up():
    spine = there_and_back(25.0) + 24.0 * (glide(5.7, 6.1) - glide(6.3, 6.8))
    found = parted(spine, "deadlift")
    assert found["spine_set_up_deg"] == pytest.approx(25.0, abs=0.2)
    assert found["spine_above_set_up_deg"] == pytest.approx(spine[T > 5.5].max() - 25.0, abs=0.3)
    assert 5.7 < found["divergence_at_s"] < 6.2
    assert found["divergence_part"] == "early"


def test_a_share_of_the_own_range_is_told_where_that_is_known():
    assert parted(there_and_back(24.0), own_deg=60.0)["spine_range_share"] == pytest.approx(0.4, abs=0.002)
    assert parted(there_and_back(24.0))["spine_range_share"] is None
