"""From what was seen to the verdict on a drill, or why there is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hinge_imu.protocols import bends, beside, holds, straight
from hinge_imu.protocols.grades import verdict
from hinge_imu.protocols.protocol import Protocol
from hinge_imu.protocols.seen import Part, Parts, Seen, parts
from hinge_imu.protocols.straight import Outcome
from hinge_imu.samples import SEGMENTS
from hinge_imu.verdict import DrillAdvice, DrillEvent, DrillFinding, Grade

LEAST_REPS = 3
"""Fewer say little of how somebody moves; of three that are asked for, two. Chosen."""

OF_REPS: Mapping[str, Callable[[Parts], Outcome]] = {
    "dowel": straight.dowel,
    "self_assessment": straight.self_assessment,
    "wall": straight.wall,
    "flexibility": bends.flexibility,
    "toe_touch": bends.toe_touch,
    "kneeling": beside.kneeling,
    "single_leg": beside.single_leg,
}
OF_HOLDS: Mapping[str, Callable[[Seen], Outcome]] = {
    "cat_cow": holds.cat_cow,
    "plank": holds.plank,
    "hamstring_stretch": holds.hamstring_stretch,
}


def judge(protocol: Protocol, seen: Seen, standing: Seen | None = None) -> DrillEvent:
    """Return the verdict on a drill; ``standing`` is another recording, with which kneeling is compared.

    The verdict is ``unsure`` where anything that the drill needs was not there; its findings say what.
    """
    outcome = _judged(protocol, seen, standing)
    return DrillEvent(
        id=f"{seen.header.session_id}-{protocol.name}",
        drill=protocol.name,
        athlete=seen.header.athlete,
        verdict=verdict(outcome.findings) if outcome.decided else "unsure",
        findings=outcome.findings,
        reps=outcome.reps,
        practise=outcome.practise,
        unseen=tuple(DrillAdvice(name=name) for name in protocol.unseen),
    )


def _judged(protocol: Protocol, seen: Seen, standing: Seen | None) -> Outcome:
    for each in (seen, *([] if standing is None else [standing])):
        if (why := _cannot(each, protocol)) is not None:
            return Outcome.undecided(why)
    if protocol.name in OF_HOLDS:
        return OF_HOLDS[protocol.name](seen)
    found = _parts(protocol, seen, standing)
    if found is None:
        return Outcome.undecided("which_is_which", value=float(len(seen.reps)))
    counts = _counts(protocol, found)
    short = tuple(count for count in counts if count.grade == "unsure")
    if short:
        return Outcome(short, decided=False)
    outcome = OF_REPS[protocol.name](found)
    # How many toe touches there were belongs to the verdict, and is said there.
    missing = () if protocol.name == "toe_touch" else tuple(count for count in counts if count.grade == "watch")
    return outcome._replace(findings=(*missing, *outcome.findings))


def _cannot(seen: Seen, protocol: Protocol) -> str | None:
    """Return why this drill cannot be judged by this, None where it can."""
    if set(seen.header.worn) != set(SEGMENTS):
        return "one_sensor"
    if not seen.stood:
        return "never_stood"
    # A tempo is kept or not, however the boards sit.
    if protocol.name in OF_HOLDS:
        return "slipped" if seen.slips_s else None
    return "slipped" if seen.slipped and protocol.tempo is None else None


def _parts(protocol: Protocol, seen: Seen, standing: Seen | None) -> Parts | None:
    if standing is None:
        return parts(protocol, seen)
    first, second = (step.name for step in protocol.judged)
    return {first: Part(standing, standing.reps), second: Part(seen, seen.reps)}


def _counts(protocol: Protocol, found: Parts) -> list[DrillFinding]:
    """Return for each step how many reps there were of those that were asked for."""
    counts = []
    for step in protocol.judged:
        reps = found[step.name].reps
        whole = sum(rep.spine_flexion_peak_deg is not None for rep in reps)
        enough = min(LEAST_REPS, max(1, step.count - 1))
        name: tuple[str, Grade] = ("fewer", "watch") if len(reps) < step.count else ("enough", "good")
        if whole < enough:
            name = ("not_seen_whole" if len(reps) >= enough else "too_few"), "unsure"
        counts.append(
            DrillFinding(
                name=name[0],
                grade=name[1],
                value=float(len(reps)),
                limit=float(step.count),
                unit="reps",
                step=step.name if len(protocol.judged) > 1 else None,
            )
        )
    return counts
