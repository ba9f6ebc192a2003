from typing import NamedTuple

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hinge_imu.config import Config
from hinge_imu.motion.clock import Clock
from hinge_imu.samples import RAW, RAW_SI, Flag, Floats, Header, RawArray
from hinge_imu.sensing.sampler import Sampler
from hinge_imu.simulate.bus import SimulatedBus, VirtualClock
from hinge_imu.simulate.chip import Chip
from hinge_imu.simulate.imu import ImuErrors

RATE = 200.0
HEADER = Header(session_id="s", unit="counts", clock="polled", rate_hz=RATE)
MS = 1e6  # in ns
AFTER_LOSS = np.uint8(Flag.AFTER_LOSS)


class Polled(NamedTuple):
    """What the host saw of one chip, and when each sample really was taken (ns)."""

    raw: RawArray
    true_ns: Floats


def polled(seconds, off=0.0, *, sensor=0, from_s=0.0, seq=0, seed=0):
    """A chip whose clock runs ``off`` too fast, emptied every 22 ms or so by a host that is sometimes held up."""
    rng = np.random.default_rng(seed)
    polls = 1e9 * from_s + np.cumsum(22 * MS + rng.exponential(0.3 * MS, round(seconds / 0.0223)))
    first = 1e9 * from_s + rng.uniform(0, 5 * MS)
    true = first + np.arange(int((polls[-1] - first) * RATE * (1 + off) / 1e9) + 1) / (RATE * (1 + off)) * 1e9
    seen_by = np.searchsorted(polls, true)
    true, seen_by = true[seen_by < len(polls)], seen_by[seen_by < len(polls)]
    raw = np.zeros(len(true), RAW)
    raw["t_ns"] = polls[seen_by]
    raw["seq"] = seq + np.arange(len(true))
    raw["sensor"] = sensor
    raw["flags"] = np.where(np.diff(seen_by, append=-1) != 0, Flag.LAST_OF_POLL, 0)
    return Polled(raw, true)


def in_order_of_arrival(*chips):
    raw = np.concatenate([chip.raw for chip in chips])
    return raw[np.argsort(raw["t_ns"], kind="stable")]


def timed(raw, cuts=(), header=HEADER):
    clock = Clock(header)
    parts = [clock.push(part) for part in np.split(raw.copy(), cuts)] + [clock.finish()]
    return np.concatenate([part.t_ns for part in parts]), np.concatenate([part.raw for part in parts])


def off_by(chip, times_and_raw):
    """Return how late each of a chip's samples was put (ns), by its number."""
    t_ns, raw = times_and_raw
    mine = raw["sensor"] == chip.raw["sensor"][0]
    late = np.full(len(chip.raw), np.nan)
    number = raw["seq"][mine].astype(int) - int(chip.raw["seq"][0])
    own = number >= 0
    late[number[own]] = t_ns[mine][own] - chip.true_ns[number[own]]
    return late


def test_two_chips_whose_clocks_differ_stay_within_two_milliseconds_for_ten_minutes():
    fast, slow = polled(600, 0.01, seed=1), polled(600, -0.01, sensor=1, seed=2)
    result = timed(in_order_of_arrival(fast, slow))
    late = [off_by(chip, result)[round(2 * RATE) :] for chip in (fast, slow)]
    n = min(map(len, late))  # the slow chip's n-th sample is later, but both errors change slowly
    assert np.abs(late[0][:n] - late[1][:n]).max() < 2 * MS
    assert max(np.abs(each).max() for each in late) < 2 * MS
    assert np.abs(late[0][-1000:]).max() < 0.3 * MS, "a thousand polls know it much better"


def test_the_moments_of_samples_are_found_through_the_real_driver_and_bus():
    """The chips measure the time itself: three counts of 15 bits are the microsecond that a sample stands for."""

    def watch(t_ns):
        us = t_ns // 1000
        words = np.stack([us & 0x7FFF, us >> 15 & 0x7FFF, us >> 30], axis=1)
        return words * (16 * 9.80665 / 32768), np.zeros((len(us), 3)), 25.0

    host = VirtualClock(77_000_000_000)
    chips = {0x68: Chip(watch, ImuErrors(rate_error=0.01)), 0x69: Chip(watch, ImuErrors(rate_error=-0.01))}
    for chip in chips.values():
        chip.power_on(host.now())
    with SimulatedBus(chips, host.now, busy=host.advance).installed():
        sampler = Sampler(Config(), say=pytest.fail, clock=host.now)
        began_ns = host.now()
        raw = np.concatenate(list(sampler.in_virtual_time(host.advance, 40.0)))
        sampler.close()
    t_ns, raw = timed(raw, header=sampler.header(session_id="s"))
    words = raw["acc"].astype(np.int64)
    late = t_ns - ((words[:, 0] + (words[:, 1] << 15) + (words[:, 2] << 30)) * 1000 - began_ns)
    for sensor in (0, 1):
        mine = late[raw["sensor"] == sensor]
        assert len(mine) == pytest.approx(40 * RATE, rel=0.03)
        assert np.abs(mine[round(2 * RATE) :]).max() < 2 * MS
        assert np.abs(mine).max() < 6 * MS, "even the very first"


