"""The set that is under way: its bends, what has been said of them, and what is to be said anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
from msgspec.structs import astuple

from hinge_imu.events import AnyEvent, FailedEvent, Fault, FaultEvent, RepEvent, SetEvent
from hinge_imu.profiles import OwnLimits, Profile, with_limits
from hinge_imu.reps.alike import REST_S
from hinge_imu.reps.bar import FEW
from hinge_imu.reps.case import Case
from hinge_imu.reps.faults.form import partial_rep
from hinge_imu.reps.judge import SPINE_DEG, judge
from hinge_imu.reps.metrics import Bent, Span
from hinge_imu.reps.phases import median
from hinge_imu.reps.recognise import Lift, recognise
from hinge_imu.reps.rep import Rep, in_order
from hinge_imu.reps.tempo import Prescription, compare
from hinge_imu.reps.told import fields, measures
from hinge_imu.reps.trend import measure_set
from hinge_imu.reps.verdicts import Context, Verdict

LATELY = 12
"""So many bends of a set are looked at together, and may still be judged anew; those before are settled."""

MOST = 300
"""Nobody does more in a set; who does has begun another one."""

USUAL = 3
"""From so many reps on it is known what is usual in a set."""

ROUNDING = 1e-6
"""A number that is off by no more is not said again, in its own unit."""

TOLD = tuple(name for name in RepEvent.__struct_fields__ if name != "revision")
"""What may be news of a rep."""

LASTS = {"rep", "unloaded", "small"}
"""What a set lasts for, at least."""


@dataclass
class Candidate:
    """A bend that may be a rep: its ordinal in the session, its window, when it was known, and its measures.

    ``came`` and ``left`` say that somebody walked right before it, and right after it, ``opens`` that the session began
    just before it.
    """

    ordinal: int
    span: Span
    known: int
    known_s: float
    bent: Bent
    came: bool = False
    opens: bool = False
    left: bool = False
    said: RepEvent | None = None
    made_of: tuple[object, ...] = ()
    """What the last word on it was made of: nothing is to be said anew for as long as that is the same."""
    _measured: tuple[Rep, dict[str, Any]] | None = None

    def measured(self, case: Case, own_spine_deg: float | None) -> dict[str, Any]:
        """Return how the rep moved; measured once for as long as it is made of the same bends."""
        of = case.rep if case.rep.bent else case.rep._replace(following=None)
        if self._measured is None or self._measured[0] != of:
            self._measured = of, measures(case, own_spine_deg)
        return self._measured[1]


@dataclass(frozen=True)
class Told:
    """What was known before the set began: its session and number, and the lift where somebody has named it."""

    session: str
    number: int
    profile: Profile | None
    prescription: Prescription | None
    own_spine_deg: float | None = None
    """How far the wearer's spine flexes; None where that is not known."""
    limits: OwnLimits = field(default_factory=dict)


