"""What a person should know about the stream: its holes, and a start without standing still."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hinge_imu.events import NoticeEvent, Said, SensorEvent
from hinge_imu.motion.rest import STILL_S
from hinge_imu.samples import NS, SEGMENTS, Bools, Frames, Header, SagittalAngles, Times

LEAST_HOLE_S = 0.05
"""Narrower holes are bridged, except at the end, where one chip stops a sample before the other."""

LEAST_START_S = 0.5
"""Two chips are started one after the other; one that comes this much later than the other was missing."""

PATIENCE_S = STILL_S + 0.5
"""A wearer who stands still at once has angles after a second; much later deserves a word."""


class Notices:
    """Frames and their angles in, notices out; a hole is said when it ends."""

    def __init__(self, header: Header) -> None:
        self._sensors = header.sensors
        self._lost_at: list[int | None] = [None] * len(SEGMENTS)
        self._first_ns: int | None = None
        self._last_ns = 0
        self._stood = False

    def push(self, frames: Frames, angles: SagittalAngles) -> Iterator[Said]:
        """Take the next frames, at least one, with their angles."""
        if self._first_ns is None:
            self._first_ns = int(frames.t_ns[0])
        self._last_ns = int(frames.t_ns[-1])
        for sensor in self._sensors:
            yield from self._holes(sensor, frames.t_ns, frames.valid[:, sensor])
        if not self._stood:
            yield from self._wait(angles)

    def finish(self) -> Iterator[Said]:
        """Say the holes that never ended, and that nobody ever stood still."""
        for sensor, lost_at in enumerate(self._lost_at):
            if lost_at is not None:
                yield from self._hole(sensor, lost_at, self._last_ns)
        if self._first_ns is None:
            yield _notice(0.0, "no samples came, so there are no angles and no reps")
        elif not self._stood:
            yield _notice(
                self._last_ns * NS,
                "no angles and no reps: the wearer never stood still for a second; begin a recording with that",
            )

    def _holes(self, sensor: int, t_ns: Times, valid: Bools) -> Iterator[Said]:
        """Yield the holes that end here; a change from the sample before begins or ends one."""
        before = np.concatenate([[self._lost_at[sensor] is None], valid[:-1]])
        for change in np.flatnonzero(valid != before):
            lost_at = self._lost_at[sensor]
            if lost_at is not None:
                yield from self._hole(sensor, lost_at, int(t_ns[change]))
            self._lost_at[sensor] = None if valid[change] else int(t_ns[change])

    def _hole(self, sensor: int, start_ns: int, stop_ns: int) -> Iterator[Said]:
        lost_s = (stop_ns - start_ns) * NS
        if lost_s >= (LEAST_START_S if start_ns == self._first_ns else LEAST_HOLE_S):
            yield stop_ns * NS, SensorEvent(segment=SEGMENTS[sensor], what="gap", at_s=start_ns * NS, lost_s=lost_s)

    def _wait(self, angles: SagittalAngles) -> Iterator[Said]:
        known = np.flatnonzero(np.isfinite(angles.pelvis) | np.isfinite(angles.thorax))
        if not len(known):
            return
        self._stood = True
        waited = float(angles.t_ns[known[0]] - (self._first_ns or 0)) * NS
        if waited > PATIENCE_S:
            yield _notice(
                float(angles.t_s[known[0]]),
                f"the wearer did not stand still for the first {waited:.1f} s: no angles and no reps before that",
            )


def _notice(at_s: float, text: str) -> Said:
    return at_s, NoticeEvent(text=text, at_s=at_s)