def test_the_low_pass_s_delay_is_taken_off():
    raw = polled(5).raw
    prompt, _ = timed(raw)
    delayed, _ = timed(raw, header=msgspec.structs.replace(HEADER, delay_s=0.0049))
    assert np.abs(prompt - delayed - 4.9 * MS).max() <= 1


def test_a_sample_waits_until_its_poll_is_complete():
    raw = polled(1).raw
    last = np.flatnonzero(raw["flags"] & Flag.LAST_OF_POLL)
    clock = Clock(HEADER)
    assert len(clock.push(raw[: last[10]]).t_ns) == last[9] + 1
    assert len(clock.push(raw[last[10] : last[10] + 1]).t_ns) == last[10] - last[9]
    assert len(clock.finish().t_ns) == 0


def test_what_still_waits_at_the_end_comes_out_then():
    raw = in_order_of_arrival(polled(1), polled(1, sensor=1, seed=4))
    t_ns, out = timed(raw[:-3])
    assert len(t_ns) == len(raw) - 3
    assert np.array_equal(np.sort(out[["sensor", "seq"]]), np.sort(raw[:-3][["sensor", "seq"]]))


def test_after_a_loss_time_is_fitted_anew_with_the_period_that_is_known():
    before = polled(60, 0.01)
    after = polled(30, 0.01, from_s=60.7133, seq=len(before.raw), seed=9)
    after.raw["flags"][0] |= AFTER_LOSS
    result = timed(np.concatenate([before.raw, after.raw]))
    late = off_by(after, result)
    assert np.nanmax(np.abs(late)) < 1e9 / RATE, "no worse than a period from the first poll on"
    assert np.abs(late[round(2 * RATE) :]).max() < 2 * MS
    t_ns, _ = result
    assert np.diff(t_ns).min() > 0


def test_a_loss_leaves_the_other_chip_alone():
    steady = polled(20, -0.01, sensor=1, seed=3)
    lossy = polled(20, 0.01)
    alone, _ = timed(steady.raw)
    raw = in_order_of_arrival(lossy, steady)
    first_of_poll = np.flatnonzero(lossy.raw["flags"] & Flag.LAST_OF_POLL)[400] + 1
    raw["flags"][(raw["sensor"] == 0) & (raw["seq"] == first_of_poll)] |= AFTER_LOSS
    t_ns, out = timed(raw)
    assert np.array_equal(t_ns[out["sensor"] == 1], alone)


@pytest.mark.parametrize(("off", "held_at"), [(0.10, 0.97), (-0.10, 1.03)])
def test_a_rate_that_no_chip_has_is_held_at_three_percent(off, held_at):
    t_ns, _ = timed(polled(60, off).raw)
    within_a_poll = np.median(np.diff(t_ns[-2000:]))
    assert within_a_poll == pytest.approx(held_at * 1e9 / RATE, rel=1e-3)


def test_the_stamps_of_interrupted_polls_count_nothing():
    raw = polled(20).raw
    polls = np.cumsum(raw["flags"] & Flag.LAST_OF_POLL) - (raw["flags"] & Flag.LAST_OF_POLL)
    unsure = (polls % 5 == 3) & (raw["seq"] > 10)
    raw["flags"][unsure] |= np.uint8(Flag.UNSURE_TIME)
    wild = raw.copy()
    wild["t_ns"][unsure] += 40_000_000
    assert np.array_equal(timed(wild)[0], timed(raw)[0])


CHIPS = in_order_of_arrival(polled(4, 0.008), polled(4, -0.006, sensor=1, seed=5))


@settings(deadline=None, max_examples=40)
@given(cuts=st.lists(st.integers(0, len(CHIPS)), max_size=12).map(sorted), lost=st.integers(2, 150))
def test_the_times_are_the_same_however_the_stream_is_cut(cuts, lost):
    raw = CHIPS.copy()
    first = np.flatnonzero(raw["flags"][raw["sensor"] == 0] & Flag.LAST_OF_POLL)[lost] + 1
    raw["flags"][(raw["sensor"] == 0) & (raw["seq"] == first)] |= AFTER_LOSS
    whole, cut = timed(raw), timed(raw, cuts)
    assert np.array_equal(cut[0], whole[0])
    assert np.array_equal(cut[1], whole[1])


def test_sample_by_sample_the_times_are_the_same():
    t_ns, raw = timed(CHIPS, range(1, len(CHIPS)))
    assert np.array_equal(t_ns, timed(CHIPS)[0])
    assert np.array_equal(raw, timed(CHIPS)[1])


def test_the_times_of_a_timed_stream_are_taken_as_they_are_if_they_rise():
    header = Header(session_id="s", unit="SI", clock="timed", rate_hz=100.0)
    raw = np.zeros(8, RAW_SI)
    raw["t_ns"] = [10, 10, 20, 20, 15, 25, 30, 30]
    raw["sensor"] = [0, 1, 0, 1, 0, 1, 0, 0]
    t_ns, kept = timed(raw, [3, 5], header)
    assert t_ns.tolist() == [10, 10, 20, 20, 25, 30]
    assert kept["sensor"].tolist() == [0, 1, 0, 1, 1, 0]
