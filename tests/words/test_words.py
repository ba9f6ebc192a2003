"""What people are told, in every language that there is."""

import re
from string import Formatter
from typing import get_args

import msgspec
import pytest

from hinge_imu.config import ConfigError
from hinge_imu.events import Fault, FaultName
from hinge_imu.profiles import built_in
from hinge_imu.words import languages, words

DIAGNOSES = re.compile(
    r"injur|hernia|\bdis[ck]s?\b|\bweak|tight|stiff|\bpain|damage|patholog|imbalance|dysfunction"
    r"|verletz|bandscheib|vorfall|schwach|schwäche|verkürz|verspann|schmerz|schaden|krank",
    re.IGNORECASE,
)
"""What a training aid has no business to say."""

FREE = {"disclaimer", "language", "decimal"}
NAMES = get_args(FaultName)


def _flat(value, place=""):
    if isinstance(value, str):
        return {place: value}
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    return {key: text for name, each in inner for key, text in _flat(each, f"{place}.{name}").items()}


@pytest.fixture(params=languages())
def table(request):
    return words(request.param)


@pytest.fixture
def texts(table):
    return _flat({name: part for name, part in msgspec.to_builtins(table).items() if name not in FREE})


def test_every_fault_has_words_in_every_language(table):
    assert set(table.faults) == set(NAMES)


def test_all_languages_have_the_same_keys_and_the_same_places_to_fill_in():
    def places(language):
        texts = _flat(msgspec.to_builtins(words(language)))
        return {key: sorted(name for _, name, _, _ in Formatter().parse(text) if name) for key, text in texts.items()}

    assert [places(language) for language in languages()] == [places("en")] * len(languages())


def test_no_word_diagnoses_anybody(texts):
    assert not {key: text for key, text in texts.items() if DIAGNOSES.search(text)}


def test_the_disclaimer_says_what_this_is_not(table):
    assert re.search("not medical advice|kein medizinischer Rat", table.disclaimer)


def test_a_cue_is_short_enough_to_be_shouted(table):
    assert not {name: fault.cue for name, fault in table.faults.items() if not 0 < len(fault.cue.split()) <= 4}


def test_every_drill_that_is_advised_has_a_name(table):
    assert {fault.drill for fault in table.faults.values()} <= set(table.drills)


def test_a_fault_is_said_with_how_much_and_against_which_limit():
    rounding = Fault(name="spine_rounding", value=33.2, limit=25.0, unit="deg", at_s=0.0, confidence=1.0)
    arching = Fault(name="spine_arching", value=-14.4, limit=-10.0, unit="deg", at_s=0.0, confidence=1.0)
    assert words().said(rounding) == "rounds 33° (max 25°)"
    assert words().said(arching) == "arches 14° (max 10°)"


@pytest.mark.parametrize(
    ("value", "unit", "english", "german"),
    [
        (0.153, "s", "0.15 s", "0,15 s"),
        (3.0, "s", "3 s", "3 s"),
        (2.14, "s", "2.1 s", "2,1 s"),
        (58.4, "%", "58 %", "58 %"),
        (215.0, "deg/s", "215°/s", "215°/s"),
        (1.27, "g", "1.3 g", "1,3 g"),
        (11.6, "cm", "12 cm", "12 cm"),
    ],
)
def test_amounts_are_written_as_the_language_does(value, unit, english, german):
    assert (words("en").amount(value, unit), words("de").amount(value, unit)) == (english, german)


def test_numbers_have_no_minus_zero():
    assert words().number(-0.2) == "0"


def test_a_language_without_words_is_named_with_those_that_there_are():
    with pytest.raises(ConfigError, match="--language fr: is not known; name one of de, en"):
        words("fr")


def test_every_exercise_that_comes_with_it_has_a_name(table):
    assert set(built_in()) <= set(table.exercises)


def test_an_exercise_of_ones_own_goes_by_its_own_title(table):
    assert table.exercise("reverse_hyper", "Reverse hyper") == "Reverse hyper"
