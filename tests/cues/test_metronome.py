import numpy as np
import pytest

from hinge_imu.cues.metronome import Metronome, beaten
from hinge_imu.cues.patterns import level
from hinge_imu.samples import Angles, FrontalAngles, Header, SagittalAngles

RATE = 100.0
DIGITS = 3.0, 1.0, 1.0, 0.0


def ticks(pattern, until_s):
    """When a pattern goes on, looked at every 10 ms."""
    times = np.arange(0.0, until_s, 0.01)
    on = np.array([level(pattern, at_s)[0] for at_s in times + 1e-6])
    return times[on & ~np.concatenate([[False], on[:-1]])].tolist()


@pytest.fixture
def header():
    return Header(session_id="monday", unit="SI", clock="timed", rate_hz=RATE)


@pytest.fixture
def beats(header):
    """Push a lean in deg, in blocks of 40 ms; return each beat with the time of the newest sample."""

    def run(lean, kind="rep", *, metronome=None, **about):
        metronome = metronome or Metronome(header, DIGITS, kind, **about)
        t_ns = np.rint(np.arange(len(lean)) / RATE * 1e9).astype(np.int64)
        found = []
        for start in range(0, len(lean), 4):
            part = np.radians(lean[start : start + 4])
            now = t_ns[start : start + 4]
            aside = np.zeros((len(part), 2))
            beat = metronome.push(Angles(SagittalAngles(now, part, part, 0 * part), FrontalAngles(now, aside, aside)))
            if beat is not None:
                found.append((now[-1] * 1e-9, beat))
        return found

    return run


def bend(rest_s=2.0, down_s=3.0, depth=70.0):
    t = np.arange(0, down_s, 1 / RATE) / down_s
    down = depth * (10 * t**3 - 15 * t**4 + 6 * t**5)
    return np.concatenate([np.zeros(round(rest_s * RATE)), down, np.full(100, depth), down[::-1], np.zeros(100)])


def test_a_cycle_ticks_where_each_phase_begins():
    assert ticks(beaten((3.0, 1.0, 2.0, 1.0), free=True), 7.0) == pytest.approx([0.0, 3.0, 4.0, 6.0])


def test_the_cycle_of_one_s_own_leaves_its_onset_out():
    assert ticks(beaten(DIGITS, free=False), 9.0) == pytest.approx([3.0, 4.0, 5.0])


def test_a_phase_of_no_time_has_no_tick_of_its_own():
    assert ticks(beaten((2.0, 0.0, 1.0, 0.0), free=False), 9.0) == pytest.approx([2.0, 3.0])
    assert ticks(beaten(DIGITS, free=True), 5.0) == pytest.approx([0.0, 3.0, 4.0])


def test_a_free_cycle_lasts_as_long_as_its_digits():
    assert sum(beaten((3.0, 1.0, 2.0, 1.0), free=True)) == pytest.approx(7.0)


def test_each_rep_begins_its_own_cycle_at_its_onset(beats):
    lean = np.concatenate([bend(), bend()])
    found = beats(lean)
    assert len(found) == 2
    onsets = [now_s - beat.ago_s for now_s, beat in found]
    assert onsets == pytest.approx([2.0, 2.0 + len(lean) / RATE / 2], abs=0.35)  # a bend begins slowly
    assert all(now_s - onset < 0.6 for (now_s, _), onset in zip(found, onsets, strict=True))


def test_free_runs_on_from_the_first_rep_until_the_set_is_over(beats, header):
    metronome = Metronome(header, DIGITS, "free")
    found = beats(np.concatenate([bend(), bend()]), metronome=metronome)
    assert [beat.repeats for _, beat in found] == [True]
    metronome.rest()
    assert len(beats(bend(), metronome=metronome)) == 1


def test_a_lift_from_the_floor_is_beaten_from_its_pull_on(beats):
    up = 70.0 - bend(down_s=1.0)
    ((now_s, beat),) = beats(up, starts_bent=True)
    assert now_s - beat.ago_s == pytest.approx(2.0, abs=0.2)
    assert ticks(beat.pattern, 9.0) == pytest.approx([1.0, 4.0])  # up, (no top,) down, on the floor


@pytest.mark.parametrize("deg", [0.0, 3.0, 4.5])
def test_who_stands_and_sways_begins_nothing(beats, deg):
    t = np.arange(0, 20, 1 / RATE)
    assert beats(deg * np.sin(t)) == []


def test_what_is_not_seen_begins_nothing(beats):
    assert beats(np.full(500, np.nan)) == []
