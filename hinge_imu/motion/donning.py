"""Whether somebody has put the strap on and stands: moved first, and then still as only a person is."""

from __future__ import annotations

import numpy as np

from hinge_imu.motion.rest import STILL_S, Stillness
from hinge_imu.motion.timeline import Timeline
from hinge_imu.samples import NS, Floats, Frames, Header, RawArray

TABLE = np.radians(0.3)
"""Root mean square of all axes (rad/s) below which a board lies: people who stand sway by 1.1 deg/s at least, and the
chip's own noise is 0.06 (PS-MPU-6000A 6.1, behind 44 Hz). Chosen between them."""


class Donning:
    """Looks at the samples of a strap that waits; a sensor that is away is not asked.

    Parameters
    ----------
    header
        What the samples mean.
    worn
        Whether the strap is known to be on someone already, so that standing still is enough.
    """

    def __init__(self, header: Header, *, worn: bool = False) -> None:
        self._sensors = header.sensors
        self._timeline = Timeline(header)
        self._stillness = {sensor: Stillness(header.rate_hz) for sensor in header.sensors}
        self._recent = {sensor: np.empty((0, 3)) for sensor in header.sensors}
        self._handled = worn

    def push(self, raw: RawArray) -> float | None:
        """Take samples; return since when (s, of the samples' own times) the wearer stands, None where nobody does."""
        frames = self._timeline.push(raw)
        self._timeline.said()
        if not len(frames.t_ns):
            return None
        seen = [self._stands(sensor, frames) for sensor in self._sensors if self._all_there(sensor, frames)]
        if seen and all(seen) and self._handled:
            return float(frames.t_ns[-1]) * NS - STILL_S
        return None

    def _all_there(self, sensor: int, frames: Frames) -> bool:
        there = bool(frames.valid[:, sensor].all())
        if not there:
            self._stillness[sensor].restart()
        return there

    def _stands(self, sensor: int, frames: Frames) -> bool:
        stillness = self._stillness[sensor]
        gyr, acc = frames.gyr[:, sensor], frames.acc[:, sensor]
        standing = stillness.push(gyr, acc).standing
        self._handled = self._handled or not standing.all()
        recent = np.concatenate([self._recent[sensor], gyr])[-stillness.second :]
        self._recent[sensor] = recent
        return bool(standing[-1] >= stillness.second) and _unrest(recent) > TABLE


def _unrest(gyr: Floats) -> float:
    """Return the root mean square of all axes together (rad/s) of (N,3) about their mean."""
    return float(np.sqrt(np.sum(np.var(gyr, axis=0))))
