"""Two chips, each with its own times, onto one even time grid; what is missing and what is bridged is marked."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from hinge_imu.motion.calibrate import Measured
from hinge_imu.samples import SEGMENTS, Bools, Floats, Frames, Header, Times

LATE_NS = 250_000_000
"""A chip that is late is waited for this long, in stream time; then its samples count as lost."""

HOLE_NS = 60_000_000_000
"""A hole in which no chip says anything is no longer than this on the grid: a clock that jumps must not fill memory."""

HOLE_PERIODS = 1.5
"""Neighbours further apart than this have lost at least one between them: no chip is so far off its rate."""

BRIDGE_S, BRIDGE_PERIODS = 0.05, 2.5
"""The widest hole that a straight line is drawn over: 50 ms, or one lost sample where the rate is low."""


@dataclass
class Track:
    """The recent samples of one chip: times (ns), values (6,N), and the newest time of any chip when each arrived."""

    t: Times = field(default_factory=lambda: np.empty(0, np.int64))
    values: Floats = field(default_factory=lambda: np.empty((6, 0)))
    seen_at: Times = field(default_factory=lambda: np.empty(0, np.int64))

    def extend(self, t: Times, values: Floats, seen_at: Times) -> None:
        """Append newly arrived samples."""
        self.t = np.concatenate([self.t, t])
        self.values = np.concatenate([self.values, values], axis=1)
        self.seen_at = np.concatenate([self.seen_at, seen_at])

    def forget(self, before: int) -> None:
        """Drop what no grid point from ``before`` on can need: all but the last sample earlier than it."""
        first = max(0, int(np.searchsorted(self.t, before)) - 1)
        self.t, self.values, self.seen_at = self.t[first:], self.values[:, first:], self.seen_at[first:]

    def at(self, grid: Times, near: int, hole: int, bridge: int) -> tuple[Floats, Bools, Bools]:
        """Return the values (6,N) at the grid's times, where they are valid, and where bridged across a hole (N,).

        A sample within ``near`` of a grid point is taken as it is, so that an already even recording passes untouched.
        """
        if not len(self.t):
            return np.zeros((6, len(grid))), np.zeros(len(grid), bool), np.zeros(len(grid), bool)
        after = np.searchsorted(self.t, grid - near)
        known = after < len(self.t)
        after = np.minimum(after, len(self.t) - 1)
        before = np.maximum(after - 1, 0)
        t0, t1 = self.t[before], self.t[after]
        on_it = np.abs(t1 - grid) <= near
        earlier, values = self.values.take(before, axis=1), self.values.take(after, axis=1)
        between = values - earlier
        between *= (grid - t0) / np.maximum(t1 - t0, 1)
        between += earlier
        spanned = (t0 <= grid) & (t1 - t0 <= bridge) & (t1 > t0)
        in_time = self.seen_at[after] - grid <= LATE_NS
        valid = known & in_time & (on_it | spanned)
        bridged = valid & ~on_it & (t1 - t0 > hole)
        np.copyto(between, values, where=on_it)
        return between, valid, bridged


class Grid:
    """Samples in order of arrival in, frames out, each as soon as every worn chip has passed it or is given up."""

    def __init__(self, header: Header) -> None:
        self._period = 1e9 / header.rate_hz
        self._near = round(self._period / 100)
        self._hole = round(HOLE_PERIODS * self._period)
        self._bridge = round(max(BRIDGE_S * 1e9, BRIDGE_PERIODS * self._period))
        self._tracks = {sensor: Track() for sensor in header.sensors}
        self._origin: int | None = None
        self._newest = 0
        self._next = 0

    def push(self, measured: Measured) -> Frames:
        """Take samples, return the frames that are decided by them."""
        if not len(measured.t_ns):
            return self._frames(self._next)
        if self._origin is None:
            self._origin = self._newest = int(measured.t_ns[0])
        newest = np.maximum.accumulate(np.concatenate([[self._newest], measured.t_ns]))
        jumps = np.flatnonzero(np.diff(newest) > HOLE_NS)
        if not len(jumps):
            return self._take(measured)
        first, *later = np.split(np.arange(len(measured.t_ns)), jumps)
        frames = [self._take(measured.part(first))]
        for piece in later:
            frames.append(self._frames(self._index(self._newest + HOLE_NS) + 1))
            self._next = self._index(int(measured.t_ns[piece[0]]))
            frames.append(self._take(measured.part(piece)))
        return Frames(*(np.concatenate(part) for part in zip(*frames, strict=True)))

    def _take(self, measured: Measured) -> Frames:
        """Take samples with no jump between them."""
        seen_at = np.maximum(np.maximum.accumulate(measured.t_ns), self._newest)
        self._newest = int(seen_at[-1]) if len(seen_at) else self._newest
        values = np.concatenate([measured.acc.T, measured.gyr.T])
        for sensor, track in self._tracks.items():
            mine = np.flatnonzero(measured.sensor == sensor)
            track.extend(measured.t_ns[mine], values.take(mine, axis=1), seen_at[mine])
        given_up = self._newest - LATE_NS - 1 - self._near
        reached = min(max(given_up, int(track.t[-1]) if len(track.t) else given_up) for track in self._tracks.values())
        return self._frames(self._index(reached) + 1)

    def finish(self) -> Frames:
        """Return the frames up to the very last sample; nobody is waited for any more."""
        return self._frames(self._next if self._origin is None else self._index(self._newest) + 1)

    def _index(self, t_ns: int) -> int:
        """Return the number of the last grid point that is not beyond ``t_ns``."""
        return int(np.floor((t_ns + self._near - (self._origin or 0)) / self._period))

    def _frames(self, stop: int) -> Frames:
        grid = (self._origin or 0) + np.rint(np.arange(self._next, max(stop, self._next)) * self._period).astype(
            np.int64
        )
        self._next = max(stop, self._next)
        values = np.zeros((6, len(SEGMENTS), len(grid)))
        valid, bridged = np.zeros((2, len(SEGMENTS), len(grid)), bool)
        for sensor, track in self._tracks.items():
            at = track.at(grid, self._near, self._hole, self._bridge)
            values[:, sensor], valid[sensor], bridged[sensor] = at
            if len(grid):
                track.forget(int(grid[-1]) - self._near)
        return Frames(grid, values[:3].T, values[3:].T, valid.T, bridged.T)
