import numpy as np
import pytest

from hinge_imu.events import MarkEvent
from hinge_imu.recording import paced
from hinge_imu.samples import RAW


class Time:
    """A clock that only sleep moves on."""

    def __init__(self):
        self.now = 100.0

    def sleep(self, seconds):
        self.now += seconds


def block(*times_s):
    raw = np.zeros(len(times_s), RAW)
    raw["t_ns"] = np.rint(np.array(times_s) * 1e9)
    return raw


def due(items, speed):
    time = Time()
    pieces = paced(items, speed, clock=lambda: time.now, sleep=time.sleep)
    return [(len(piece) if isinstance(piece, np.ndarray) else piece, round(time.now - 100.0, 9)) for piece in pieces]


@pytest.mark.parametrize("speed", [1.0, 2.0, 0.5])
def test_everything_comes_when_it_was_so_many_times_as_fast(speed):
    mark = MarkEvent(what="pain", at_s=7.5)
    came = due([block(5.0), block(6.0, 6.02), mark, block(9.0)], speed)
    assert came == [(1, 0.0), (2, 1.02 / speed), (mark, 2.5 / speed), (1, 4.0 / speed)]


def test_a_long_block_comes_in_tenths_of_a_second():
    came = due([block(*np.arange(0, 1, 0.01))], 1.0)
    assert [count for count, _ in came] == [10] * 10
    assert came[-1][1] == pytest.approx(0.9)


def test_nobody_waits_for_a_time_that_runs_back():
    assert due([block(5.0), block(6.0), block(2.0), block(6.5)], 1.0) == [(1, 0.0), (1, 1.0), (1, 1.0), (1, 1.5)]
