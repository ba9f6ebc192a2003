import pytest

from hinge_imu.config import ConfigError
from hinge_imu.protocols.levels import Decision, find, gates, levels
from hinge_imu.verdict import DrillEvent

NOTHING = {"findings": (), "reps": (), "practise": (), "unseen": ()}


def results(*told):
    """Verdicts, one after the other: 'dowel+' was passed, 'dowel-' is to be practised, 'dowel?' could not be judged."""
    verdicts = {"+": "passed", "-": "practise", "?": "unsure"}
    return [
        DrillEvent(id=f"{n}-{each}", drill=each[:-1], athlete="sam", verdict=verdicts[each[-1]], **NOTHING)
        for n, each in enumerate(told)
    ]


def decided(level, *, unlocked=True):
    made = "2026-01-31T17:05:00+00:00"
    return Decision(athlete="sam", level=level, unlocked=unlocked, by="Kim", made_utc=made)


def opened(told=(), decisions=()):
    return [gate.level.name for gate in gates(results(*told), decisions) if gate.is_open]


LIGHT = ("dowel+", "dowel+", "wall+")
HEAVIER = (*LIGHT, "self_assessment+", "self_assessment+", "plank+")
ONE_LEG = (*HEAVIER, "single_leg+", "single_leg+")
ALL = (*ONE_LEG, "self_assessment+", "wall+")


@pytest.mark.parametrize(("told", "count"), [((), 1), (LIGHT, 2), (HEAVIER, 3), (ONE_LEG, 4), (ALL, 5)])
def test_levels_open_one_after_the_other_as_their_drills_are_passed(told, count):
    assert opened(told) == list(levels())[:count]


@pytest.mark.parametrize("missing", range(len(ALL)))
def test_no_single_session_can_be_left_out(missing):
    assert len(opened(ALL[:missing] + ALL[missing + 1 :])) < 5


def test_sessions_count_in_a_row_and_one_that_could_not_be_judged_is_none():
    assert "light" not in opened(("dowel+", "dowel-", "dowel+", "wall+"))
    assert "light" in opened(("dowel-", "dowel+", "dowel?", "dowel+", "wall+"))
    assert "light" not in opened((*LIGHT, "dowel-"))


def test_a_session_that_is_judged_again_counts_once():
    once = results("dowel+")
    assert not gates([*once, *once, *results("wall+")], [])[1].is_open


def test_a_level_above_one_that_is_closed_stays_closed():
    assert opened(("self_assessment+", "self_assessment+", "plank+")) == ["unloaded"]


def test_the_coach_has_the_last_word_and_it_opens_the_way_further_up():
    assert opened((), [decided("swing")]) == ["unloaded", "swing"]
    above = ("self_assessment+", "self_assessment+", "plank+")
    assert opened(above, [decided("light")]) == ["unloaded", "light", "heavier"]


def test_what_a_coach_takes_back_follows_the_drills_again():
    back = [decided("light"), decided("light", unlocked=False)]
    assert opened((), back) == ["unloaded"]
    assert opened(LIGHT, back) == ["unloaded", "light"]
    assert gates([], back)[1].decision is None


def test_a_level_that_there_is_not_is_refused_with_those_that_there_are():
    with pytest.raises(ConfigError, match="level fast: is not known; name one of unloaded, light"):
        find("fast")
