from itertools import islice
from typing import NamedTuple

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hinge_imu.config import Config
from hinge_imu.motion.clock import Clock
from hinge_imu.samples import RAW, RAW_SI, Flag, Floats, Header, RawArray
from hinge_imu.sensing.budget import pauses_s, poll_period_s
from hinge_imu.sensing.sampler import Sampler
from hinge_imu.simulate.bus import SimulatedBus, VirtualClock
from hinge_imu.simulate.chip import Chip
from hinge_imu.simulate.imu import ImuErrors

RATE = 200.0
HEADER = Header(session_id="s", unit="counts", clock="polled", rate_hz=RATE)
PERIOD = 1e9 / RATE
MS = 1e6  # in ns
AFTER_LOSS, UNSURE_TIME = np.uint8(Flag.AFTER_LOSS), np.uint8(Flag.UNSURE_TIME)


class Polled(NamedTuple):
    """What the host saw of one chip, and when each sample really was taken (ns)."""

    raw: RawArray
    true_ns: Floats


def polled(seconds, off=0.0, *, sensor=0, from_s=0.0, seq=0, seed=0):
    """A chip whose clock runs ``off`` too fast, emptied as the driver does by a host that is sometimes held up."""
    rng = np.random.default_rng(seed)
    pauses = 1e9 * np.array(list(islice(pauses_s(RATE, poll_period_s(RATE)), round(seconds / 0.0372))))
    polls = 1e9 * from_s + np.cumsum(pauses + rng.exponential(0.3 * MS, len(pauses)))
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


def in_the_gym(seconds, off=0.0, *, sensor=0, seed=0, interrupted=0.03, stalled=0.02, reset_s=30.0, slipped=0.0):
    """A chip polled by a busy host: late now and then, interrupted in the count read, 20 samples a burst, reset."""
    rng = np.random.default_rng(seed)
    period = PERIOD / (1 + off)
    now, next_sample, next_reset, seq = 0.0, rng.uniform(0, period), 1e9 * reset_s, 0
    fifo, polls, true, lost = [], [], [], False
    pauses = pauses_s(RATE, poll_period_s(RATE))
    while now < seconds * 1e9:
        width = rng.exponential(5 * MS) if rng.random() < interrupted else rng.exponential(0.1 * MS)
        fifo += (new := np.arange(next_sample, now, period).tolist())
        next_sample += len(new) * period
        fifo = fifo[rng.integers(1, 4) :] if rng.random() < slipped else fifo
        if now > next_reset:
            fifo, lost, next_reset = [], True, next_reset + 1e9 * reset_s
        taken, fifo = fifo[:20], fifo[20:]
        if taken:
            raw = np.zeros(len(taken), RAW)
            raw["t_ns"], raw["sensor"] = now + width / 2 * rng.choice([-1, 1]), sensor
            raw["seq"] = seq + np.arange(len(taken))
            raw["flags"] = UNSURE_TIME if fifo or width > 2 * MS else 0
            raw["flags"][0] |= AFTER_LOSS if lost else 0
            raw["flags"][-1] |= Flag.LAST_OF_POLL
            polls, true, seq, lost = [*polls, raw], true + taken, seq + len(taken), False
        now += width + (2 * MS if fifo else 1e9 * next(pauses) + rng.exponential(0.3 * MS))
        now += rng.uniform(0, 350 * MS) if rng.random() < stalled else 0.0
    return Polled(np.concatenate(polls), np.array(true))


def in_order_of_arrival(*chips):
    raw = np.concatenate([chip.raw for chip in chips])
    return raw[np.argsort(raw["t_ns"], kind="stable")]


def timed(raw, cuts=(), header=HEADER):
    clock = Clock(header)
    parts = [clock.push(part) for part in np.split(raw.copy(), cuts)] + [clock.finish()]
    return np.concatenate([part.t_ns for part in parts]), np.concatenate([part.raw for part in parts])


def said(raw, cuts=(), header=HEADER):
    """Everything the clock says of these samples, the last poll left open."""
    clock, heard = Clock(header), []
    for part in np.split(raw.copy(), cuts):
        clock.push(part)
        heard += clock.said()
    return heard


