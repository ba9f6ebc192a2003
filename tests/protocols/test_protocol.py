import re
from string import Formatter

import pytest

from hinge_imu.config import ConfigError
from hinge_imu.protocols import bends, beside, contact, holds
from hinge_imu.protocols.change import ALIKE, COMPARED
from hinge_imu.protocols.levels import levels
from hinge_imu.protocols.protocol import LANGUAGES, common, find, protocols
from hinge_imu.simulate.drills import DRILLS

SENTENCES = [
    *((f"common {name}", words) for name, words in common().items()),
    *((f"{each.name} {name}", words) for each in protocols().values() for name, words in each.sentences.items()),
]
TITLES = [
    words for each in protocols().values() for words in (each.title, each.about, *(step.how for step in each.steps))
]


def fields(text):
    return {field for _, field, _, _ in Formatter().parse(text) if field}


@pytest.mark.parametrize(("name", "words"), SENTENCES)
def test_a_sentence_says_the_same_numbers_in_every_language(name, words):
    assert set(words) == set(LANGUAGES)
    assert len({frozenset(fields(text)) for text in words.values()}) == 1


def test_titles_and_steps_are_there_in_every_language():
    assert all(set(words) == set(LANGUAGES) and all(words.values()) for words in TITLES)
    assert all(set(level.title) == set(LANGUAGES) for level in levels().values())


def test_no_sentence_diagnoses_or_promises():
    banned = re.compile(r"injur|hernia|disc\b|weak|tight\b|diagnos|verletz|bandscheib|schwäch|verkürz", re.IGNORECASE)
    spoken = [text for _, words in SENTENCES for text in words.values()] + [
        text for words in TITLES for text in words.values()
    ]
    assert not [text for text in spoken if banned.search(text)]


@pytest.mark.parametrize("name", DRILLS)
def test_whatever_a_drill_may_find_there_is_a_sentence_for_it(done, name):
    protocol = find(name)
    for fault in (None, *DRILLS[name].faults):
        verdict = done(name, fault, seed=3).verdict
        said = [*verdict.findings, *(each for rep in verdict.reps for each in rep.findings)]
        names = {each.name for each in (*said, *verdict.practise, *verdict.unseen)}
        assert all(protocol.sentence(each, language) for each in names for language in LANGUAGES)
        assert verdict.unseen


def test_the_numbers_that_stand_in_sentences_are_the_limits():
    square, fine = find("single_leg").sentence("square", "en"), find("flexibility").sentence("fine", "en")
    assert f"fine to {beside.SQUARE.good:.0f}°" in square
    assert f"above {beside.SQUARE.practise:.0f}°" in square
    assert f"over {bends.FORWARD.good:.0f}°" in fine
    assert f"under {bends.FORWARD.practise:.0f}°" in find("flexibility").sentence("limited", "en")
    assert f"more than {holds.SAG_DEG.practise:.0f}°" in find("plank").sentence("first_sag", "en")
    assert f"less than {bends.TREND_DEG:.0f}°" in find("toe_touch").sentence("thorax_trend_steady", "en")


def test_the_toe_touch_asks_for_what_is_judged():
    (step,) = find("toe_touch").judged
    assert (step.count, find("toe_touch").tempo) == (bends.REPS, bends.TEMPO) == (15, "1-1-0")


def test_holds_ask_for_what_is_judged():
    asked = {
        step.seconds for name in ("plank", "hamstring_stretch") for step in find(name).steps if step.kind == "hold"
    }
    assert asked == {holds.HOLD_S}


def test_what_is_compared_has_a_word_for_it():
    assert all(f"{name}_moved" in common() for name in COMPARED)
    assert set(ALIKE.values()) - COMPARED == {"asymmetry"}


def test_every_drill_that_a_level_needs_or_an_advice_names_is_one(done):
    needed = {need.drill for level in levels().values() for need in level.needs}
    advised = {
        advice.drill
        for name in DRILLS
        for fault in DRILLS[name].faults
        for advice in done(name, fault, seed=3).verdict.practise
    }
    assert needed | advised - {None} <= protocols().keys()


def test_a_drill_that_there_is_not_is_refused_with_those_that_there_are():
    with pytest.raises(ConfigError, match=r"drill bridge: is not known; name one of dowel, self_assessment"):
        find("bridge")


@pytest.mark.parametrize(
    ("scale", "value", "grade", "limit"),
    [
        (contact.BAND, 10.0, "good", 10.0),
        (contact.BAND, 10.1, "watch", 10.0),
        (contact.BAND, 15.0, "watch", 10.0),
        (contact.BAND, 15.1, "practise", 15.0),
        (bends.FORWARD, 60.1, "good", 60.0),
        (bends.FORWARD, 60.0, "watch", 60.0),
        (bends.FORWARD, 50.0, "watch", 60.0),
        (bends.FORWARD, 49.9, "practise", 50.0),
    ],
)
def test_what_stands_at_a_limit_is_still_inside(scale, value, grade, limit):
    assert (scale.grade(value), scale.limit(value)) == (grade, limit)
