"""The angles over each rep, once more: so that a coach's store has no holes where the link was lost."""

from __future__ import annotations

import numpy as np

from hinge_imu.events import RepEvent, TraceEvent
from hinge_imu.publish.angles import Thin, fields, joined, part
from hinge_imu.samples import NS, SagittalAngles

KEPT_S = 120.0
"""How long angles are kept for a rep that may yet be confirmed. Chosen: reps are settled well within a minute."""

LONGEST_S = 60.0
"""A trace ends here at the latest, some 80 kB: brokers that bound a message allow 128 kB and more. Chosen."""


class Traces:
    """Remembers the last `KEPT_S` of angles, thinned as those that are said live, and cuts reps out of them."""

    def __init__(self) -> None:
        self._thin = Thin()
        self._kept: SagittalAngles | None = None

    def push(self, angles: SagittalAngles) -> None:
        """Take the next angles (times rising)."""
        # What is too old is judged before the block comes in: so a block may be of any length.
        if self._kept is not None and len(self._kept.t_ns):
            oldest = self._kept.t_ns[-1] - round(KEPT_S / NS)
            self._kept = part(self._kept, slice(int(np.searchsorted(self._kept.t_ns, oldest)), None))
        self._kept = joined(self._kept, self._thin.push(angles))

    def trace(self, rep: RepEvent) -> TraceEvent:
        """Return the trace of a confirmed rep, all of which has been pushed."""
        start_s, end_s = span(rep)
        kept = self._kept if self._kept is not None else SagittalAngles(np.empty(0, np.int64), *np.empty((3, 0)))
        first, past = np.searchsorted(kept.t_ns, np.rint(np.array([start_s, end_s]) / NS).astype(np.int64))
        points = fields(part(kept, slice(int(first), int(past))))
        return TraceEvent(id=f"{rep.id}-trace", revision=rep.revision, rep_id=rep.id, **points)


def span(rep: RepEvent) -> tuple[float, float]:
    """Return from when to when a rep is traced, in s: all its phases that are known.

    A rep that starts bent goes on after its lockout: the top, the lowering, the rest on the floor.
    """
    start_s = min(rep.start_s, rep.bottom_s)
    after = (rep.top_pause_s, rep.eccentric_s, rep.bottom_pause_s) if rep.bottom_s <= rep.start_s else ()
    end_s = rep.end_s + sum(phase for phase in after if phase is not None)
    return start_s, min(end_s, start_s + LONGEST_S)
