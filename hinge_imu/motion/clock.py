"""When was each sample taken? Host stamps say when a poll saw it; a straight line through many polls says when it was.

A chip samples evenly by its own clock, up to a few percent off its nominal rate, and the host sees samples only when it
polls: the newest sample of a poll is between none and one period old. The line through (sample number, stamp) of the
last thousand polls therefore runs half a period late, at the chip's true rate.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from scipy.signal import lfilter

from hinge_imu.samples import SEGMENTS, Flag, Floats, Header, RawArray, Times

FORGETTING = 1 - 1 / 1000
"""Weight kept from poll to poll: the fit looks back about a thousand polls, some 20 s."""

PRIOR = 100.0**2 / 12.0
"""How firmly the first polls hold to the nominal period, in samples^2: stamps scatter evenly over one period
(variance T^2/12), the period itself by 1 % (PS-MPU-6000A rev 3.4, section 7.15)."""

MOST_OFF = 0.03
"""No chip's rate is further from nominal than this; a fit that says so is held here."""


class Timed(NamedTuple):
    """Raw samples with their own times: t_ns (N,) when each was taken, and the raw rows, in order of arrival."""

    t_ns: Times
    raw: RawArray


@dataclass
class PeriodFit:
    """The running line of one chip: ``sums`` are those of 1, k, r, k^2, kr, weighted by age.

    k is the sample number and r (ns) what the stamp is beyond ``first_ns`` + k * ``period_ns``.
    """

    period_ns: float
    first_ns: int | None = None
    first_seq: int = 0
    sums: Floats = field(default_factory=lambda: np.zeros((5, 1)))

    def push(self, stamp_ns: Times, seq: Times, sure: Floats) -> tuple[Floats, Floats]:
        """Take polls (stamp, number of its newest sample, weight 0 or 1); return each poll's line (start, slope) in ns.

        The lines belong to sample numbers counted from ``first_seq``, and to times counted from ``first_ns``.
        """
        if self.first_ns is None:
            self.first_ns, self.first_seq = int(stamp_ns[0]), int(seq[0])
        k = (seq - self.first_seq).astype(np.float64)
        r = (stamp_ns - self.first_ns) - k * self.period_ns
        rows = np.stack([np.ones_like(k), k, r, k * k, k * r]) * sure
        sums, self.sums = lfilter([1.0], [1.0, -FORGETTING], rows, axis=1, zi=self.sums)
        s0, sk, sr, skk, skr = sums
        s0 = np.maximum(s0, 1e-9)
        slope = (skr - sk * sr / s0) / (skk - sk * sk / s0 + PRIOR)
        slope = np.clip(slope, -MOST_OFF * self.period_ns, MOST_OFF * self.period_ns)
        start = (sr - slope * sk) / s0
        return start, slope + self.period_ns

    def restarted(self) -> PeriodFit:
        """Return the fit for the samples after a loss: the period is known by now, the start is not."""
        s0, sk, sr, skk, skr = self.sums[:, 0]
        slope = (skr - sk * sr / max(s0, 1e-9)) / (skk - sk * sk / max(s0, 1e-9) + PRIOR)
        limit = MOST_OFF * self.period_ns
        return PeriodFit(self.period_ns + float(np.clip(slope, -limit, limit)))


class Clock:
    """Raw blocks in, raw blocks with the samples' own times out; a sample waits until its poll is complete."""

    def __init__(self, header: Header) -> None:
        self._timed = header.clock == "timed"
        self._delay_ns = header.delay_s * 1e9
        self._open = np.empty(0, header.dtype)
        self._fits = [PeriodFit(1e9 / header.rate_hz) for _ in SEGMENTS]
        self._latest = np.full(len(SEGMENTS), np.iinfo(np.int64).min)

    def push(self, raw: RawArray) -> Timed:
        """Take raw samples in order of arrival; return those whose time is known now."""
        if self._timed:
            return self._advancing(raw["t_ns"], raw)
        pending = np.concatenate([self._open, raw]) if len(self._open) else raw
        closing = _closing_index(pending)
        complete = closing >= 0
        self._open = pending[~complete]
        order = np.flatnonzero(complete)[np.argsort(closing[complete], kind="stable")]
        return self._time(pending[order])

    def finish(self) -> Timed:
        """Return what still waited for the end of its poll."""
        rest, self._open = self._open, self._open[:0]
        if not len(rest):
            return Timed(rest["t_ns"], rest)
        ends = [np.flatnonzero(rest["sensor"] == s)[-1:] for s in range(len(SEGMENTS))]
        rest["flags"][np.concatenate(ends)] |= np.uint8(Flag.LAST_OF_POLL)
        return self._time(rest)

    def _time(self, raw: RawArray) -> Timed:
        t_ns = np.empty(len(raw), np.int64)
        for sensor in range(len(SEGMENTS)):
            mine = np.flatnonzero(raw["sensor"] == sensor)
            # A loss begins a poll of its own, so each stretch between losses is whole polls.
            losses = np.flatnonzero(raw["flags"][mine] & Flag.AFTER_LOSS)
            for stretch in np.split(mine, losses):
                if len(stretch):
                    t_ns[stretch] = self._time_stretch(sensor, raw[stretch])
        return self._advancing(t_ns, raw)

    def _time_stretch(self, sensor: int, raw: RawArray) -> Times:
        if raw["flags"][0] & Flag.AFTER_LOSS and self._fits[sensor].first_ns is not None:
            self._fits[sensor] = self._fits[sensor].restarted()
        fit = self._fits[sensor]
        ends = np.flatnonzero(raw["flags"] & Flag.LAST_OF_POLL)
        sure = (raw["flags"][ends] & Flag.UNSURE_TIME == 0).astype(np.float64)
        seq = raw["seq"].astype(np.int64)
        start, period = fit.push(raw["t_ns"][ends], seq[ends], sure)
        poll = np.searchsorted(ends, np.arange(len(raw)))
        since = start[poll] + period[poll] * (seq - fit.first_seq - 0.5) - self._delay_ns
        first_ns = fit.first_ns or 0
        return first_ns + np.rint(since).astype(np.int64)

    def _advancing(self, t_ns: Times, raw: RawArray) -> Timed:
        """Keep the samples that move their chip's time on; a line that was fitted anew may step back a little."""
        keep = np.zeros(len(raw), bool)
        for sensor in range(len(SEGMENTS)):
            mine = np.flatnonzero(raw["sensor"] == sensor)
            so_far = np.maximum.accumulate(np.concatenate([self._latest[sensor : sensor + 1], t_ns[mine]]))
            keep[mine] = t_ns[mine] > so_far[:-1]
            self._latest[sensor] = so_far[-1]
        return Timed(t_ns[keep], raw[keep])


def _closing_index(raw: RawArray) -> Times:
    """Return for each sample the index of the sample that ends its poll, -1 where that has not come yet."""
    closing = np.full(len(raw), -1, np.int64)
    for sensor in range(len(SEGMENTS)):
        mine = np.flatnonzero(raw["sensor"] == sensor)
        ends = np.flatnonzero(raw["flags"][mine] & Flag.LAST_OF_POLL)
        whole = mine[: ends[-1] + 1] if len(ends) else mine[:0]
        closing[whole] = mine[ends][np.searchsorted(ends, np.arange(len(whole)))]
    return closing
