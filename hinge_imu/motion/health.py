"""How each chip does: samples counted, and those that are no measurements said, stretch by stretch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hinge_imu.config import Segment
from hinge_imu.events import SensorEvent, SensorFact
from hinge_imu.motion.clock import Timed
from hinge_imu.samples import BAD, NS, SEGMENTS, Flag, Header, Times

ANY = np.uint8(BAD)

QUIET_NS = 1_000_000_000
"""A stretch of bad samples is over when the chip gave none for this long."""

LONGEST_NS = 10_000_000_000
"""One that does not end is said all the same, and begins anew."""


class Trouble(NamedTuple):
    """One way of a sample to be bad: its flag, under which name it is said, and in which words."""

    flag: Flag
    what: SensorFact
    words: str


@dataclass
class Stretch:
    """Bad samples of one kind, none long after the one before: times of first and last (ns), how many."""

    first_ns: int
    last_ns: int
    count: int = 0


class Health:
    """Timed samples in; what there is to say of the bad ones when their stretch is over.

    ``samples`` and ``left_out`` count all samples so far and the bad ones among them, by segment.
    """

    def __init__(self, header: Header) -> None:
        chip = header.config.chip
        widest = chip.acc_range_g == 16 and chip.gyr_range_dps == 2000
        range_mend = "it cannot be wider; fasten the sensor" if widest else "raise acc_range_g or gyr_range_dps"
        self._troubles = (
            Trouble(Flag.SATURATED, "saturated", f"stood at the end of their range: {range_mend}"),
            Trouble(Flag.SPIKE, "spike", "jumped further than a body can: shorten the cable, keep it from motors"),
            Trouble(Flag.FROZEN, "spike", "repeated the ones before to the last bit: the chip had stopped measuring"),
            Trouble(Flag.DEAD, "spike", "consisted of one byte repeated: look at the supply and at the wires"),
        )
        self.samples: dict[Segment, int] = dict.fromkeys(SEGMENTS, 0)
        self.left_out: dict[Segment, int] = dict.fromkeys(SEGMENTS, 0)
        self._newest_ns: int | None = None
        self._open: dict[tuple[int, Trouble], Stretch] = {}
        self._said: list[tuple[int, SensorEvent]] = []

    @property
    def end_s(self) -> float:
        """The time of the newest sample so far (s)."""
        return (self._newest_ns or 0) * NS

    def push(self, timed: Timed) -> None:
        """Take the next samples, each chip's in order of time."""
        t_ns, raw = timed
        if not len(t_ns):
            return
        if self._newest_ns is None:
            self._newest_ns = int(t_ns[0])
        bad = raw["flags"] & ANY
        for segment, samples in zip(SEGMENTS, np.bincount(raw["sensor"], minlength=len(SEGMENTS)), strict=True):
            self.samples[segment] += int(samples)
        if self._open or bad.any():
            newest = np.maximum(np.maximum.accumulate(t_ns), self._newest_ns)
            over = [each for sensor in range(len(SEGMENTS)) for each in self._follow(sensor, timed, bad)]
            self._said += [(int(newest[row]), event) for row, event in sorted(over, key=lambda each: each[0])]
        self._newest_ns = max(self._newest_ns, int(t_ns.max()))

    def finish(self) -> None:
        """End the stretches that are not over."""
        left = sorted(self._open.items(), key=lambda each: (each[1].first_ns, each[0]))
        self._said += [(self._newest_ns or 0, _event(*whose, stretch)) for whose, stretch in left]
        self._open.clear()

    def said(self) -> list[tuple[int, SensorEvent]]:
        """Return what there is to say since the last call, each with the newest time (ns) when it was decided."""
        said, self._said = self._said, []
        return said

    def _follow(self, sensor: int, timed: Timed, bad: NDArray[np.uint8]) -> Iterator[tuple[int, SensorEvent]]:
        """Yield the stretches of one chip that are over, each with the row that shows it."""
        mine = np.flatnonzero(timed.raw["sensor"] == sensor)
        flags = bad[mine]
        self.left_out[SEGMENTS[sensor]] += int(np.count_nonzero(flags))
        for trouble in self._troubles:
            hits = np.flatnonzero(flags & trouble.flag)
            if len(hits) or (sensor, trouble) in self._open:
                for row, stretch in self._stretches((sensor, trouble), timed.t_ns[mine], hits):
                    yield int(mine[row]), _event(sensor, trouble, stretch)

    def _stretches(self, whose: tuple[int, Trouble], t_ns: Times, hits: Times) -> Iterator[tuple[int, Stretch]]:
        """Yield stretches with the row (of t_ns) that ends each; what is not over stays open."""
        times = t_ns[hits]
        breaks = np.flatnonzero(np.diff(times) > QUIET_NS) + 1
        stretch = self._open.pop(whose, None)
        done = 0
        while stretch is not None or done < len(hits):
            if stretch is None:
                stretch = Stretch(int(times[done]), int(times[done]))
            stop = _stop(stretch, times, breaks, done)
            if stop > done:
                stretch.count += stop - done
                stretch.last_ns = int(times[stop - 1])
            quiet = int(np.searchsorted(t_ns, stretch.last_ns + QUIET_NS, side="right"))
            row = min(quiet, int(hits[stop])) if stop < len(hits) else quiet
            if row == len(t_ns):
                self._open[whose] = stretch
                return
            yield row, stretch
            stretch, done = None, stop


def _stop(stretch: Stretch, times: Times, breaks: Times, done: int) -> int:
    """Return up to which of the bad samples, those before ``done`` gone, the stretch reaches."""
    if done < len(times) and times[done] - stretch.last_ns > QUIET_NS:
        return done
    later = breaks[np.searchsorted(breaks, done, side="right") :]
    longest = int(np.searchsorted(times, stretch.first_ns + LONGEST_NS))
    return min(longest, int(later[0])) if len(later) else longest


def _event(sensor: int, trouble: Trouble, stretch: Stretch) -> SensorEvent:
    segment = SEGMENTS[sensor]
    samples = "1 sample" if stretch.count == 1 else f"{stretch.count} samples"
    return SensorEvent(
        segment=segment,
        what=trouble.what,
        at_s=stretch.first_ns * NS,
        count=stretch.count,
        text=f"{samples} of the {segment} {trouble.words}",
    )
