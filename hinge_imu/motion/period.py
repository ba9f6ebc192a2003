"""One chip's running line: what its polls say about when it takes its samples.

A chip samples evenly by its own clock, up to a few percent off its nominal rate, and the host sees samples only when it
polls: the newest sample of a poll is between none and one period old. The line through (sample number, stamp) of the
last thousand polls therefore runs half a period late, at the chip's true rate.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.signal import lfilter

from hinge_imu.samples import Bools, Floats, Times

FORGETTING = 1 - 1 / 1000
"""Weight kept from poll to poll: the fit looks back about a thousand polls, some 20 s."""

PRIOR = 100.0**2 / 12.0
"""How firmly the first polls hold to the period that is expected, in samples^2: stamps scatter evenly over one period
(variance T^2/12), the period itself by 1 % (PS-MPU-6000A rev 3.4, section 7.15)."""

KNOWN = 1000.0**2 / 12.0
"""The same for a period that was measured before a loss: the chip's warming moves it by 0.1 % at most meanwhile."""

MOVED = 30.0**2 / 12.0
"""The same once a step has shown that it is not what it was."""

MOST_OFF = 0.03
"""No chip's rate is further from nominal than this; the period that samples are spaced by is held here."""

STRAY = 0.75
"""Stamps lie within half a period of the line, so a poll this many periods off it is wrong, or the line is."""

STEP, WITHIN = 3, 5
"""So many strays of the last so many polls, off alike: time itself has moved, as after a sample lost unnoticed, or the
rate has, by twice `MOST_OFF` at most."""

AT_A_TIME = 512
"""Polls that are put to the line together; a stray among them ends the batch."""


class Lines(NamedTuple):
    """The line as of each poll: how late its stamp is (N,) ns, the chip's period (N,) ns, and how many polls tell."""

    late_ns: Floats
    period_ns: Floats
    polls: Floats


class Stray(NamedTuple):
    """A poll off the line: its number, stamp (ns), newest sample, and how far off it is (ns)."""

    poll: int
    stamp_ns: int
    seq: int
    off_ns: float


