import pytest

from hinge_imu.cues.button import DOUBLE_S, HOLD_S, Button

PIN = 27


class Later:
    """Timers that go off when the test says so."""

    def __init__(self):
        self.waiting = []

    def __call__(self, seconds, call):
        timer = Timer(seconds, call)
        self.waiting.append(timer)
        return timer

    def passes(self, seconds):
        for timer in [each for each in self.waiting if each.running and each.seconds <= seconds]:
            timer.running = False
            timer.call()


class Timer:
    def __init__(self, seconds, call):
        self.seconds, self.call, self.running = seconds, call, False

    def start(self):
        self.running = True

    def cancel(self):
        self.running = False


@pytest.fixture
def later():
    return Later()


@pytest.fixture
def meant():
    return []


@pytest.fixture
def press(board, later, meant):
    """Push the button's contact; closing lets go of it."""
    button = Button(PIN, meant.append, later)
    pin = board.pin(PIN)

    def push(seconds=0.1):
        pin.drive_low()
        later.passes(seconds)
        pin.drive_high()

    yield push
    button.close()


def test_one_press_means_once_as_soon_as_no_second_can_come(press, later, meant):
    press()
    assert meant == []
    later.passes(DOUBLE_S)
    assert meant == ["once"]


def test_two_presses_mean_twice_and_nothing_else(press, later, meant):
    press()
    press()
    later.passes(DOUBLE_S)
    assert meant == ["twice"]


def test_three_presses_mean_thrice_at_once_and_a_fourth_begins_anew(press, later, meant):
    for _ in range(3):
        press()
    assert meant == ["thrice"]
    press()
    later.passes(DOUBLE_S)
    assert meant == ["thrice", "once"]


def test_two_presses_far_apart_mean_once_each(press, later, meant):
    press()
    later.passes(DOUBLE_S)
    press()
    later.passes(DOUBLE_S)
    assert meant == ["once", "once"]


def test_holding_means_held_while_it_is_still_down_and_letting_go_nothing_more(press, later, meant):
    press(HOLD_S)
    later.passes(DOUBLE_S)
    assert meant == ["held"]
    press()
    later.passes(DOUBLE_S)
    assert meant == ["held", "once"]


def test_a_long_press_that_is_no_hold_means_once(press, later, meant):
    press(HOLD_S - 1)
    later.passes(DOUBLE_S)
    assert meant == ["once"]


def test_the_pin_is_pulled_up_and_free_again_afterwards(board, later, meant):
    button = Button(PIN, meant.append, later)
    assert board.pin(PIN).pull == "up"
    button.close()
    Button(PIN, meant.append, later).close()


def test_nothing_goes_off_after_it_is_closed(board, later, meant):
    button = Button(PIN, meant.append, later)
    board.pin(PIN).drive_low()
    board.pin(PIN).drive_high()
    button.close()
    later.passes(60.0)
    assert meant == []
