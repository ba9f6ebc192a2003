"""From what was seen to the verdict on a drill, or why there is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from hinge_imu.events import DrillAdvice, DrillEvent, DrillFinding
from hinge_imu.protocols import bends, beside, holds, straight
from hinge_imu.protocols.grades import verdict
from hinge_imu.protocols.protocol import Protocol
from hinge_imu.protocols.seen import Part, Parts, Seen, parts
from hinge_imu.protocols.straight import Outcome
from hinge_imu.samples import SEGMENTS

LEAST_REPS = 3
"""Fewer say little of how somebody moves; chosen."""

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
    unsure = not outcome.findings or _undecided(outcome)
    return DrillEvent(
        id=f"{seen.header.session_id}-{protocol.name}",
        drill=protocol.name,
        athlete=seen.header.athlete,
        verdict="unsure" if unsure else verdict(outcome.findings),
        findings=outcome.findings,
        reps=outcome.reps,
        practise=outcome.practise,
        unseen=tuple(DrillAdvice(name=name) for name in protocol.unseen),
    )


def _judged(protocol: Protocol, seen: Seen, standing: Seen | None) -> Outcome:
    for each in (seen, *([] if standing is None else [standing])):
        if (why := _cannot(each)) is not None:
            return Outcome((DrillFinding(name=why, grade="unsure"),))
    if protocol.name in OF_HOLDS:
        return OF_HOLDS[protocol.name](seen)
    found = _parts(protocol, seen, standing)
    if found is None:
        return Outcome((DrillFinding(name="which_is_which", grade="unsure", value=float(len(seen.reps)), unit="reps"),))
    counts = _counts(protocol, found)
    short = tuple(count for count in counts if count.grade == "unsure")
    if short:
        return Outcome(short)
    outcome = OF_REPS[protocol.name](found)
    # How many toe touches there were belongs to the verdict, and is said there.
    missing = () if protocol.name == "toe_touch" else tuple(count for count in counts if count.grade == "watch")
    return outcome._replace(findings=(*missing, *outcome.findings))


def _cannot(seen: Seen) -> str | None:
    """Return why no drill can be judged by this, None where one can."""
    if set(seen.header.worn) != set(SEGMENTS):
        return "one_sensor"
    if not seen.stood:
        return "never_stood"
    return "slipped" if seen.slipped else None


def _parts(protocol: Protocol, seen: Seen, standing: Seen | None) -> Parts | None:
    if standing is None:
        return parts(protocol, seen)
    first, second = (step.name for step in protocol.judged)
    return {first: Part(standing, standing.reps), second: Part(seen, seen.reps)}


def _counts(protocol: Protocol, found: Parts) -> list[DrillFinding]:
    """Return for each step how many reps there were of those that were asked for."""
    counts = []
    for step in protocol.judged:
        n = len(found[step.name].reps)
        whole = sum(rep.neutral_depth_deg is not None for rep in found[step.name].reps)
        enough = min(LEAST_REPS, step.count)
        grade = "unsure" if min(n, whole) < enough else "good" if n >= step.count else "watch"
        finding = DrillFinding(
            name="reps" if n >= enough > whole else "too_few",
            grade="told",
            value=float(n),
            limit=float(step.count),
            unit="reps",
            step=step.name if len(protocol.judged) > 1 else None,
        )
        name = "not_seen_whole" if n >= enough > whole else "fewer" if grade == "watch" else "too_few"
        counts.append(msgspec.structs.replace(finding, name=name, grade=grade))
    return counts


def _undecided(outcome: Outcome) -> bool:
    """Return whether nothing was judged: all that is not only told is unsure, and nothing is to be practised."""
    grades = {finding.grade for finding in outcome.findings} - {"told"}
    return grades <= {"unsure"} if grades else not outcome.findings
