"""What is on the page of a session, as data: sets with their reps and traces, what to work on, what was missing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from hinge_imu.events import AnyEvent, FailedEvent, Fault, FaultName, NoticeEvent, RepEvent, SessionEvent, SetEvent
from hinge_imu.profiles import Profile
from hinge_imu.report.traces import Shape, Trace, over_s, shape_of, trace_of
from hinge_imu.samples import Header, SagittalAngles
from hinge_imu.words import BACK

MOST_ON_A_LIST = 3
"""Nobody works on more than this at a time; chosen."""

MARGIN_S = 1.5
"""Shown before the first rep of a set and after its last; chosen."""

EXCESS = 0.05, 2.0
"""A fault counts for no less and no more than this share of its limit, so that a slow digit does not outweigh a back
that rounds in every rep; chosen."""

MOST_POINTS = 60_000
"""As many moments of all sets together are drawn: 1.5 MB of the page; chosen."""

FINEST_S = 0.02
"""What is drawn at most: nothing that a back does is faster than 50 samples a second can show; chosen."""

Asked = tuple[tuple[float, float] | None, ...]
"""The four digits of a prescription, each with what it may be off by, in s; None where nothing is asked."""


class SetView(NamedTuple):
    """One set: its reps with their shapes in the same order, and which of them is the best and which the worst.

    ``ended`` is None where the recording ended before the set was over.
    """

    number: int
    profile: Profile
    reps: tuple[RepEvent, ...]
    shapes: tuple[Shape, ...]
    trace: Trace
    ended: SetEvent | None
    failed: tuple[FailedEvent, ...]
    best: int
    worst: int

    @property
    def worst_is_bad(self) -> bool:
        """Whether the back did not hold in the worst of the reps."""
        return any(fault.name in BACK for fault in self.reps[self.worst].faults)


class ToDo(NamedTuple):
    """A fault to work on: in how many reps it was, how much it weighs, and its clearest case."""

    name: FaultName
    reps: int
    weight: float
    worst: Fault


class Page(NamedTuple):
    """A session as it is shown; ``back_measured`` are the reps whose back was seen, ``back_held`` those it held in."""

    header: Header
    sets: tuple[SetView, ...]
    todo: tuple[ToDo, ...]
    back_measured: int
    back_held: int
    asked: Asked
    notices: tuple[str, ...]
    session: SessionEvent | None

    @property
    def reps(self) -> list[RepEvent]:
        """All reps, in their order."""
        return [rep for each in self.sets for rep in each.reps]


def page_of(header: Header, said: Sequence[AnyEvent], angles: SagittalAngles, asked: Asked) -> Page:
    """Return what is shown of a session: its last words on everything, and its angles in rad at every sample."""
    by_set: dict[int, list[RepEvent]] = defaultdict(list)
    for event in said:
        if isinstance(event, RepEvent):
            by_set[event.set].append(event)
    step_s = _step_s(list(by_set.values()))
    sets = tuple(_set(reps, said, header.lift(reps[0].exercise), angles, step_s) for _, reps in sorted(by_set.items()))
    reps = [rep for each in sets for rep in each.reps]
    seen = [rep for rep in reps if rep.spine_flexion_peak_deg is not None]
    return Page(
        header=header,
        sets=sets,
        todo=tuple(to_do(reps)),
        back_measured=len(seen),
        back_held=sum(not any(fault.name in BACK for fault in rep.faults) for rep in seen),
        asked=asked,
        notices=tuple(dict.fromkeys(event.text for event in said if isinstance(event, NoticeEvent))),
        session=next((event for event in said if isinstance(event, SessionEvent)), None),
    )


def to_do(reps: Sequence[RepEvent]) -> list[ToDo]:
    """Return the faults that weigh most, the heaviest first: how often, times how far, as far as it is sure."""
    found: dict[FaultName, list[Fault]] = defaultdict(list)
    times: Counter[FaultName] = Counter()
    for rep in reps:
        times.update({fault.name for fault in rep.faults})
        for fault in rep.faults:
            found[fault.name].append(fault)
    weighed = [ToDo(name, times[name], sum(map(_weight, each)), max(each, key=_weight)) for name, each in found.items()]
    return sorted(weighed, key=lambda todo: (-todo.weight, todo.name))[:MOST_ON_A_LIST]


def _weight(fault: Fault) -> float:
    least, most = EXCESS
    beyond = abs(fault.value - fault.limit) / (abs(fault.limit) or 1.0)
    return fault.confidence * min(most, max(least, beyond))


def _set(
    reps: list[RepEvent], said: Sequence[AnyEvent], profile: Profile, angles: SagittalAngles, step_s: float
) -> SetView:
    number = reps[0].set
    reps = sorted(reps, key=lambda rep: rep.start_s)
    shapes = tuple(shape_of(rep, angles) for rep in reps)
    ranked = sorted(range(len(reps)), key=lambda i: _cost(reps[i]))
    return SetView(
        number=number,
        profile=profile,
        reps=tuple(reps),
        shapes=shapes,
        trace=trace_of(angles, *_span(reps), step_s),
        ended=next((event for event in said if isinstance(event, SetEvent) and event.set == number), None),
        failed=tuple(event for event in said if isinstance(event, FailedEvent) and event.set == number),
        best=ranked[0],
        worst=ranked[-1],
    )


def _cost(rep: RepEvent) -> tuple[float, float, float, int]:
    """Return what orders reps from the best to the worst: the back's faults, other faults, how far it went."""
    back = sum(_weight(fault) for fault in rep.faults if fault.name in BACK)
    away = (rep.out_of_neutral_share or 0.0) + abs(rep.spine_flexion_peak_deg or 0.0) / 90
    return back, sum(map(_weight, rep.faults)), away, rep.rep


def _span(reps: Sequence[RepEvent]) -> tuple[float, float]:
    first = min(min(rep.start_s, rep.bottom_s) for rep in reps)
    last = max(over_s(rep) for rep in reps)
    return first - MARGIN_S, last + MARGIN_S


def _step_s(sets: Sequence[Sequence[RepEvent]]) -> float:
    shown = sum(stop - start for start, stop in map(_span, sets))
    return max(FINEST_S, shown / MOST_POINTS)
