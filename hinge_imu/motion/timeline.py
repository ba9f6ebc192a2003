"""From raw samples to frames: when each was taken, in SI and corrected, both chips on one grid."""

from __future__ import annotations

from hinge_imu.motion.calibrate import Calibrate
from hinge_imu.motion.clock import Clock
from hinge_imu.motion.grid import Grid
from hinge_imu.samples import Frames, Header, RawArray


class Timeline:
    """The first three steps of the pipeline, which know nothing of movement."""

    def __init__(self, header: Header) -> None:
        self._clock = Clock(header)
        self._calibrate = Calibrate(header)
        self._grid = Grid(header)

    def push(self, raw: RawArray) -> Frames:
        """Take raw samples in order of arrival, return the frames that are decided by them."""
        return self._grid.push(self._calibrate.push(self._clock.push(raw)))

    def finish(self) -> tuple[Frames, ...]:
        """Return the last frames."""
        return self._grid.push(self._calibrate.push(self._clock.finish())), self._grid.finish()
