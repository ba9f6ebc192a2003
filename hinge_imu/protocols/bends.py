"""Forward bends: how far hips and back go with straight knees, and fifteen of them in time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import theilslopes

from hinge_imu.protocols.grades import Scale
from hinge_imu.protocols.seen import Part, Parts
from hinge_imu.protocols.straight import Outcome, judged, mark
from hinge_imu.reps.tempo import Prescription, Verdict, compare
from hinge_imu.verdict import DrillAdvice, DrillFinding, DrillUnit, Grade

FORWARD = Scale(good=60.0, practise=50.0)
"""Pelvis inclination at the bottom of a forward bend with straight knees, deg: above is fine, below limited. Norms are
54.8 to 59; people with and without limited hamstrings reach 52 +- 9 and 72 +- 4. The limits are chosen from these."""

REPS, KEPT = 15, 80.0
"""So many toe touches are asked for; a digit is kept when it is in this share of them, %. The latter is chosen."""

TREND_DEG = 10.0
"""Less change of a depth means nothing (MDC90 5 to 15 deg: Laird et al. 2016, DOI 10.1186/s12891-016-1250-1)."""

TEMPO = "1-1-0"
"""One second down, one there, and up as fast as one likes: what 0 stands for."""

DIGITS = ("eccentric_s", "bottom_pause_s", "concentric_s", "top_pause_s")


def flexibility(parts: Parts) -> Outcome:
    """Judge the flexibility screen: how far the pelvis goes, in the best bend; what the back does is told with it."""
    part = parts["reps"]
    best = max(part.reps, key=lambda rep: rep.pelvis_bottom_deg or -np.inf)
    hips = best.pelvis_bottom_deg
    if hips is None:
        return Outcome.undecided("not_seen_whole")
    thorax = max(rep.thorax_bottom_deg or -np.inf for rep in part.reps)
    share = None if best.spine_share is None else 100 * best.spine_share
    names: dict[Grade, str] = {"good": "fine", "watch": "borderline", "practise": "limited"}
    findings = [judged(names[FORWARD.grade(hips)], FORWARD, hips, "deg")]
    findings += [
        *_told("trunk", thorax, "deg"),
        *_told("spine", best.spine_flexion_peak_deg, "deg"),
        *_told("gives_way", best.neutral_depth_deg, "deg"),
        *_told("back_share", share, "%"),
    ]
    reps = tuple(
        mark(rep, [judged("hips", FORWARD, rep.pelvis_bottom_deg, "deg")])
        for rep in part.reps
        if rep.pelvis_bottom_deg is not None
    )
    limited = FORWARD.grade(hips) != "good"
    advice = (DrillAdvice(name="toe_touch_next", drill="toe_touch"), DrillAdvice(name="tell_apart", drill="kneeling"))
    return Outcome(tuple(findings), reps, advice if limited else ())


def toe_touch(parts: Parts) -> Outcome:
    """Judge fifteen toe touches: how many there were, each digit of the tempo by itself, and where the bottom went."""
    part, prescription = parts["reps"], Prescription.parse(TEMPO)
    verdicts = [compare(prescription, [getattr(rep, digit) for digit in DIGITS]) for rep in part.reps]
    count = DrillFinding(
        name="toe_touches",
        grade="good" if len(part.reps) >= REPS else "practise",
        value=float(len(part.reps)),
        limit=float(REPS),
        unit="reps",
    )
    digits = [finding for place in range(3) if (finding := _digit([each[place] for each in verdicts])) is not None]
    # A strap that has slipped, or tops at which nobody quite stood up, leave nothing to say of depths.
    trends = [] if part.seen.slipped else [_trend(part, name) for name in ("thorax", "pelvis", "spine")]
    trends += [DrillFinding(name="depths_unsure", grade="watch")] if part.seen.slipped else []
    reps = tuple(mark(rep, _digits(each)) for rep, each in zip(part.reps, verdicts, strict=True))
    slipped = any(each.grade == "practise" for each in digits)
    advice = (DrillAdvice(name="count_aloud"),) if slipped else ()
    return Outcome((count, *digits, *(each for each in trends if each is not None)), reps, advice)


def _told(name: str, value: float | None, unit: DrillUnit) -> list[DrillFinding]:
    return [] if value is None else [DrillFinding(name=name, grade="told", value=value, unit=unit)]


def _digit(verdicts: Sequence[Verdict]) -> DrillFinding | None:
    """Return in how many reps, %, a digit was kept; how long the way up took where it is only to be fast."""
    asked, name = verdicts[0].asked_s, verdicts[0].name
    measured = [each.measured_s for each in verdicts if each.measured_s is not None]
    if not measured:
        return None
    if asked is None:
        return DrillFinding(name=f"{name}_fast", grade="told", value=float(np.median(measured)), unit="s")
    share = 100 * float(np.mean([each.kept for each in verdicts if each.kept is not None]))
    return DrillFinding(name=name, grade="good" if share >= KEPT else "practise", value=share, limit=KEPT, unit="%")


def _digits(verdicts: Sequence[Verdict]) -> list[DrillFinding]:
    """Return the digits of one rep: measured, and against what was asked."""
    grades: dict[bool | None, Grade] = {True: "good", False: "practise", None: "told"}
    return [
        DrillFinding(
            name=f"{each.name}_rep", grade=grades[each.kept], value=each.measured_s, limit=each.asked_s, unit="s"
        )
        for each in verdicts[:3]
        if each.measured_s is not None
    ]


def _trend(part: Part, name: str) -> DrillFinding | None:
    """Return by how much the bottom has changed from the first rep to the last, by the median slope of all pairs."""
    bottoms = [value for rep in part.reps if (value := getattr(rep, f"{name}_bottom_deg")) is not None]
    if len(bottoms) < 5:
        return None
    change = float(theilslopes(bottoms).slope) * (len(bottoms) - 1)
    grade: Grade = "told" if abs(change) < TREND_DEG else "watch"
    steady = "_steady" if abs(change) < TREND_DEG else ""
    return DrillFinding(name=f"{name}_trend{steady}", grade=grade, value=change, limit=TREND_DEG, unit="deg")
