import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hinge_imu.motion.calibrate import Measured
from hinge_imu.motion.grid import Grid
from hinge_imu.samples import NS, Frames, Header

RATE = 200.0
PERIOD = 5_000_000
VALUES = np.random.default_rng(7).normal(size=(4000, 2, 6))  # of both chips, nothing like a straight line


def header(rate_hz=RATE, worn=("pelvis", "thorax")):
    return Header(session_id="s", unit="SI", clock="timed", rate_hz=rate_hz, worn=worn)


def even(n, rate_hz=RATE):
    """Both chips at the same even times, taking turns."""
    t = np.rint(np.arange(n) * 1e9 / rate_hz).astype(np.int64)
    values = VALUES[:n].reshape(-1, 6)
    return Measured(np.repeat(t, 2), np.tile([0, 1], n), values[:, :3], values[:, 3:])


def some(measured, which):
    return Measured(*(part[which] for part in measured))


def arriving(measured, delay_ns):
    """Sort by when each sample arrives, that many ns after it was taken."""
    return some(measured, np.argsort(measured.t_ns + delay_ns, kind="stable"))


def framed(measured, cuts=(), head=None):
    grid = Grid(head or header())
    order = np.split(np.arange(len(measured.t_ns)), cuts)
    parts = [grid.push(some(measured, part)) for part in order] + [grid.finish()]
    return Frames(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def values_of(frames):
    return np.concatenate([frames.acc, frames.gyr], axis=2)


def same(one, other):
    """Whether two streams of frames are equal to the last bit; what is not valid may hold anything."""
    values = (values_of(frames)[frames.valid] for frames in (one, other))
    marks = ((np.stack([frames.valid, frames.bridged])) for frames in (one, other))
    return np.array_equal(one.t_ns, other.t_ns) and np.array_equal(*marks) and np.array_equal(*values)


@pytest.mark.parametrize("rate_hz", [20.0, 60.0, 100.0, 285.7, 1000.0])
def test_an_even_stream_passes_untouched_bit_for_bit(rate_hz):
    frames = framed(even(1000, rate_hz), head=header(rate_hz))
    assert frames.valid.all()
    assert np.array_equal(values_of(frames), VALUES[:1000])
    assert np.abs(frames.t_ns - np.arange(1000) * 1e9 / rate_hz).max() < 1


def test_a_frame_comes_as_soon_as_both_chips_have_passed_it():
    grid = Grid(header())
    stream = even(100)
    assert len(grid.push(some(stream, slice(0, 21))).t_ns) == 10
    assert len(grid.push(some(stream, slice(21, 22))).t_ns) == 1


def test_samples_between_the_grid_s_points_are_joined_by_straight_lines():
    t = np.arange(0, 400) * PERIOD
    shifted = t + PERIOD // 3
    line = np.array([1.0, -2.0, 3.0])
    acc = np.concatenate([t[:, None] * NS * line, shifted[:, None] * NS * line])
    stream = Measured(np.concatenate([t, shifted]), np.repeat([0, 1], 400), acc, acc)
    frames = framed(some(stream, np.argsort(stream.t_ns)))
    assert frames.valid[1:, 1].all()
    np.testing.assert_allclose(frames.acc[1:400, 1], frames.t_ns[1:400, None] * NS * line, atol=1e-9)
    assert not frames.valid[0, 1], "before its first sample nothing is known"


@pytest.mark.parametrize("rate_hz", [20.0, 200.0])
def test_a_hole_of_one_sample_is_bridged_by_its_middle(rate_hz):
    stream = even(300, rate_hz)
    frames = framed(some(stream, ~((stream.sensor == 1) & (np.arange(600) // 2 == 100))), head=header(rate_hz))
    assert frames.valid.all()
    np.testing.assert_allclose(values_of(frames)[100, 1], (VALUES[99, 1] + VALUES[101, 1]) / 2)
    untouched = np.arange(300) != 100
    assert np.array_equal(values_of(frames)[untouched], VALUES[:300][untouched])


@pytest.mark.parametrize("lost", [1, 3, 8])
@pytest.mark.parametrize("shift", [0, PERIOD // 3])
def test_what_a_line_across_missing_samples_made_is_marked_bridged(lost, shift):
    stream = even(300)
    stream.t_ns[stream.sensor == 1] += shift
    gone = (stream.sensor == 1) & (np.arange(600) // 2 >= 100) & (np.arange(600) // 2 < 100 + lost)
    frames = framed(some(stream, ~gone))
    assert frames.valid[1:-1].all()
    first, last = 99 * PERIOD + shift, (100 + lost) * PERIOD + shift  # the samples on both sides
    assert np.array_equal(frames.bridged[:, 1], (frames.t_ns > first) & (frames.t_ns < last))
    assert not frames.bridged[:, 0].any()


@pytest.mark.parametrize("off", [0.03, -0.03])
def test_a_chip_off_its_rate_is_not_bridged_and_neither_is_a_hole_too_wide(off):
    t = np.rint(np.arange(300) * PERIOD * (1 + off)).astype(np.int64)
    stream = Measured(t, np.zeros(300, np.int64), *np.split(VALUES[:300, 0], 2, axis=1))
    frames = framed(some(stream, (np.arange(300) < 100) | (np.arange(300) >= 130)), head=header(worn=("pelvis",)))
    assert not frames.bridged.any()
    assert (~frames.valid[:, 0]).sum() == pytest.approx(30 * (1 + off), abs=1.1)


@pytest.mark.parametrize("lost", [10, 40, 200])
def test_a_long_hole_is_marked_and_is_no_longer_than_it_was(lost):
    stream = even(600)
    number = np.arange(1200) // 2
    frames = framed(some(stream, ~((stream.sensor == 0) & (number >= 150) & (number < 150 + lost))))
    invalid = np.flatnonzero(~frames.valid[:, 0])
    assert invalid.tolist() == list(range(150, 150 + lost))
    assert frames.valid[:, 1].all()


def test_a_chip_that_is_a_fifth_of_a_second_late_gives_the_same_frames():
    stream = even(1000)
    late = np.where(stream.sensor == 1, 200_000_000, 0)
    assert same(framed(arriving(stream, late)), framed(stream))


@pytest.mark.parametrize("rate_hz", [20.0, 200.0])
@pytest.mark.parametrize("late_s", [0.25, 0.31])
def test_who_is_late_by_a_whole_number_of_periods_is_judged_the_same_however_the_stream_is_cut(rate_hz, late_s):
    stream = arriving(even(200, rate_hz), np.tile([0, round(late_s * 1e9)], 200))
    whole = framed(stream, head=header(rate_hz))
    assert whole.valid[:100, 1].all() == (late_s == 0.25)
    for cuts in (range(1, 400), range(7, 400, 7), [50]):
        assert same(framed(stream, cuts, header(rate_hz)), whole)


def test_a_chip_that_is_three_tenths_of_a_second_late_counts_as_lost():
    stream = even(1000)
    held_up = (stream.sensor == 1) & (stream.t_ns >= 2e9) & (stream.t_ns < 3.3e9)
    arrives = np.where(held_up, np.clip(stream.t_ns + 300_000_000, 0, 3_300_000_000), stream.t_ns)
    frames = framed(arriving(stream, arrives - stream.t_ns))
    # What is taken after 3.05 s arrives in time, at 3.3 s.
    assert not frames.valid[(frames.t_ns >= 2e9) & (frames.t_ns < 3.04e9), 1].any()
    assert frames.valid[(frames.t_ns < 2e9) | (frames.t_ns > 3.06e9), 1].all()
    assert frames.valid[:, 0].all()
    assert np.array_equal(values_of(frames)[:, 0], VALUES[:1000, 0])


def test_a_missing_chip_holds_the_other_up_for_a_quarter_of_a_second_only():
    grid = Grid(header())
    alone = some(even(1000), slice(0, None, 2))
    frames = grid.push(some(alone, slice(0, 400)))
    assert (399 - len(frames.t_ns)) * PERIOD == pytest.approx(0.25e9, abs=PERIOD)
    assert frames.valid.all(axis=0).tolist() == [True, False]


def test_a_sensor_that_is_not_worn_is_not_waited_for():
    alone = some(even(100), slice(1, None, 2))
    frames = Grid(header(worn=("thorax",))).push(alone)
    assert len(frames.t_ns) == 100
    assert frames.valid.all(axis=0).tolist() == [False, True]


def test_the_end_waits_for_nobody():
    stream = even(100)
    frames = framed(some(stream, (stream.sensor == 0) | (stream.t_ns < 60 * PERIOD)))
    assert len(frames.t_ns) == 100
    assert frames.valid[:, 0].all()
    assert frames.valid[:, 1].tolist() == [True] * 60 + [False] * 40


def test_nothing_at_all_gives_no_frames():
    assert len(framed(some(even(1), slice(0, 0))).t_ns) == 0


def arrivals(seed):
    """Both chips with clocks of their own and holes, each sample held up by as much as 0.4 s."""
    rng = np.random.default_rng(seed)
    chips = []
    for sensor in (0, 1):
        t = np.rint(rng.uniform(0, 5e6) + np.arange(300) * PERIOD * rng.uniform(0.98, 1.02)).astype(np.int64)
        # Each chip's own samples arrive in order.
        arrives = np.maximum.accumulate(t + np.repeat(rng.integers(0, 400_000_000, 15), 20))
        there = np.ones(300, bool)
        for start, length in rng.integers(0, [300, 100], (2, 2)):
            there[start : start + length] = False
        chips.append((t[there], np.full(there.sum(), sensor), arrives[there]))
    t, sensor, arrives = (np.concatenate(part) for part in zip(*chips, strict=True))
    order = np.argsort(arrives, kind="stable")
    values = rng.normal(size=(len(t), 6))[order]
    return Measured(t[order], sensor[order], values[:, :3], values[:, 3:])


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), cuts=st.lists(st.integers(0, 200), max_size=10).map(sorted))
def test_frames_come_once_and_in_order_whatever_arrives_and_however_it_is_cut(seed, cuts):
    stream = arrivals(seed)
    whole, cut = framed(stream), framed(stream, cuts)
    assert np.array_equal(whole.t_ns, whole.t_ns[0] + np.arange(len(whole.t_ns)) * PERIOD)
    assert whole.t_ns[0] == stream.t_ns[0]
    assert whole.t_ns[-1] == pytest.approx(stream.t_ns.max(), abs=PERIOD)
    assert same(cut, whole)


@pytest.mark.parametrize("cuts", [(), (400,), (399, 401), tuple(range(1, 799, 13))])
def test_a_clock_that_jumps_by_a_month_neither_fills_the_memory_nor_costs_a_sample(cuts):
    stream = even(400)
    month = 30 * 24 * 3600 * 10**9
    jumped = stream._replace(t_ns=stream.t_ns + np.where(stream.t_ns >= 200 * PERIOD, month, 0))
    frames = framed(jumped, cuts)
    whole = frames.valid.all(axis=1)
    assert np.array_equal(values_of(frames)[whole], VALUES[:400])
    assert len(frames.t_ns) <= 400 + 61 * RATE
    assert (np.diff(frames.t_ns) > 0).all()
    assert same(frames, framed(jumped))


def test_a_hole_of_half_a_minute_is_as_long_on_the_grid_as_it_was():
    stream = even(400)
    late = stream._replace(t_ns=stream.t_ns + np.where(stream.t_ns >= 200 * PERIOD, 30 * 10**9, 0))
    frames = framed(late)
    assert len(frames.t_ns) == 400 + 30 * RATE
    assert (~frames.valid).sum(axis=0) == pytest.approx(30 * RATE)
