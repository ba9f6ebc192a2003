"""Whether a bend may be a rep of the lift, as far as anybody can know while it is under way.

Nobody wants to be corrected while tying a shoe, and two sensors on the back do not tell a shoe from the first rep of a
set before it is over. So the wearer is watched from the first rep of a set on, for as long as the rests are like those
before; with a lift that somebody has named, from the press of a button on.
"""

from __future__ import annotations

from itertools import islice, pairwise

import numpy as np

from hinge_imu.events import AnyEvent, CueEvent, FaultEvent, FaultName, MarkEvent, RepEvent, SetEvent
from hinge_imu.profiles import Profile
from hinge_imu.reps.alike import RHYTHM_S
from hinge_imu.reps.manner import Manner
from hinge_imu.reps.phases import median
from hinge_imu.samples import Header

PATIENCE_S = 60.0
"""Who has pressed the button for a set begins it within this time. Chosen."""

REST_S, LONGER, LATELY = 4.0, 2.0, 5
"""Who has rested for longer than the first, and than so many times as long as between the last reps, may be doing
anything: a rep after that has its word when it is over. Chosen."""

FRESH_S = 5.0
"""Of a rep that is over for longer, a word comes too late: it belongs to the set. Chosen."""

FEW = 3
"""With fewer reps, what nobody has named may still be another lift, with wider limits, than a hinge."""

LONE_DEG = 30.0
"""Who bends once, with a rounder back than this, has rather tied a shoe or picked up a bar. Chosen."""

WAYS: dict[FaultName, str] = {
    **dict.fromkeys(("spine_rounding", "spine_arching"), "back"),
    "not_square": "aside",
    "uncontrolled_lowering": "haste",
    "squat_pattern": "low",
}
DIFFERENT = 2
"""Ways to go wrong. Who goes wrong in so many at once, and in no other rep of the set, has done something else: so many
tell the bends of a set apart, too (`alike`)."""

SURE = 0.95
"""A fault of a rep is serious where it is so sure that its limit was passed."""


class Attention:
    """Hears what is said of reps and sets, and what the wearer marks; knows whether to watch, and for what."""

    def __init__(self, header: Header) -> None:
        self._header = header
        self._exercise = header.exercise
        self._number = 1
        self._reps: dict[str, RepEvent] = {}  # of the open set, those that stand
        self._manners: dict[str, Manner] = {}  # in which they were done
        self._pressed_s = -np.inf

    def hear(self, event: AnyEvent) -> None:
        """Take what was said."""
        if isinstance(event, RepEvent):
            if event.status == "retracted":
                self._reps.pop(event.id, None)
            else:
                self._reps[event.id] = event
        elif isinstance(event, SetEvent):
            self._reps, self._manners, self._number, self._pressed_s = {}, {}, event.set + 1, -np.inf
        elif isinstance(event, MarkEvent) and event.ends_set:
            self._reps, self._manners, self._pressed_s = {}, {}, event.at_s
            self._exercise = event.exercise or self._exercise

    def saw(self, rep: RepEvent, manner: Manner) -> None:
        """Take how the bend of a new rep was done."""
        self._manners[rep.id] = manner

    def under_way(self, t_s: float) -> bool:
        """Return whether a bend that begins at a moment may be a rep of the lift."""
        profile = self.profile
        if profile is None:
            return False
        last = next(reversed(self._reps.values()), None)
        recent = last is not None and t_s < last.end_s + min(profile.set_gap_s, self._rest_s)
        return (recent and self._begun) or t_s - self._pressed_s < PATIENCE_S

    @property
    def profile(self) -> Profile | None:
        """The lift: as somebody has named it, or as its reps were recognised; None where neither is."""
        name = self._named
        if name == "auto" and self._reps:
            name = next(reversed(self._reps.values())).exercise
            if name == "hinge" and len(self._reps) < FEW:
                return None
        return None if name == "auto" else self._header.lift(name)

    @property
    def usual_deg(self) -> float:
        """How far the thorax leant in the last rep, nan where that is not known."""
        rep = next(reversed(self._reps.values()), None)
        return np.nan if rep is None or rep.thorax_rom_deg is None else rep.thorax_rom_deg

    @property
    def usual_rate(self) -> float:
        """How fast the last reps went down at their fastest, deg/s; nan where that is not known, or left free."""
        profile = self.profile
        lately = islice(reversed(self._reps), LATELY)
        rates = [self._manners[name].fastest for name in lately if name in self._manners]
        return median(rates) if rates and profile is not None and profile.starts == "standing" else np.nan

    def cue(self, fault: FaultEvent, said_s: float, cued_until_s: float) -> CueEvent | None:
        """Return the word on a fault that shows only in the whole rep; None where it comes too late, or came before.

        ``said_s`` is when the fault was found, ``cued_until_s`` the end of the last bend in which the same was said.
        """
        rep = self._reps.get(fault.rep_id)
        known = rep is not None and self._sure and self.profile is not None
        if rep is None or not known or cued_until_s > rep.start_s or said_s > rep.end_s + FRESH_S:
            return None
        manner = self._manners.get(rep.id)
        if (manner is not None and manner.silences(fault.name)) or self._another(rep, fault.name):
            return None
        evidence = {"name": fault.name, "value": fault.value, "limit": fault.limit, "unit": fault.unit}
        serious = fault.confidence > SURE
        return CueEvent(**evidence, at_s=fault.at_s, said_s=said_s, serious=serious, rep_id=fault.rep_id)  # type: ignore[arg-type]  # as the fault has them

    def _another(self, rep: RepEvent, name: FaultName) -> bool:
        """Return whether a rep with this fault is rather another movement than a rep gone wrong."""
        others = [_ways(each) for each in self._reps.values() if each is not rep]
        profile = self.profile
        if profile is not None and profile.may_squat and name == "squat_pattern" and len(others) < FEW - 1:
            # Who does nothing but squats has not begun to lift yet, or lifts like that.
            return all("low" in ways for ways in others)
        return len(_ways(rep).difference(*others)) >= DIFFERENT

    @property
    def _rest_s(self) -> float:
        """How long one may rest for the next bend to belong to the set still: the longer, the longer one did before."""
        reps = list(islice(reversed(self._reps.values()), LATELY))
        rests = [after.start_s - before.end_s for after, before in pairwise(reps)]
        return max(REST_S, LONGER * median(rests)) if rests else RHYTHM_S

    @property
    def _named(self) -> str:
        return self._header.renamed.get(self._number, self._exercise)

    @property
    def _sure(self) -> bool:
        """Whether the bends of this set are reps: a lone one may have been anything."""
        return len(self._reps) > 1 or np.isfinite(self._pressed_s)

    @property
    def _begun(self) -> bool:
        """Whether a set is under way: a lone bend with a round back was rather a shoe, or a bar that was picked up."""
        lone, profile = next(iter(self._reps.values()), None), self.profile
        if self._sure or lone is None or profile is None or profile.may_round:
            return self._sure or lone is not None
        return (lone.spine_flexion_peak_deg or 0.0) < LONE_DEG and len(_ways(lone)) < DIFFERENT


def _ways(rep: RepEvent) -> set[str]:
    return {WAYS[fault.name] for fault in rep.faults if fault.name in WAYS}
