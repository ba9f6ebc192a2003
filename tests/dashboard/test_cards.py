"""A strap's card, as HTML."""

import re
from html.parser import HTMLParser

import msgspec
import pytest

from hinge_imu.app.coaching import kept
from hinge_imu.dashboard.pages import cards
from hinge_imu.dashboard.strap import Strap
from hinge_imu.events import Fault, RepEvent, SensorEvent, SetEvent
from hinge_imu.words import MARKS, words

HOSTILE = "<img src=x onerror=alert(1)>\"'&"
ROUND = Fault(name="spine_rounding", value=33.0, limit=25.0, unit="deg", at_s=3.0, confidence=0.9)


def rep(number=1, **fields):
    times = {"said_s": 9.0, "start_s": 2.0 + number, "bottom_s": 4.0, "end_s": 6.0}
    digits = {"eccentric_s": 3.1, "bottom_pause_s": 1.0, "concentric_s": 1.8, "top_pause_s": None}
    angles = {"pelvis_rom_deg": 60.0, "thorax_rom_deg": 70.0, "spine_flexion_peak_deg": 9.0, "spine_share": 0.1}
    about = {"id": f"r{number}", "revision": 1, "set": 1, "rep": number, "exercise": "rdl", "status": "confirmed"}
    return RepEvent(**{**about, **times, **digits, **angles, "tempo": "3.1-1.0-1.8", "faults": (), **fields})


def lifting(*reps, **fields):
    return Strap(
        "gym", "strap1", status="online", athlete="Sam", set=1, seen=100.0, reps={r.id: r for r in reps}, **fields
    )


def text(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


@pytest.fixture(params=["en", "de"])
def table(request):
    return words(request.param)


class Elements(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_whatever_a_name_is_made_of_it_is_shown_and_does_nothing(table):
    strap = lifting(rep(), asked=HOSTILE, exercise=HOSTILE)
    strap.athlete = strap.name = HOSTILE
    strap.ended = SetEvent(id="s", set=1, exercise=HOSTILE, reps=1, start_s=1.0, end_s=2.0)
    html = cards.who(strap, table) + cards.said(strap, table, kept) + cards.after(strap, table)
    found = Elements(html).found
    assert "img" not in {tag for tag, _ in found}
    assert not [name for _, attributes in found for name in attributes if name.startswith("on")]
    assert "&lt;img" in html


def test_a_digit_that_is_off_the_asked_tempo_is_marked_and_the_others_are_not(table):
    html = cards.digits(rep(), "3-1-1-0", table, kept)
    off = re.findall(r'class="off"[^>]*><i>[^<]*</i>([^<]*)', html)
    assert off == ["1,8" if table.language == "de" else "1.8"]


def test_a_swing_has_no_tempo_to_keep():
    assert "off" not in cards.digits(rep(exercise="swing"), "3-1-1-0", words(), kept)


def test_what_stands_there_as_a_tempo_and_is_none_costs_nothing():
    assert "off" not in cards.digits(rep(), "slowly, please", words(), kept)


def test_a_fault_is_told_in_words_and_by_a_shape_not_by_colour_alone(table):
    strap = lifting(rep(1), rep(2, faults=(ROUND,)))
    html = cards.said(strap, table, kept) + cards.after(strap, table)
    assert table.said(ROUND) in text(html)
    assert MARKS["spine_rounding"] in html
    assert "faulty" in cards.classes(strap, 100.0)


def test_after_the_set_the_commonest_fault_is_what_to_say(table):
    fast = msgspec.structs.replace(ROUND, name="uncontrolled_lowering", unit="s")
    strap = lifting(rep(1, faults=(ROUND,)), rep(2, faults=(fast, ROUND)), rep(3))
    assert table.faults["spine_rounding"].coach not in text(cards.after(strap, table))
    strap.ended = SetEvent(id="s", set=1, exercise="rdl", reps=3, start_s=1.0, end_s=2.0)
    assert table.faults["spine_rounding"].cue in text(cards.after(strap, table))


def test_on_a_screen_for_everyone_nobody_s_pain_is_shown(table):
    strap = lifting(rep(), pain=True)
    assert table.dashboard["pain"] in cards.after(strap, table)
    assert table.dashboard["pain"] not in cards.after(strap, table, public=True)
    assert "pain" not in cards.classes(strap, 100.0, public=True)


def test_a_sensor_that_is_lost_is_named(table):
    strap = lifting(rep())
    strap.broken["thorax"] = SensorEvent(segment="thorax", what="lost", at_s=1.0)
    assert table.dashboard["sensor_thorax"] in text(cards.after(strap, table))


@pytest.mark.parametrize(
    ("status", "seen", "over", "expected"),
    [
        ("online", 99.0, False, "resting"),
        ("online", 95.9, False, "silent"),
        ("online", 80.0, True, "ready"),
        ("lost", 99.0, False, "lost"),
        ("offline", 99.0, True, "away"),
    ],
)
def test_how_a_strap_is_stands_in_one_word(status, seen, over, expected):
    strap = lifting(rep())
    strap.status, strap.seen, strap.over = status, seen, over
    assert cards.state(strap, 100.0) == expected


def test_the_needle_s_limits_are_those_of_the_exercise():
    rdl, deadlift = lifting(rep()), lifting(rep(exercise="deadlift"))
    assert (rdl.limits.spine_rounding_deg, deadlift.limits.spine_rounding_deg) == (25.0, 45.0)
