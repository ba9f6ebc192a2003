import plotly.graph_objects as go
import pytest

from hinge_imu.report.progress import Lift, Overview, change, index_page, over_days, overview
from hinge_imu.words import words

EN = words("en")


def session(day, rounding=10.0, athlete="sam", name="rdl"):
    lift = Lift(name=name, title="", sets=1, reps=8, rounding_deg=rounding, measured=8, held=6)
    return Overview(athlete, f"2026-03-{day:02}T10:00:00+00:00", (lift,), f"day{day}.html")


def test_sessions_stand_in_the_order_of_their_days(reps):
    text = "".join(index_page([session(20), session(3), session(11)], EN))
    places = [text.index(f'href="day{day}.html"') for day in (3, 11, 20)]
    assert places == sorted(places)


def test_each_athlete_is_compared_with_nobody_else():
    text = "".join(index_page([session(1), session(2, athlete="kim"), session(3, athlete="kim")], EN))
    assert "kim: Romanian deadlift" in text
    assert "sam: Romanian deadlift" not in text  # one session is no progress


def test_a_lift_is_compared_only_with_itself():
    assert "sam: " not in "".join(index_page([session(1), session(2, name="swing")], EN))


@pytest.mark.parametrize(
    ("last", "said"), [(24.0, "no change"), (26.0, "rounds more, by 16°"), (-6.0, "rounds less, by 16°")]
)
def test_a_change_between_days_is_said_only_beyond_what_two_days_differ_by_anyway(last, said):
    assert said in change([("2026-03-01", 10.0), ("2026-03-08", last)], EN)


def test_the_band_lies_around_the_first_session():
    figure = over_days([("2026-03-01", 10.0), ("2026-03-08", 18.0)], EN)
    (band,) = figure["layout"]["shapes"]
    assert (band["y0"], band["y1"]) == (-5.0, 25.0)
    band["fillcolor"] = figure["data"][0]["line"]["color"] = "#123456"
    figure["data"][0]["marker"] = {}
    go.Figure(figure)


def test_a_session_in_a_line_has_the_middle_rep_of_each_lift(reps, page):
    said = [*reps([], [], [], peaks=[4, 30, 8]), *reps([], number=2, first_s=40.0, peaks=[12], exercise="hinge")]
    lifts = overview(page(said)).lifts
    assert [(lift.name, lift.sets, lift.reps, lift.rounding_deg) for lift in lifts] == [
        ("rdl", 1, 3, 8.0),
        ("hinge", 1, 1, 12.0),
    ]
