import re
from html.parser import HTMLParser

import pytest
from plotly.offline import get_plotlyjs

from hinge_imu.report.html import needs_plotly, session_page
from hinge_imu.words import languages, words


class Parsed(HTMLParser):
    """What a page fetches, says, and whether its tags close."""

    VOID = frozenset({"meta", "link", "br"})

    def __init__(self, text):
        super().__init__()
        self.fetched, self.said, self.open, self.ids = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.fetched += [attrs[name] for name in ("src", "href", "srcset", "action") if name in attrs]
        self.ids += [attrs["id"]] if "id" in attrs else []
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "script"} & set(self.open[-1:]):
            self.said.append(data)


def parsed(page, language="en"):
    return Parsed("".join(session_page(page, words(language))))


@pytest.fixture
def shown(reps, fault, ended, page):
    faults = [[], [fault()], [fault("off_tempo", 2, 1, "s")], [], []]
    return page(
        [*reps(*faults, peaks=[8, 35, 9, 10, 11]), ended(reps=5)], ((1.0, 0.3), None, None, None), tempo="1-0-1"
    )


@pytest.mark.parametrize("language", languages())
def test_a_page_has_nothing_to_fetch(shown, language):
    assert {link for link in parsed(shown, language).fetched if not link.startswith(("#", "data:,"))} == set()


def test_every_tag_is_closed_and_every_name_given_once(shown):
    page = parsed(shown)
    assert page.open == []
    assert len(page.ids) == len(set(page.ids)) > 6


def test_links_lead_to_their_sets(shown):
    page = parsed(shown)
    assert {link[1:] for link in page.fetched if link.startswith("#")} <= set(page.ids)


def test_faults_are_told_by_shape_and_words_not_by_colour_alone(shown):
    said = " ".join(parsed(shown).said)
    assert "▲" in said
    assert "Back rounds" in said
    assert "rounds 35° (max 25°)" in said


def test_a_german_page_is_german_with_decimal_commas(shown):
    said = " ".join(parsed(shown, "de").said)
    assert "Rumänisches Kreuzheben: 1 Satz, 5 Wiederholungen." in said
    assert "Rücken wird rund" in said
    assert not re.search(r"\b(reps|hips|back|tempo was)\b", said)


def test_the_disclaimer_stands_once(shown):
    assert "".join(parsed(shown).said).count(words("en").disclaimer) == 1


def test_a_name_cannot_be_a_program(reps, page):
    evil = "<script>alert(1)</script> $plotly $body \" '"
    text = "".join(session_page(page(reps([]), athlete=evil), words("en")))
    assert "<script>alert" not in text
    assert "$plotly $body" in text


def test_the_same_session_is_the_same_bytes(shown):
    assert session_page(shown, words("en")) == session_page(shown, words("en"))


def test_a_session_without_reps_gives_a_page_without_pictures(page):
    halves = session_page(page([]), words("en"))
    assert "No reps in this recording." in halves[0]
    assert not needs_plotly(halves)


def test_what_was_simulated_says_so(reps, page):
    assert "SIMULATED" in parsed(page(reps([]), simulated=True)).said
    assert "SIMULATED" not in parsed(page(reps([]))).said


def test_a_sentence_of_the_device_is_marked_as_english_on_a_german_page(page):
    from hinge_imu.events import NoticeEvent

    text = "".join(session_page(page([NoticeEvent(text="stand still first", at_s=0.0)]), words("de")))
    assert '<li lang="en">stand still first</li>' in text


def test_an_hour_of_reps_without_a_rest_stays_under_eight_megabytes(reps, page):
    halves = session_page(page(reps(*[[]] * 700), seconds=3510), words("en"))
    assert sum(len(half.encode()) for half in halves) + len(get_plotlyjs().encode()) < 8e6


def test_what_plotly_brings_can_stand_inside_a_page():
    assert "</script" not in get_plotlyjs()
