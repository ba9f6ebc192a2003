"""From raw samples to frames: when each was taken, in SI and corrected, both chips on one grid."""

from __future__ import annotations

from hinge_imu.events import Said
from hinge_imu.motion.calibrate import Calibrate
from hinge_imu.motion.clock import Clock, Timed
from hinge_imu.motion.grid import Grid
from hinge_imu.motion.health import Health
from hinge_imu.samples import NS, Frames, Header, RawArray


class Timeline:
    """The first three steps of the pipeline, which know nothing of movement; ``health`` counts what passes."""

    def __init__(self, header: Header) -> None:
        self._clock = Clock(header)
        self._calibrate = Calibrate(header)
        self._grid = Grid(header)
        self._period_ns = round(1e9 / header.rate_hz)
        self.health = Health(header)

    def push(self, raw: RawArray) -> Frames:
        """Take raw samples in order of arrival, return the frames that are decided by them."""
        return self._frames(self._clock.push(raw))

    def finish(self) -> tuple[Frames, ...]:
        """Return the last frames."""
        last = self._frames(self._clock.finish())
        self.health.finish()
        return last, self._grid.finish()

    def said(self) -> list[Said]:
        """Return what there is to say of the chips since the last call.

        Each comes with a time that no frame has reached when it is decided, however the stream is cut: a period after
        the newest sample of any chip.
        """
        # A nanosecond sets what the clock says apart from what is said of the same sample.
        clock = [(newest_ns + 1, event) for newest_ns, event in self._clock.said()]
        return [((ns + self._period_ns) * NS, event) for ns, event in [*self.health.said(), *clock]]

    def _frames(self, timed: Timed) -> Frames:
        self.health.push(timed)
        return self._grid.push(self._calibrate.push(timed))