def off_by(chip, times_and_raw):
    """Return how late each of a chip's samples was put (ns), by its number."""
    t_ns, raw = times_and_raw
    mine = raw["sensor"] == chip.raw["sensor"][0]
    late = np.full(len(chip.raw), np.nan)
    number = raw["seq"][mine].astype(int) - int(chip.raw["seq"][0])
    own = (number >= 0) & (number < len(late))
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
        sampler = Sampler(Config(), clock=host.now)
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


@pytest.mark.parametrize("off", [0.01, -0.01])
def test_on_a_busy_host_nearly_all_times_are_right_within_a_millisecond_even_after_a_reset(off):
    chip = in_the_gym(300, off, seed=1)
    late = np.abs(off_by(chip, timed(chip.raw)))
    assert np.isfinite(late).all(), "no sample is thrown away"
    assert np.percentile(late, 99) < 1 * MS
    fresh = np.concatenate([late[start : start + 200] for start in np.flatnonzero(chip.raw["flags"] & AFTER_LOSS)])
    assert len(fresh) == 9 * 200
    assert np.percentile(fresh, 99) < 2.6 * MS, "one poll alone leaves half a period open"


def test_stamps_that_are_off_by_more_than_a_period_count_nothing():
    chip = polled(60, 0.01)
    polls = np.cumsum(chip.raw["flags"] & Flag.LAST_OF_POLL) - (chip.raw["flags"] & Flag.LAST_OF_POLL)
    wild = chip.raw.copy()
    wild["t_ns"] += np.where(np.isin(polls, np.arange(20, 2600, 23)), np.int64(40 * MS), 0)
    assert (wild["t_ns"] != chip.raw["t_ns"]).mean() > 0.03
    late = off_by(chip, timed(wild)) - off_by(chip, timed(chip.raw))
    assert np.abs(late).max() < 0.5 * MS


@pytest.mark.parametrize("lost", [1, 2, 7])
def test_samples_lost_unnoticed_are_found_out_within_a_fifth_of_a_second(lost):
    chip = polled(60, -0.008)
    there = np.delete(np.arange(len(chip.raw)), np.arange(6000, 6000 + lost))
    raw = chip.raw[there]
    raw["seq"] = np.arange(len(raw))
    result = timed(raw)
    late = np.abs(off_by(Polled(raw, chip.true_ns[there]), result))
    assert late[6000] > 0.9 * lost * PERIOD, "a poll cannot know"
    assert late[6000 + 40 :].max() < 0.5 * PERIOD
    assert late[8000:].max() < 1 * MS
    assert len(result[0]) == len(raw)


def test_when_the_host_s_clock_jumps_the_times_follow():
    chip = polled(60, 0.01)
    jumped = chip.raw.copy()
    jumped["t_ns"][jumped["t_ns"] > 30e9] += 10**9
    moved = chip.true_ns + np.where(jumped["t_ns"] > 31e9, 1e9, 0)
    late = np.abs(off_by(Polled(jumped, moved), timed(jumped)))
    wrong = np.flatnonzero(late > 2.6 * MS)
    assert 0 < len(wrong) <= 3 * 9, "three polls, which might have been late by themselves"


def test_a_rate_that_changes_is_learnt_anew():
    before = polled(60, -0.01)
    after = polled(60, 0.01, from_s=before.true_ns[-1] * 1e-9, seq=len(before.raw), seed=2)
    late = np.abs(off_by(after, timed(np.concatenate([before.raw, after.raw]))))
    assert np.isnan(late).sum() <= 1, "where the new line steps back, a sample may be none later than the one before"
    assert np.nanmax(late) < 2 * PERIOD
    assert late[400:].max() < 2 * MS


def test_a_clock_that_is_lost_and_found_again_and_again_is_followed():
    parts, from_s, seq = [], 0.0, 0
    for seed, off in enumerate([-0.05, 0.0, 0.05, -0.02, -0.05, 0.05, 0.0]):
        parts.append(polled(20, off, from_s=from_s, seq=seq, seed=seed))
        from_s, seq = parts[-1].raw["t_ns"][-1] * 1e-9, seq + len(parts[-1].raw)
    times = timed(np.concatenate([part.raw for part in parts]))
    late = [np.abs(off_by(part, times)[400:]) for part in parts]
    assert np.nanmax(np.concatenate(late)) < 2.5 * MS
    assert np.nanpercentile(np.concatenate(late), 99) < 1.5 * MS


