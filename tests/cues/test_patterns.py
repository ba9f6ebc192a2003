from itertools import combinations, pairwise
from typing import get_args

import pytest

from hinge_imu.cues.patterns import FAULTS, LIGHTS, WORDS, drawn, length_s, level
from hinge_imu.events import FaultName


def test_every_fault_has_a_word_and_all_words_fit_into_a_minute_s_learning():
    assert set(FAULTS) == set(get_args(FaultName))
    assert set(FAULTS.values()) < set(WORDS)
    assert len(WORDS) <= 8
    assert sum(length_s(meaning.pattern) for meaning in WORDS.values()) < 10


@pytest.mark.parametrize(("one", "other"), list(combinations(WORDS, 2)))
def test_no_two_words_are_alike(one, other):
    """They differ in how many times they go on, or by more than twice in how long one of these is."""
    first, second = (WORDS[word].pattern[::2] for word in (one, other))
    ratios = [max(a, b) / min(a, b) for a, b in zip(first, second, strict=False)]
    assert len(first) != len(second) or max(ratios) > 2


@pytest.mark.parametrize("word", WORDS)
def test_a_word_is_over_before_the_next_rep_needs_one(word):
    assert length_s(WORDS[word].pattern) < 1.2


def test_a_drawing_shows_what_is_played():
    assert drawn(WORDS["flat"].pattern) == "• •"
    assert drawn(WORDS["square"].pattern) == "• ▬▬▬"


@pytest.mark.parametrize(("elapsed_s", "on", "left_s"), [(0.0, True, 0.2), (0.19, True, 0.01), (0.25, False, 0.25)])
def test_a_pattern_goes_on_and_off_when_it_says(elapsed_s, on, left_s):
    assert level((0.2, 0.3, 0.1), elapsed_s) == (on, pytest.approx(left_s))


def test_a_pattern_that_is_over_stays_off():
    assert level((0.2, 0.3, 0.1), 0.7) == (False, None)


def test_the_lights_are_told_apart_by_how_fast_they_blink():
    lengths = sorted(length_s(pattern) for pattern in LIGHTS.values())
    assert all(b > 1.9 * a for a, b in pairwise(lengths))
