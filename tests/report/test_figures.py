from typing import get_args

import msgspec
import numpy as np
import plotly.graph_objects as go
import pytest

from hinge_imu.events import FaultName
from hinge_imu.report import figures, per_rep
from hinge_imu.report.posture import posture
from hinge_imu.words import MARKS, words

NO_TEMPO, ASKED = (None,) * 4, ((1.0, 0.3), (0.0, 0.3), None, None)
EN = words("en")


def pictures(view, asked=NO_TEMPO):
    drawn = (figures.traces, figures.dowel, figures.coupling, per_rep.trend, posture)
    return [draw(view, EN) for draw in drawn] + [per_rep.tempo(view, asked, EN)]


def plain(figure):
    """Return the figure as the page gets it, with a colour for every name."""
    text = msgspec.json.encode(figure).decode()
    for name in ("good", "fault", "quiet", "ink", "band", "down", "up", "faint", "paper"):
        text = text.replace(f'"--{name}"', '"#123456"')
    return msgspec.json.decode(text)


@pytest.fixture
def view(reps, fault, ended, page):
    trend = {f"spine_flexion_peak_trend{part}_deg": slope for part, slope in (("_low", 1.0), ("", 2.0), ("_high", 3.0))}
    faults = [[], [fault()], [fault("off_tempo", 2, 1, "s"), fault("bounce", 1.1, 0.8, "g")], [], [fault()]]
    (shown,) = page([*reps(*faults, peaks=[8, 35, 9, 10, 31]), ended(reps=5, **trend)]).sets
    return shown


def test_plotly_takes_every_picture(view):
    for figure in pictures(view, ASKED):
        go.Figure(plain(figure))


@pytest.mark.parametrize("hidden", [("pelvis", "spine"), ("thorax", "spine"), ("pelvis", "thorax", "spine")])
def test_plotly_takes_what_is_left_when_a_sensor_is_missing(reps, fault, page, hidden):
    (view,) = page(reps([fault("bounce", 1.1, 0.8, "g")], [], peaks=[None, None]), hidden=hidden).sets
    for figure in pictures(view):
        go.Figure(plain(figure))


def test_a_single_rep_is_the_best_and_there_is_no_other(reps, page):
    (view,) = page(reps([])).sets
    assert [line["name"] for line in figures.dowel(view, EN)["data"]] == ["best: rep 1"]


def test_every_fault_has_a_mark_of_its_own():
    assert set(MARKS) == set(get_args(FaultName))
    assert len(set(MARKS.values())) == len(MARKS)


def test_faults_are_marked_where_they_began_with_what_they_were(view):
    marks = {each["name"]: each for each in figures.traces(view, EN)["data"] if each.get("mode") == "text"}
    rounding = marks[f"{MARKS['spine_rounding']} Back rounds"]
    assert rounding["x"] == [9.0, 24.0]
    assert rounding["hovertext"][0] == "rep 2: rounds 35° (max 25°)"
    assert rounding["yaxis"] == "y2"
    assert marks[f"{MARKS['bounce']} Bounces at the bottom"]["yaxis"] == "y"


def test_a_digit_off_the_tempo_is_told_by_stripes_as_well_as_by_colour(view):
    down = per_rep.tempo(view, ((2.0, 0.4), None, None, None), EN)["data"][0]
    assert down["marker"]["pattern"]["shape"] == ["/"] * 5
    assert set(down["marker"]["color"]) == {"--fault"}
    kept = per_rep.tempo(view, ((1.2, 0.3), None, None, None), EN)["data"][0]
    assert kept["marker"]["pattern"]["shape"] == [""] * 5


def test_the_trend_goes_through_the_middle_of_the_reps_and_rises_by_its_slope(view):
    fan, line, _ = per_rep.trend(view, EN)["data"]
    assert line["x"] == [1, 5]
    assert line["y"] == pytest.approx([10 - 2 * 2, 10 + 2 * 2])  # the median peak is 10, the median rep the third
    assert min(fan["y"]) == pytest.approx(10 - 3 * 2)


def test_an_upright_straight_back_is_drawn_upright_and_straight(reps, page):
    shown = page(reps([])).sets[0]
    shape = shown.shapes[0]._replace(bottom=(0.0, 0.0))
    *_, back = posture(shown._replace(shapes=(shape,)), EN)["data"]
    assert back["x"] == [0.0] * len(back["x"])
    assert np.all(np.diff(back["y"]) > 0)


def test_a_round_back_leaves_the_stick_and_an_arched_one_crosses_it(reps, page):
    def gap(pelvis, thorax):
        shown = page(reps([])).sets[0]
        shape = shown.shapes[0]._replace(bottom=(pelvis, thorax))
        *_, stick, back = posture(shown._replace(shapes=(shape,)), EN)["data"]
        start, end = (np.array([stick["x"][i], stick["y"][i]]) for i in (0, 1))
        along = (end - start) / np.linalg.norm(end - start)
        neck = np.array([back["x"][-1], back["y"][-1]]) - start
        return along[1] * neck[0] - along[0] * neck[1]  # how far in front of the stick

    straight = gap(50.0, 50.0)
    assert straight == pytest.approx(0.035, abs=0.002)
    assert gap(50.0, 85.0) > straight + 0.1
    assert gap(50.0, 30.0) < 0