class OpenSet:
    """Candidates in, events out; what is said of a rep may be said again, with the next revision."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self._settled: list[RepEvent] = []
        self._begins = True  # no bend has been settled
        self._candidates: list[Candidate] = []
        self._take_for(Lift(told.profile, 1.0) if told.profile is not None else recognise(()))
        self.end_s = np.inf
        """When the last rep ended, or the first bend, if none is one; what is none makes a set no longer."""

    @property
    def last(self) -> Candidate | None:
        """The last candidate."""
        return self._candidates[-1] if self._candidates else None

    @property
    def full(self) -> bool:
        """Whether it has as many reps as a set may have."""
        return len(self._settled) >= MOST

    def add(self, candidate: Candidate) -> Iterator[AnyEvent]:
        """Take the next bend; yield what can be said by it."""
        self._candidates.append(candidate)
        self._recognise()
        yield from self._say(candidate.known_s, over=False)
        tries = self._bends([candidate])[0].tries_s
        yield from (FailedEvent(set=self._told.number, at_s=at_s) for at_s in tries)
        self.end_s = self._lasted()
        if len(self._candidates) > LATELY:
            settled = self._candidates.pop(0).said
            self._begins = False
            self._settled += [settled] if settled is not None and settled.status == "confirmed" else []

    def close(self, now_s: float, *, cut: bool = False) -> Iterator[AnyEvent]:
        """Yield what is left to say when the set is over, or ``cut`` by the end of the recording."""
        self._recognise()
        self._doubt()
        yield from self._say(now_s, over=True, cut=cut)
        late = [each.said for each in self._candidates if each.said is not None and each.said.status == "confirmed"]
        reps = [*self._settled, *late]
        if reps:
            yield SetEvent(
                id=f"{self._told.session}-set-{self._told.number}",
                set=self._told.number,
                exercise=self.profile.name,
                reps=len(reps),
                start_s=reps[0].start_s,
                end_s=reps[-1].end_s,
                exercise_sure=None if self._told.profile is not None else round(self._lift.sure, 2),
                **self._measures(reps),
            )

    def _measures(self, reps: Sequence[RepEvent]) -> dict[str, float | None]:
        prescription = self._told.prescription
        digits = ("eccentric_s", "bottom_pause_s", "concentric_s", "top_pause_s")
        measured = [[getattr(rep, digit) for digit in digits] for rep in reps]
        verdicts = [compare(prescription, each) for each in measured] if prescription is not None else []
        return measure_set([msgspec.structs.asdict(rep) for rep in reps], verdicts)

    def _recognise(self) -> None:
        """Look again which lift this is, where nobody has said it; once that is sure, only while it may change."""
        if self._told.profile is None and self._begins:
            self._take_for(recognise([each.bent for each in self._candidates]))

    def _doubt(self) -> None:
        """Take bends for hinges, of which less than two would be pulls: so few look like anything."""
        recognised = self._told.profile is None and self.profile.starts == "floor" and self._begins
        if recognised and self._judged(begins=True, over=True).count("rep") < FEW:
            self._take_for(recognise(()))

    def _take_for(self, lift: Lift) -> None:
        self._lift = lift
        self.profile = with_limits(lift.profile, self._told.limits)
        """The lift, as far as it is known, with the wearer's own limits."""

    def _judged(self, *, begins: bool, over: bool, cut: bool = False) -> list[Verdict]:
        alone = cut and len(self._candidates) == 1 and self._candidates[0].opens
        walked = [(each.came, each.left) for each in self._candidates]
        context = Context(walked, begins, over, alone)
        return judge(self._bends(self._candidates), self.profile, context, self._told.own_spine_deg or SPINE_DEG)

    def _bends(self, candidates: Sequence[Candidate]) -> list[Bent]:
        """Return the bends as the lift has them."""
        return [each.bent.pulled if self.profile.starts_bent else each.bent for each in candidates]

    def _lasted(self) -> float:
        # Of few bends it is not known yet which are strange.
        enough = len(self._candidates) > USUAL
        verdicts = self._judged(begins=self._begins and enough, over=enough)
        pairs = zip(self._candidates, verdicts, strict=True)
        # Who has left the bar has left it, whatever else is picked up.
        left = ("unloaded", "unloaded")
        ends = [
            each.bent.concentric.end
            for number, (each, verdict) in enumerate(pairs)
            if verdict in LASTS and tuple(verdicts[max(0, number - 1) : number + 1]) != left
        ]
        if tuple(verdicts[-2:]) == ("rep", "squat") and not self.profile.may_squat:
            # One squat may be a hinge that went wrong, if another follows.
            ends.append(self._candidates[-1].bent.concentric.end)
        return ends[-1] if ends else self._candidates[0].bent.concentric.end

    def _say(self, now_s: float, *, over: bool, cut: bool = False) -> Iterator[AnyEvent]:
        verdicts = self._judged(begins=self._begins, over=over, cut=cut)
        reps = in_order(self._bends(self._candidates), verdicts, self.profile, begins=self._begins)
        accepted = [each.ordinal for each, verdict in zip(self._candidates, verdicts, strict=True) if verdict == "rep"]
        done = dict(zip(accepted, reps, strict=True))
        usual = median([rep.range_deg for rep in reps]) if len(reps) >= USUAL else None
        number = len(self._settled)
        for place, candidate in enumerate(self._candidates):
            rep = done.get(candidate.ordinal)
            if rep is None:
                yield from _retract(candidate)
                continue
            number += 1
            open_ = not over and (candidate is self.last or (place == 0 and self._may_be_set_up()))
            case = Case(rep, self.profile, self._told.prescription, usual, over=not open_)
            # What is usual changes all the time; what matters is whether it makes this one a partial rep.
            made_of = rep.made_of, number, partial_rep(case), open_, self.profile
            if made_of != candidate.made_of:
                candidate.made_of = made_of
                yield from self._revise(candidate, now_s, case, number)

    def _may_be_set_up(self) -> bool:
        """Return whether the first bend, before a longer rest, waits for a third to be compared with."""
        if not self._begins or len(self._candidates) > 2 or self.profile.starts_bent:
            return False
        first, second = self._candidates[0].bent, self._candidates[-1].bent
        return first is second or second.eccentric.start - first.concentric.end > REST_S

    def _revise(self, candidate: Candidate, now_s: float, case: Case, number: int) -> Iterator[AnyEvent]:
        before = candidate.said
        told = fields(case) | (candidate.measured(case, self._told.own_spine_deg) if case.over else {})
        event = RepEvent(
            id=f"{self._told.session}-{candidate.ordinal}",
            revision=1 if before is None else before.revision + 1,
            set=self._told.number,
            exercise=self.profile.name,
            status="confirmed" if case.over else "provisional",
            rep=number,
            said_s=now_s if before is None else before.said_s,
            **told,
        )
        if before is not None and not _news(before, event):
            return
        candidate.said = event
        yield event
        known = {fault.name for fault in before.faults} if before is not None else set()
        for fault in event.faults:
            if fault.name not in known:
                yield FaultEvent(rep_id=event.id, **msgspec.structs.asdict(fault))


def _news(before: RepEvent, event: RepEvent) -> bool:
    """Return whether there is something to say: provisional once is enough, until it is confirmed."""
    if event.status == "provisional" == before.status:
        return event.exercise != before.exercise
    return any(_differ(getattr(before, name), getattr(event, name)) for name in TOLD)


def _differ(one: object, other: object) -> bool:
    """Return whether two values of a rep are not the same; numbers may be off by what a cut stream rounds elsewhere."""
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) > ROUNDING
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) != len(other) or any(map(_differ, one, other))
    if isinstance(one, Fault) and isinstance(other, Fault):
        return any(map(_differ, astuple(one), astuple(other)))
    return one != other


def _retract(candidate: Candidate) -> Iterator[AnyEvent]:
    said = candidate.said
    if said is not None and said.status != "retracted":
        candidate.made_of = ()
        candidate.said = msgspec.structs.replace(said, status="retracted", revision=said.revision + 1)
        yield candidate.said
