"""What is held, and what is done on all fours: the plank, the standing stretch, arching and rounding."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hinge_imu.motion.movements import ARCHED, LOW, PRONE, ROUND_S, ROUNDED, most, on_all_fours
from hinge_imu.protocols.grades import Scale
from hinge_imu.protocols.seen import Seen, Stretch, bridged_shortly, first_lasting
from hinge_imu.protocols.straight import Outcome
from hinge_imu.reps.posture import LASTING_S
from hinge_imu.samples import Bools, stretches
from hinge_imu.verdict import DrillAdvice, DrillFinding, Grade

HOLD_S = 30.0
"""So long is asked for, s; chosen."""

SAG_DEG = Scale(good=5.0, practise=10.0)
"""How far the spine may drift from how the hold began, deg. Chosen: more than a lifter's reps differ by (1 to 8)."""

STAYS_S = 0.5
"""A sag that is caught sooner was a breath or a shift; chosen."""

HOLE_S = 1.0
"""Nobody leaves a hold and is back within so short a hole of the recording: a straight line bridges it. Chosen."""

SETTLE_S = 1.5
"""So long after getting into it, and before leaving it, the hold is not judged; chosen."""

FOLDED_DEG = 30.0
"""A standing stretch is one with the pelvis folded by so much, deg; chosen."""

NEUTRAL = Scale(good=10.0, practise=15.0)
"""How far the spine may leave the stance in the standing stretch, deg: as of the virtual dowel."""


class Held(NamedTuple):
    """One hold: for how long, s, how far the spine drifted, deg, and how long it took to drift too far, s."""

    seconds: float
    drift_deg: float
    first_s: float | None


def plank(seen: Seen) -> Outcome:
    """Judge a plank: for how long it was held, and until when without sagging."""
    whole = _bridged(seen)
    held = _held(seen, whole, (whole.thorax > LOW) & (whole.thorax < PRONE) & (whole.pelvis > LOW), None)
    if held is None:
        return Outcome.undecided("no_hold")
    good_for = held.seconds if held.first_s is None else held.first_s
    size = abs(held.drift_deg)
    grade = SAG_DEG.grade(size)
    name = "steady" if grade == "good" else "sagged" if held.drift_deg < 0 else "rounded_up"
    # Who holds on for longer than was asked for may sag then.
    grade = "watch" if grade == "practise" and good_for >= HOLD_S else grade
    findings = [
        _long_enough("held", held.seconds),
        DrillFinding(name=name, grade=grade, value=held.drift_deg, limit=SAG_DEG.limit(size), unit="deg"),
    ]
    if held.first_s is not None:
        findings.append(_long_enough("first_sag", good_for))
    advice = (DrillAdvice(name="shorter_and_straight", drill="plank"),) if good_for < HOLD_S else ()
    return Outcome(tuple(findings), (), advice)


def hamstring_stretch(seen: Seen) -> Outcome:
    """Judge a standing stretch: for how long the hips stayed folded, and whether the back stayed as it stood."""
    whole = _bridged(seen)
    held = _held(seen, whole, (whole.pelvis > FOLDED_DEG) & (whole.thorax < PRONE), 0.0)
    if held is None:
        return Outcome.undecided("no_hold")
    size = abs(held.drift_deg)
    name = "kept" if NEUTRAL.grade(size) == "good" else "rounded" if held.drift_deg > 0 else "arched"
    findings = (
        _long_enough("held", held.seconds),
        DrillFinding(name=name, grade=NEUTRAL.grade(size), value=held.drift_deg, limit=NEUTRAL.limit(size), unit="deg"),
    )
    advice = (DrillAdvice(name="less_far"),) if NEUTRAL.grade(size) == "practise" else ()
    return Outcome(findings, (), advice)


def cat_cow(seen: Seen) -> Outcome:
    """Measure how far the spine rounds and arches on all fours; that is the wearer's own range, and no judgement."""
    whole = _bridged(seen)
    spine, thorax = np.nan_to_num(whole.spine), np.nan_to_num(whole.thorax)
    fours = on_all_fours(thorax, spine, seen.lasting(ROUND_S))
    if fours is None:
        why = {"rounded_little": ROUNDED, "arched_little": ARCHED}
        return Outcome(
            tuple(DrillFinding(name=name, grade="unsure", limit=limit, unit="deg") for name, limit in why.items()),
            decided=False,
        )
    lasting = seen.lasting(LASTING_S)
    flexion, extension = most(spine[fours], lasting), -most(-spine[fours], lasting)
    told = {"flexion": flexion, "extension": extension, "range": flexion - extension}
    findings = tuple(DrillFinding(name=name, grade="told", value=value, unit="deg") for name, value in told.items())
    return Outcome(findings, (), (DrillAdvice(name="store_it"),))


def _bridged(seen: Seen) -> Stretch:
    """Return all angles, with short holes in them bridged."""
    pelvis, thorax = (bridged_shortly(angle, seen.lasting(HOLE_S)) for angle in (seen.all.pelvis, seen.all.thorax))
    return seen.all._replace(pelvis=pelvis, thorax=thorax, spine=thorax - pelvis)


def _held(seen: Seen, whole: Stretch, there: Bools, reference_deg: float | None) -> Held | None:
    """Return the longest hold; drift is from a posture, or, without, from that of its first second."""
    settle, second = seen.lasting(SETTLE_S), seen.lasting(1.0)
    start, stop = max(stretches(there), key=lambda each: each[1] - each[0], default=(0, 0))
    if stop - start < second + 2 * settle:
        return None
    hold = Stretch(*(each[start + settle : stop - settle] for each in whole))
    if not np.isfinite(hold.spine).all():
        return None
    before = float(np.median(hold.spine[:second])) if reference_deg is None else reference_deg
    drift = hold.spine - before
    lasting = seen.lasting(STAYS_S)
    rounded, arched = most(drift, lasting), most(-drift, lasting)
    first = first_lasting(np.abs(drift) > SAG_DEG.practise, lasting)
    began, ended = seen.all.t[start], seen.all.t[stop - 1]
    return Held(
        float(ended - began),
        rounded if rounded > arched else -arched,
        None if first is None else float(hold.t[first] - began),
    )


def _long_enough(name: str, seconds: float) -> DrillFinding:
    grade: Grade = "good" if seconds >= HOLD_S else "practise"
    return DrillFinding(name=name, grade=grade, value=seconds, limit=HOLD_S, unit="s")
