"""One rep as its faults are read off it: what was moved when, and what is known beside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hinge_imu.profiles import Profile
from hinge_imu.reps.metrics import TOP_S, Bent
from hinge_imu.reps.phases import median
from hinge_imu.reps.rep import Rep
from hinge_imu.reps.tempo import Prescription
from hinge_imu.reps.track import Trace

DOWN_DEG = 5.0
"""Who goes down by so much within a top has begun something else, be it no rep; chosen: nobody sways so far."""

SET_UP_S = 0.5
"""The posture before a pull is the median over so long before it."""


@dataclass(frozen=True)
class Case:
    """A rep, its lift, and what was prescribed.

    ``usual_deg`` is the set's median range of motion, None while that is not known; ``over`` says that what comes after
    the lockout has been seen.
    """

    rep: Rep
    profile: Profile
    prescription: Prescription | None = None
    usual_deg: float | None = None
    over: bool = True

    @cached_property
    def during(self) -> Trace:
        """The rep from its start to its lockout."""
        return self.rep.bend.around.between(self.rep.start_s, self.rep.end_s)

    @cached_property
    def whole(self) -> Trace:
        """The same, and after a pull from the floor the lowering."""
        if not self.rep.bent or self.lowering is None:
            return self.during
        lowered = self.lowering.trace.between(*self.lowering.eccentric)
        return Trace(np.concatenate([self.during.rows, lowered.rows], axis=1))

    @property
    def lowering(self) -> Bent | None:
        """The bend whose way down belongs to the rep; None where nothing was lowered, or it was not seen."""
        return self.rep.lowering

    @cached_property
    def descent(self) -> Trace | None:
        """The way down of a rep that starts standing; None of others, or where it was not seen."""
        if self.rep.bent or self.lowering is None:
            return None
        return self.lowering.trace.between(*self.lowering.eccentric)

    @cached_property
    def set_up_deg(self) -> float | None:
        """Spine flexion just before a pull from the floor; None of other lifts, or where it was not seen."""
        if self.profile.starts != "floor":
            return None
        spine = self.rep.bend.around.between(self.rep.start_s - SET_UP_S, self.rep.start_s).spine
        seen = spine[np.isfinite(spine)]
        return median(seen) if len(seen) else None

    @cached_property
    def top(self) -> Trace | None:
        """The first 0.6 s after the lockout, or what there is of them before the next movement; None before that."""
        after = self.rep.following
        end_s = self.rep.end_s + TOP_S
        if after is not None:
            end_s = min(end_s, after.eccentric.start)
        top = _stood(self.rep.bend.around.between(self.rep.end_s, end_s))
        return top if self.over and len(top.t) else None

    @property
    def faced_deg(self) -> float:
        """Where the pelvis faced at the last lockout, or a moment later, when that had shown where forward is."""
        turn = self.rep.bend.trace.turn
        return float(turn[np.argmax(np.isfinite(turn))])

    @property
    def ends_s(self) -> tuple[float, float, float, float]:
        """When the eccentric, the bottom pause, the concentric and the top pause were over; lockout, where unknown."""
        bend, after, end_s = self.rep.bend, self.rep.following, self.rep.end_s
        down = self.lowering
        return (
            end_s if down is None else down.eccentric.end,
            end_s if down is None else down.concentric.start,
            bend.concentric.end,
            end_s if after is None else after.eccentric.start,
        )


def _stood(top: Trace) -> Trace:
    """Return the part of a top before the trunk goes down again, as to park a bell."""
    gone = np.flatnonzero(top.lead - np.fmin.accumulate(top.lead) > DOWN_DEG)
    return top.part(0, int(np.nanargmin(top.lead[: gone[0]])) + 1) if len(gone) else top
