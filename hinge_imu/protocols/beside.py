"""Two sets beside each other: left and right on one leg, standing and kneeling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hinge_imu.events import RepEvent
from hinge_imu.motion.movements import most
from hinge_imu.protocols.bends import TREND_DEG
from hinge_imu.protocols.grades import Scale
from hinge_imu.protocols.seen import HOLE_S, Part, Parts, bridged_shortly
from hinge_imu.protocols.square import out_of_square
from hinge_imu.protocols.straight import Outcome, judged, mark
from hinge_imu.reps.posture import LASTING_S
from hinge_imu.verdict import DrillAdvice, DrillFinding, DrillMark, Grade

SQUARE = Scale(good=10.0, practise=15.0)
"""Tilt of the pelvis to the side, or its turn since the rep began, deg; beyond the latter the contract of a rep says
`not_square`. Chosen."""

HOLDS = Scale(good=15.0, practise=25.0)
"""Spine flexion of a hinge, deg: within the first the back has held, beyond the second it is lost. Chosen: experienced
lifters show 25 to 27."""

APART_DEG = 10.0
"""Two depths that differ by less are the same (MDC90 5 to 15 deg: Laird et al. 2016, DOI 10.1186/s12891-016-1250-1)."""


def single_leg(parts: Parts) -> Outcome:
    """Judge hinges on one leg: each leg by itself, for both are to be mastered before load, and the two beside."""
    parts, shown = _by_the_hinges(parts)
    scores = {name: [(rep, _square(part, rep)) for rep in part.reps] for name, part in parts.items()}
    findings = [] if shown else [DrillFinding(name="no_hinges", grade="watch")]
    marks: list[DrillMark] = []
    for name, reps in scores.items():
        known = [(rep, score) for rep, score in reps if score is not None]
        if not known:
            return Outcome.undecided("not_seen_whole")
        marks += [mark(rep, [judged("square_rep", SQUARE, score, "deg", step=name)], name) for rep, score in known]
        findings.append(judged("square", SQUARE, max(score for _, score in known), "deg", step=name))
        findings.append(_rounded(parts[name], name))
    findings += _asymmetry(parts)
    crooked = [finding.step for finding in findings if finding.name == "square" and finding.grade == "practise"]
    advice = tuple(DrillAdvice(name=f"square_{step}", drill="single_leg") for step in crooked)
    return Outcome(tuple(findings), tuple(marks), advice)


def kneeling(parts: Parts) -> Outcome:
    """Judge kneeling hinges beside standing ones: whether length or control lets the back round.

    Kneeling takes the hamstrings' length out. Where the back holds there, and gives way standing, length limits; where
    it gives way in both, it is control.
    """
    holding = {name: _holding(part) for name, part in parts.items()}
    findings = [_kept(name, *each) for name, each in holding.items()]
    (standing, held_standing), (kneel, held_kneeling) = holding["standing"], holding["kneeling"]
    name: str
    grade: Grade
    if held_standing and held_kneeling:
        name, grade = "nothing_limits", "good"
    elif held_standing:
        name, grade = "control_kneeling", "practise"
    elif not held_kneeling and kneel - standing < APART_DEG:
        name, grade = "control", "practise"
    elif kneel - standing >= APART_DEG:
        name, grade = "flexibility", "practise"
    else:
        name, grade = "kneel_deeper", "unsure"
    findings.append(DrillFinding(name=name, grade=grade, value=kneel - standing, limit=APART_DEG, unit="deg"))
    advice = {
        "control": DrillAdvice(name="practise_control", drill="dowel"),
        "control_kneeling": DrillAdvice(name="practise_control", drill="dowel"),
        "flexibility": DrillAdvice(name="practise_length", drill="toe_touch"),
    }
    marks = [mark(rep, [_deepest(rep, name)], name) for name, part in parts.items() for rep in part.reps]
    practise = (advice[name],) if name in advice else ()
    return Outcome(tuple(findings), tuple(marks), practise, decided=grade != "unsure")


def _by_the_hinges(parts: Parts) -> tuple[Parts, bool]:
    """Return the parts with the tilt that the hinges before them show, and whether there were any."""
    seen, first = parts["left"].seen, parts["left"].reps[0]
    hinged = seen.header.wearer is not None or any(rep.end_s < first.start_s for rep in seen.reps)
    found = out_of_square(seen.header, seen.frames, first.start_s) if hinged and seen.frames else None
    if found is None:
        return parts, False
    tilt, turn = (bridged_shortly(each, seen.lasting(HOLE_S)) for each in found)
    squared = replace(seen, all=seen.all._replace(tilt=tilt, turn=turn))
    return {name: part._replace(seen=squared) for name, part in parts.items()}, True


def _square(part: Part, rep: RepEvent) -> float | None:
    """Return how far the pelvis left square in a rep, tilted or turned, for 0.1 s; None where not seen."""
    during, lasting = part.seen.during(rep), part.seen.lasting(LASTING_S)
    if not len(during.t) or not np.isfinite(during.tilt + during.turn).all():
        return None
    return most(np.maximum(np.abs(during.tilt), np.abs(during.turn - during.turn[0])), lasting)


def _rounded(part: Part, step: str) -> DrillFinding:
    flexion = max(rep.spine_flexion_peak_deg or 0.0 for rep in part.reps)
    return judged("rounding", HOLDS, flexion, "deg", step=step)


def _asymmetry(parts: Parts) -> list[DrillFinding]:
    """Return how much deeper the left leg goes than the right, % of their mean; less than 10 deg is no difference."""
    left, right = (_median([rep.pelvis_rom_deg for rep in part.reps]) for part in parts.values())
    if left is None or right is None:
        return []
    grade: Grade = "watch" if abs(left - right) >= TREND_DEG else "good"
    name = "asymmetry" if grade == "watch" else "symmetry"
    return [DrillFinding(name=name, grade=grade, value=200 * (left - right) / (left + right), unit="%")]


def _holding(part: Part) -> tuple[float, bool]:
    """Return how far the hips folded before the back gave way, deg, and whether it never did; of the reps' medians."""
    depth = _median([rep.neutral_depth_deg for rep in part.reps])
    flexion = _median([rep.spine_flexion_peak_deg for rep in part.reps])
    return float("nan") if depth is None else depth, flexion is not None and flexion <= HOLDS.good


def _kept(step: str, depth: float, held: bool) -> DrillFinding:  # noqa: FBT001  # said of it just above
    return DrillFinding(
        name="held_to" if held else "gave_way", grade="good" if held else "watch", value=depth, unit="deg", step=step
    )


def _deepest(rep: RepEvent, step: str) -> DrillFinding:
    return judged("rounding_rep", HOLDS, rep.spine_flexion_peak_deg or 0.0, "deg", step=step)


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None