def test_a_chip_far_off_its_rate_is_told_of_once():
    slow = in_the_gym(120, -0.06, sensor=1, seed=3)
    raw = in_order_of_arrival(polled(120, 0.02), slow)
    [(newest_ns, event)] = said(raw)
    assert (event.segment, event.what) == ("thorax", "rate")
    assert "188.0 samples a second, -6.0 % off its 200" in event.text
    assert 4 < event.at_s < 10
    assert event.at_s * 1e9 <= newest_ns < event.at_s * 1e9 + 400 * MS


@pytest.mark.parametrize("off", [0.025, -0.025])
def test_a_chip_within_three_percent_is_not_told_of_whatever_the_host_does(off):
    assert said(in_the_gym(200, off, slipped=0.01, seed=8).raw) == []


@pytest.mark.parametrize("off", [0.10, -0.10])
def test_the_times_of_a_chip_far_off_its_rate_are_still_near_the_truth(off):
    chip = polled(60, off)
    late = np.abs(off_by(chip, timed(chip.raw)))
    assert late[400:].max() < 1.5 * PERIOD


def test_the_samples_after_a_loss_wait_for_a_stamp_that_can_be_trusted():
    before = polled(60, 0.01)
    after = polled(2, 0.01, from_s=60.7133, seq=len(before.raw), seed=9)
    after.raw["flags"][0] |= AFTER_LOSS
    second, third = np.flatnonzero(after.raw["flags"] & Flag.LAST_OF_POLL)[[1, 2]]
    after.raw["t_ns"][: second + 1] += int(30 * MS)
    after.raw["flags"][: second + 1] |= UNSURE_TIME
    clock = Clock(HEADER)
    clock.push(before.raw)
    assert len(clock.push(after.raw[:third].copy()).t_ns) == 0
    assert len(clock.push(after.raw[third : third + 1].copy()).t_ns) == third + 1
    late = off_by(after, timed(np.concatenate([before.raw, after.raw])))
    assert np.abs(late).max() < 2.6 * MS


def test_where_no_stamp_can_be_trusted_the_samples_come_all_the_same():
    chip = polled(2)
    chip.raw["flags"] |= UNSURE_TIME
    clock = Clock(HEADER)
    ends = np.flatnonzero(chip.raw["flags"] & Flag.LAST_OF_POLL)
    assert len(clock.push(chip.raw[: ends[7]].copy()).t_ns) == 0
    assert len(clock.push(chip.raw[ends[7] :].copy()).t_ns) > 300
    assert np.abs(off_by(chip, timed(chip.raw))).max() < PERIOD


ROUGH = in_order_of_arrival(
    in_the_gym(14, 0.007, seed=11, interrupted=0.3, stalled=0.1, reset_s=1.5, slipped=0.05),
    in_the_gym(14, -0.08, sensor=1, seed=12, reset_s=8.5),
)


@settings(deadline=None, max_examples=40)
@given(cuts=st.lists(st.integers(0, len(ROUGH)), max_size=30).map(sorted))
def test_of_a_rough_session_too_the_times_and_what_is_said_are_the_same_however_it_is_cut(cuts):
    whole, cut = timed(ROUGH), timed(ROUGH, cuts)
    assert np.array_equal(cut[0], whole[0])
    assert np.array_equal(cut[1], whole[1])
    assert len(said(ROUGH)) == 1
    assert said(ROUGH, cuts) == said(ROUGH)


def test_sample_by_sample_a_rough_session_is_timed_the_same():
    cuts = range(1, len(ROUGH))
    assert np.array_equal(timed(ROUGH, cuts)[0], timed(ROUGH)[0])
    assert said(ROUGH, cuts) == said(ROUGH)


CHIPS = in_order_of_arrival(polled(4, 0.008), polled(4, -0.006, sensor=1, seed=5))


@settings(deadline=None, max_examples=40)
@given(cuts=st.lists(st.integers(0, len(CHIPS)), max_size=12).map(sorted), lost=st.integers(2, 100))
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
