from queue import SimpleQueue
from threading import Event

import pytest

from hinge_imu.cues.player import PAUSE_S, Player, Turns

ONE, TWO = (1.0,), (2.0,)


def on_at(turns, times):
    return [turns.at(now_s)[0] for now_s in times]


def test_nothing_is_played_before_anything_is_said():
    assert Turns().at(0.0) == (False, None)


def test_a_word_is_played_at_once_and_once():
    turns = Turns()
    turns.say((0.2, 0.1, 0.2), 1, 5.0)
    assert on_at(turns, [5.0, 5.19, 5.25, 5.35, 5.6, 9.0]) == [True, True, False, True, False, False]
    assert turns.at(9.0) == (False, None)


def test_a_word_that_is_no_more_urgent_waits_its_turn():
    turns = Turns()
    turns.say(ONE, 1, 0.0)
    turns.say(TWO, 1, 0.5)
    assert on_at(turns, [0.9, 1.1, 1.0 + PAUSE_S, 2.9 + PAUSE_S, 3.1 + PAUSE_S]) == [True, False, True, True, False]


def test_only_one_word_waits_and_it_is_the_newest():
    turns = Turns()
    for pattern in (ONE, (0.7,), TWO):
        turns.say(pattern, 1, 0.0)
    assert on_at(turns, [1.0 + PAUSE_S, 2.5 + PAUSE_S, 3.5 + PAUSE_S, 9.0]) == [True, True, False, False]


def test_what_waits_does_not_give_way_to_what_matters_less():
    turns = Turns()
    turns.say(ONE, 2, 0.0)
    turns.say(TWO, 2, 0.0)
    turns.say(ONE, 1, 0.0)
    assert on_at(turns, [1.0 + PAUSE_S, 2.5 + PAUSE_S, 3.5 + PAUSE_S]) == [True, True, False]


def test_a_more_urgent_word_cuts_the_one_that_is_played():
    turns = Turns()
    turns.say((0.1, 5.0, 0.1), 1, 0.0)
    turns.say(ONE, 2, 0.5)
    assert on_at(turns, [0.5, 1.4, 1.6, 5.15]) == [True, True, False, False]


def test_a_background_goes_on_beneath_a_word_as_if_it_had_not_been_cut():
    turns = Turns()
    turns.lay((0.5, 0.5), 0.0, repeats=True)
    assert on_at(turns, [0.2, 0.7, 1.2, 1.7]) == [True, False, True, False]
    turns.say((0.1,), 1, 2.0)
    assert on_at(turns, [2.05, 2.3, 2.1 + PAUSE_S + 0.01, 2.7, 3.1]) == [True, False, True, False, True]


def test_a_background_that_does_not_repeat_ends_and_none_is_none():
    turns = Turns()
    turns.lay((0.0, 1.0, 0.2), 0.0, repeats=False)
    assert on_at(turns, [0.5, 1.1, 1.3, 5.0]) == [False, True, False, False]
    turns.lay((10.0,), 0.0, repeats=True)
    turns.lay(None, 0.0, repeats=False)
    assert turns.at(0.5) == (False, None)


def test_to_say_something_waits_for_nobody_even_while_the_line_is_slow():
    going, slow = SimpleQueue(), Event()

    def switch(on):
        going.put(on)
        if on:
            slow.wait(10.0)

    with Player(switch) as player:
        player.say(ONE)
        assert going.get(timeout=60.0) is True
        slow.set()
        player.say((0.01,), urgency=3)
    assert going.get(timeout=60.0) is False


def test_the_line_is_off_when_the_player_is_closed():
    states = SimpleQueue()
    with Player(states.put) as player:
        player.say((60.0,))
        assert states.get(timeout=60.0) is True
    assert states.get(timeout=60.0) is False


def test_a_clock_that_is_given_is_the_one_that_counts():
    states, now = SimpleQueue(), [100.0]
    with Player(states.put, lambda: now[0]) as player:
        player.lay((3.0, 1.0), ago_s=2.0)
        assert states.get(timeout=60.0) is True
        now[0] = 101.5
        player.say((0.0, 9.0))
        assert states.get(timeout=60.0) is False


@pytest.mark.parametrize("pattern", [(), (0.0, 0.5)])
def test_a_word_without_a_sound_is_harmless(pattern):
    turns = Turns()
    turns.say(pattern, 1, 0.0)
    assert on_at(turns, [0.0, 1.0]) == [False, False]
