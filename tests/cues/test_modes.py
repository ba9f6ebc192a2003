import msgspec
import pytest

from hinge_imu.cues.modes import Told
from hinge_imu.events import CueEvent, SetEvent

FAULTS = {"flat": "spine_rounding", "ribs": "spine_arching", "slow": "uncontrolled_lowering", "finish": "partial_rep"}


def cue(word="flat", *, serious=False, rep_id=None):
    return CueEvent(
        name=FAULTS[word], value=1.0, limit=0.0, unit="deg", at_s=1.0, said_s=1.0, serious=serious, rep_id=rep_id
    )


def over(reps=5):
    return SetEvent(id="set", set=1, exercise="rdl", reps=reps, start_s=0.0, end_s=9.0)


@pytest.fixture
def heard(rep):
    """Let a mode hear reps, each a list of cues in it, and what ends the set; return the words of each rep."""

    def hear(mode, reps, *after, told=None):
        told = told or Told(mode)
        words = []
        for number, cues in enumerate(reps):
            before = [told.hear(each) for each in cues if each.rep_id is None]
            told.hear(msgspec.structs.replace(rep, id=str(number)))
            late = [told.hear(each) for each in cues if each.rep_id is not None]
            words.append([said.word for said in [*before, *late] if said is not None])
        return words, [said.word for each in after if (said := told.hear(each)) is not None]

    return hear


WRONG, RIGHT = [cue()], []


def test_every_fault_is_told_once_however_far_it_goes(heard):
    assert heard("every", [[cue(), cue(serious=True)], [], [cue("ribs")]]) == ([["flat"], [], ["ribs"]], [])


def test_what_shows_with_the_rep_is_told_with_it(heard):
    assert heard("every", [[cue("finish", rep_id="0")]]) == ([["finish"]], [])


def test_who_wants_only_what_is_serious_hears_nothing_else(heard):
    words, _ = heard("serious", [[cue()], [cue(), cue(serious=True)], [cue("finish", serious=True, rep_id="2")]])
    assert words == [[], ["flat"], ["finish"]]


def test_a_serious_word_cuts_the_others_off():
    light, heavy = Told("every").hear(cue()), Told("serious").hear(cue(serious=True))
    assert light.urgency < heavy.urgency


def test_faded_words_come_in_each_rep_that_goes_wrong_at_first(heard):
    words, _ = heard("faded", [WRONG] * 6)
    assert words == [["flat"]] * 6


def test_faded_words_come_less_often_the_more_reps_went_well(heard):
    """After eight good reps, every fourth at the most."""
    told = Told("faded")
    heard("faded", [RIGHT] * 8, told=told)
    told.hear(over())
    words, _ = heard("faded", [WRONG] * 8, told=told)
    assert [len(each) for each in words[:4]] == [1, 0, 0, 1]
    assert words[-1] == ["flat"]


def test_faded_or_not_what_is_serious_is_told_once_a_rep(heard):
    told = Told("faded")
    heard("faded", [RIGHT] * 8, told=told)
    told.hear(over())
    words, _ = heard("faded", [[cue(), cue("ribs", serious=True)], [cue("slow", serious=True)]], told=told)
    assert words == [["flat"], ["slow"]]


def test_after_the_set_there_is_one_word_what_there_was_most_of(heard):
    reps = [[cue("ribs")], [cue()], [cue(), cue(serious=True)], [cue("ribs")], [cue("ribs")]]
    assert heard("after_set", reps, over()) == ([[]] * 5, ["ribs"])


@pytest.mark.parametrize("mode", ["every", "serious", "faded", "after_set"])
def test_a_set_without_a_fault_is_called_a_good_one_and_a_lone_rep_is_not(heard, mode):
    assert heard(mode, [RIGHT] * 5, over(5))[1] == ["good"]
    assert heard(mode, [RIGHT], over(1))[1] == []


@pytest.mark.parametrize("mode", ["every", "serious", "faded"])
def test_a_set_with_a_fault_is_not(heard, mode):
    assert heard(mode, [WRONG, RIGHT, RIGHT], over(3))[1] == []


def test_each_set_is_judged_by_itself(heard):
    told = Told("after_set")
    assert heard("after_set", [WRONG, RIGHT, RIGHT], over(3), told=told)[1] == ["flat"]
    assert heard("after_set", [RIGHT, RIGHT, RIGHT], over(3), told=told)[1] == ["good"]


def test_silence_is_kept(heard):
    assert heard("silent", [[cue(serious=True)]] * 3, over()) == ([[]] * 3, [])
