"""When was each sample taken? Host stamps say when a poll saw it; a line through many polls says when it was."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hinge_imu.events import SensorEvent
from hinge_imu.motion.period import MOST_OFF, PeriodFit
from hinge_imu.samples import NS, SEGMENTS, Bools, Flag, Header, RawArray, Times

LAST_OF_POLL, AFTER_LOSS, UNSURE_TIME = map(np.uint8, (Flag.LAST_OF_POLL, Flag.AFTER_LOSS, Flag.UNSURE_TIME))

EVIDENCE = 150
"""Polls that must have said so before a chip's rate is called wrong: some 5 s, in which 3 % are 30 samples."""

PATIENCE = 8
"""The first samples after a loss wait for a poll whose stamp can be trusted, but for so many polls at most."""


class Timed(NamedTuple):
    """Raw samples with their own times: t_ns (N,) when each was taken, and the raw rows, in order of arrival."""

    t_ns: Times
    raw: RawArray


class Clock:
    """Raw blocks in, raw blocks with the samples' own times out; a sample waits until its poll is complete."""

    def __init__(self, header: Header) -> None:
        self._timed = header.clock == "timed"
        self._delay_ns = header.delay_s * 1e9
        self._nominal_ns = 1e9 / header.rate_hz
        self._open = np.empty(0, header.dtype)
        self._fits = [PeriodFit(self._nominal_ns) for _ in SEGMENTS]
        self._latest = np.full(len(SEGMENTS), np.iinfo(np.int64).min)
        self._alarmed: set[int] = set()
        self._said: list[tuple[int, SensorEvent]] = []

    def push(self, raw: RawArray) -> Timed:
        """Take raw samples in order of arrival; return those whose time is known now."""
        if self._timed:
            return self._advancing(raw["t_ns"], raw)
        pending = np.concatenate([self._open, raw]) if len(self._open) else raw
        closing = self._closing_index(pending)
        complete = np.flatnonzero(closing >= 0)
        order = complete[np.argsort(closing[complete], kind="stable")]
        if np.array_equal(order, np.arange(len(order))):
            self._open = pending[len(order) :].copy()
            return self._time(pending[: len(order)])
        self._open = pending[closing < 0]
        return self._time(pending[order])

    def finish(self) -> Timed:
        """Return what still waited for the end of its poll."""
        rest, self._open = self._open, self._open[:0]
        if not len(rest):
            return Timed(rest["t_ns"], rest)
        ends = [np.flatnonzero(rest["sensor"] == s)[-1:] for s in range(len(SEGMENTS))]
        rest["flags"][np.concatenate(ends)] |= LAST_OF_POLL
        return self._time(rest)

    def said(self) -> list[tuple[int, SensorEvent]]:
        """Return what there is to say since the last call, each with the newest time (ns) when it was decided."""
        said, self._said = self._said, []
        return said

    def _closing_index(self, raw: RawArray) -> Times:
        """Return for each sample the index of the sample that lets it go, -1 where that has not come yet."""
        closing = np.full(len(raw), -1, np.int64)
        for sensor in range(len(SEGMENTS)):
            mine = np.flatnonzero(raw["sensor"] == sensor)
            flags = raw["flags"][mine]
            ends = np.flatnonzero(flags & LAST_OF_POLL)
            ends = ends[~_held(flags, ends, started=self._fits[sensor].started)]
            whole = mine[: ends[-1] + 1] if len(ends) else mine[:0]
            closing[whole] = np.repeat(mine[ends], np.diff(ends, prepend=-1))
        return closing

    def _time(self, raw: RawArray) -> Timed:
        t_ns = np.empty(len(raw), np.int64)
        flags, stamp, seq = raw["flags"], raw["t_ns"], raw["seq"]
        alarms = []
        for sensor in range(len(SEGMENTS)):
            mine = np.flatnonzero(raw["sensor"] == sensor)
            # A loss begins a poll of its own, so each stretch between losses is whole polls.
            losses = np.flatnonzero(flags[mine] & AFTER_LOSS)
            for stretch in np.split(mine, losses) if len(losses) else [mine]:
                if len(stretch):
                    columns = flags[stretch], stamp[stretch], seq[stretch].astype(np.int64)
                    columns[0][-1] |= LAST_OF_POLL  # what a damaged recording lacks may be the end of a poll
                    t_ns[stretch], wrong = self._time_stretch(sensor, *columns)
                    alarms += [(int(stretch[row]), sensor, period) for row, period in wrong]
        for row, sensor, period_ns in sorted(alarms):
            newest = max(int(self._latest.max()), int(t_ns[: row + 1].max()))
            self._alarm(sensor, period_ns, int(t_ns[row]), newest)
        return self._advancing(t_ns, raw)

    def _time_stretch(
        self, sensor: int, flags: NDArray[np.uint8], stamp: Times, seq: Times
    ) -> tuple[Times, list[tuple[int, float]]]:
        """Return when the samples were taken, and the first row (at most one) that shows a wrong period (ns)."""
        if flags[0] & AFTER_LOSS:
            self._fits[sensor] = self._fits[sensor].restarted()
        fit = self._fits[sensor]
        ends = np.flatnonzero(flags & LAST_OF_POLL)
        held = _held(flags, ends, started=fit.started)
        held[-1] = False
        lines = fit.push(stamp[ends], seq[ends], flags[ends] & UNSURE_TIME == 0)
        lowest, highest = (1 - MOST_OFF) * self._nominal_ns, (1 + MOST_OFF) * self._nominal_ns
        period = np.minimum(np.maximum(lines.period_ns, lowest), highest)
        wrong = np.flatnonzero((period != lines.period_ns) & (lines.polls > EVIDENCE))[:1]
        poll = np.repeat(_next(~held), np.diff(ends, prepend=-1))
        # The stamps' own line runs half a period late.
        before = lines.late_ns[poll] + period[poll] * (seq[ends[poll]] - seq + 0.5) + self._delay_ns
        t_ns = stamp[ends[poll]] - np.rint(before).astype(np.int64)
        return t_ns, [(int(ends[i]), float(lines.period_ns[i])) for i in wrong]

    def _alarm(self, sensor: int, period_ns: float, t_ns: int, newest_ns: int) -> None:
        if sensor in self._alarmed:
            return
        self._alarmed.add(sensor)
        rate, nominal = 1e9 / period_ns, 1e9 / self._nominal_ns
        text = (
            f"the {SEGMENTS[sensor]} takes {rate:.1f} samples a second, {100 * (rate / nominal - 1):+.1f} % off its "
            f"{nominal:g}: a clone, or it runs on its internal oscillator; another board mends it"
        )
        event = SensorEvent(segment=SEGMENTS[sensor], what="rate", at_s=t_ns * NS, text=text)
        self._said.append((newest_ns, event))

    def _advancing(self, t_ns: Times, raw: RawArray) -> Timed:
        """Keep the samples that move their chip's time on; a line that was fitted anew may step back a little."""
        keep = np.zeros(len(raw), bool)
        for sensor in range(len(SEGMENTS)):
            mine = np.flatnonzero(raw["sensor"] == sensor)
            so_far = np.maximum.accumulate(np.concatenate([self._latest[sensor : sensor + 1], t_ns[mine]]))
            keep[mine] = t_ns[mine] > so_far[:-1]
            self._latest[sensor] = so_far[-1]
        return Timed(t_ns, raw) if keep.all() else Timed(t_ns[keep], raw[keep])


def _held(flags: NDArray[np.uint8], ends: Times, *, started: bool) -> Bools:
    """Return which of one chip's polls (by their ends) wait for a later one: no stamp since the loss is sure yet."""
    unsure = flags[ends] & UNSURE_TIME != 0
    held = np.zeros(len(ends), bool)
    if not unsure.any():
        return held
    losses = np.cumsum(flags & AFTER_LOSS != 0)[ends]
    for loss in np.unique(losses):
        polls = np.flatnonzero(losses == loss)
        if loss or not started:
            leading = polls[np.logical_and.accumulate(unsure[polls])]
            held[leading] = True
            held[leading[PATIENCE - 1 :: PATIENCE]] = False
    return held


def _next(chosen: Bools) -> Times:
    """Return for each place the index of the next chosen one, itself included; the last must be chosen."""
    index = np.arange(len(chosen))
    if chosen.all():
        return index
    return np.minimum.accumulate(np.where(chosen, index, len(chosen))[::-1])[::-1]