class PeriodFit:
    """The running line of one chip, from its expected period in ns and how firmly that is held to (`PRIOR`).

    Polls off the line of the poll before by more than `STRAY` periods count nothing; when they persist, the line starts
    anew from them. What a poll does is decided by the polls before it alone.
    """

    def __init__(self, period_ns: float, prior: float = PRIOR) -> None:
        self._period_ns, self._prior = period_ns, prior
        self._origin: tuple[int, int] | None = None  # stamp and sample number of the first poll
        self._sums = np.zeros(5)  # of 1, k, r, k^2, kr, weighted by age: see _lines
        self._polls = 0
        self._last_seq = 0
        self._strays: list[Stray] = []

    @property
    def started(self) -> bool:
        """Whether a poll with a stamp worth anything has been seen."""
        return bool(self._sums[0])

    def restarted(self) -> PeriodFit:
        """Return the fit for the samples after a loss: the period is known by now, the start is not."""
        s0, sk, _, skk, _ = self._sums
        return PeriodFit(self._period_now(), min(self._prior + skk - sk * sk / max(s0, 1.0), KNOWN))

    def push(self, stamp_ns: Times, seq: Times, sure: Bools) -> Lines:
        """Take polls: stamps, numbers of their newest samples, and whether the stamps are worth anything."""
        if self._origin is None:
            self._origin, self._last_seq = (int(stamp_ns[0]), int(seq[0])), int(seq[0])
        counts = sure.copy()
        parts = []
        done = 0
        while done < len(seq):
            batch = slice(done, done + AT_A_TIME)
            stamps, numbers = stamp_ns[batch], seq[batch]
            lines, sums, off = self._lines(stamps, numbers, counts[batch])
            stray = self._first_stray(off, counts[batch], numbers, sums[0])
            if stray:
                parts.append(Lines(*(values[:stray] for values in lines)))
                self._sums, self._last_seq = sums[:, stray], int(numbers[stray - 1])
                self._polls += int(np.count_nonzero(sure[batch][:stray]))
            done += stray
            if stray < len(off):
                # The stray comes up again as the first of the next batch, uncounted, or on a line of its own.
                counts[done] = self._stepped(int(stamps[stray]), int(numbers[stray]), float(off[stray]))
        return parts[0] if len(parts) == 1 else Lines(*map(np.concatenate, zip(*parts, strict=True)))

    def _lines(self, stamp_ns: Times, seq: Times, counts: Bools) -> tuple[Lines, Floats, Floats]:
        """Return the line as of each poll, the sums (5,N+1) before and after, and how far each is off the line before.

        k is the sample number and r (ns) what the stamp is beyond the origin and k expected periods.
        """
        first_ns, first_seq = self._origin or (0, 0)
        k = (seq - first_seq).astype(np.float64)
        r = (stamp_ns - first_ns) - k * self._period_ns
        rows = np.array([np.ones_like(k), k, r, k * k, k * r]) * counts
        after, _ = lfilter([1.0], [1.0, -FORGETTING], rows, axis=1, zi=FORGETTING * self._sums[:, None])
        sums = np.concatenate([self._sums[:, None], after], axis=1)
        start, slope = _line(sums, self._prior)
        off = r - (start[:-1] + slope[:-1] * k)
        late = r - (start[1:] + slope[1:] * k)
        return Lines(late, self._period_ns + slope[1:], sums[0, 1:]), sums, off

    def _first_stray(self, off_ns: Floats, counts: Bools, seq: Times, polls: Floats) -> int:
        """Return the index of the first poll that is further off than it may be, or how many there are."""
        far = (np.abs(off_ns) > STRAY * self._period_ns) & counts
        if not far.any():
            return len(far)
        # A young line is as unsure as its first stamps, and its period still is as far ahead as the poll is late.
        ahead = np.diff(seq, prepend=self._last_seq)
        doubt = (0.5 + MOST_OFF * ahead) / np.maximum(polls[:-1], 1e-9)
        stray = np.flatnonzero(far & (np.abs(off_ns) > (STRAY + doubt) * self._period_ns))
        return int(stray[0]) if len(stray) else len(far)

    def _stepped(self, stamp_ns: int, seq: int, off_ns: float) -> bool:
        """Remember a stray; where enough of late agree with it, start the line anew from them and say so."""
        self._strays = [stray for stray in self._strays if self._polls - stray.poll < WITHIN]
        self._strays.append(Stray(self._polls, stamp_ns, seq, off_ns))
        alike = [
            stray
            for stray in self._strays
            if stray.off_ns * off_ns > 0
            and abs(stray.off_ns - off_ns) < (1 + 2 * MOST_OFF * (seq - stray.seq)) * self._period_ns
        ]
        if len(alike) < STEP:
            return False
        # What moved time may have been a change of the rate.
        self._period_ns, self._prior = self._period_now(), MOVED
        self._origin, self._sums, self._strays = (alike[0].stamp_ns, alike[0].seq), np.zeros(5), []
        *others, _ = alike
        stamps, numbers = (np.array([stray[i] for stray in others], np.int64) for i in (1, 2))
        _, sums, _ = self._lines(stamps, numbers, np.ones(len(others), bool))
        self._sums, self._last_seq = sums[:, -1], int(numbers[-1])
        return True

    def _period_now(self) -> float:
        return self._period_ns + float(_line(self._sums, self._prior)[1])


def _line(sums: Floats, prior: float) -> tuple[Floats, Floats]:
    """Return start and slope of the line that sums (5,) or (5,N) make; both 0 where there is nothing yet."""
    s0, sk, sr, skk, skr = sums
    s0 = np.maximum(s0, 1e-9)
    slope = (skr - sk * sr / s0) / (skk - sk * sk / s0 + prior)
    return (sr - slope * sk) / s0, slope
