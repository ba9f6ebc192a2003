import msgspec
import pytest

from hinge_imu.events import FailedEvent, SensorSummary, SessionEvent
from hinge_imu.profiles import Profile
from hinge_imu.report import sentences
from hinge_imu.words import words

EN = words("en")


def trend(slope, low, high):
    names = ("spine_flexion_peak_trend_deg", "spine_flexion_peak_trend_low_deg", "spine_flexion_peak_trend_high_deg")
    return dict(zip(names, (slope, low, high), strict=True))


def test_the_headline_says_what_was_done_how_the_back_held_and_what_comes_first(reps, fault, page):
    shown = page([*reps([], [fault()], peaks=[8, 35]), *reps([], number=2, first_s=30.0)])
    assert sentences.headline(shown, EN) == [
        "Romanian deadlift: 2 sets, 3 reps.",
        "The back held in 2 of 3 reps.",
        "Work on this first: Back rounds (1 rep).",
    ]


def test_where_nothing_went_wrong_nothing_is_to_be_worked_on(reps, page):
    assert sentences.headline(page(reps([], [])), EN)[1:] == [
        "The back held in every rep.",
        "Nothing went beyond its limit.",
    ]


def test_of_a_toe_touch_nobody_asks_whether_the_back_held(reps, page):
    said = " ".join(sentences.headline(page(reps([], exercise="toe_touch")), EN))
    assert "held" not in said


def test_a_session_without_reps_says_so_and_what_to_try(page):
    said = sentences.headline(page([]), EN)
    assert said[0] == "No reps in this recording."
    assert "stand still" in said[1]


@pytest.mark.parametrize(
    ("slope", "said"),
    [
        ((2.0, 1.0, 3.0), "rounded more, by 14°"),
        ((-2.0, -3.0, -1.0), "rounded less, by 14°"),
        ((1.0, 0.5, 1.5), "neither rounder nor straighter"),  # 7 deg over the set: no more than an error
        ((2.0, -0.5, 4.0), "neither rounder nor straighter"),  # the interval holds 0
    ],
)
def test_a_change_is_said_only_where_it_is_more_than_an_error(reps, ended, page, slope, said):
    (view,) = page([*reps(*[[]] * 8), ended(**trend(*slope))]).sets
    assert said in " ".join(sentences.of_the_set(view, EN))


def test_of_a_short_set_nobody_says_where_it_was_going(reps, ended, page):
    (view,) = page([*reps([], []), ended(reps=2)]).sets
    assert sentences.of_the_set(view, EN) == ["Too few reps to tell where the set was going: it takes five."]


def test_failed_attempts_and_the_tempo_kept_are_said(reps, ended, page):
    (view,) = page([*reps([], []), ended(tempo_kept_share=0.5), FailedEvent(set=1, at_s=20.0)]).sets
    said = sentences.of_the_set(view, EN)
    assert said[0].startswith("One attempt turned back")
    assert said[1] == "The tempo was kept in 50 % of the reps."


def test_a_sensor_that_was_not_worn_is_said_once(reps, page):
    shown = page(reps([], peaks=[None]), worn=("pelvis",), hidden=("thorax", "spine"))
    (said,) = sentences.missing(shown, EN)
    assert said.startswith("The sensor on the upper back was not worn")
    assert "The back was not measured." in sentences.headline(shown, EN)


def test_what_the_sensors_missed_is_said_for_each(reps, page):
    sensor = SensorSummary(samples=12_000, left_out=3, lost_s=0.5, events={"gap": 2})
    whole = SensorSummary(samples=12_000, left_out=0, lost_s=0.0, events={})
    session = SessionEvent(id="x", end_s=61, sets=1, reps=1, sensors={"pelvis": whole, "thorax": sensor}, bus={})
    assert sentences.missing(page([*reps([]), session]), EN) == [
        "The sensor on the upper back: samples missing (2x), 0.5 s without samples, 3 of 12000 samples left out."
    ]


def test_reps_whose_back_is_not_known_are_counted(reps, page):
    assert "Of 1 rep the back is not known" in sentences.missing(page(reps([], [], peaks=[8, None])), EN)[0]


def test_of_a_lift_whose_back_is_meant_to_round_that_is_said(reps, ended, page):
    (view,) = page([*reps([], exercise="toe_touch"), ended(reps=1)]).sets
    assert "the back is meant to round" in sentences.of_the_set(view, EN)[0]


def test_an_exercise_of_ones_own_goes_by_its_own_title(reps, page):
    own = Profile(name="reverse", title="Reverse hyper")
    assert sentences.done(page(reps([], [], exercise="reverse"), profile=own), EN) == "Reverse hyper: 1 set, 2 reps"


def test_where_spine_and_hips_parted_is_said_of_the_middle_of_those_reps(reps, ended, page):
    parted = [("late", 40.0), ("early", 20.0), ("late", 50.0), (None, None)]
    said = [
        msgspec.structs.replace(rep, divergence_part=part, divergence_pelvis_deg=pelvis)
        for rep, (part, pelvis) in zip(reps(*[[]] * 4), parted, strict=True)
    ]
    (view,) = page([*said, ended(reps=4)]).sets
    assert (
        sentences.of_the_set(view, EN)[0] == "Hips and back parted in 3 reps, mostly late, with the hips at about 40°."
    )
