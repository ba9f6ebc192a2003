"""Drills for a back that keeps its shape: the dowel, the self-assessment made of it, hinges to a wall."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from hinge_imu.events import RepEvent
from hinge_imu.protocols.contact import BAND, Contact, contact
from hinge_imu.protocols.grades import Scale, worst
from hinge_imu.protocols.seen import Part, Parts
from hinge_imu.verdict import DrillAdvice, DrillFinding, DrillMark, DrillUnit, Grade

ORDER = Scale(good=-0.05, practise=-0.10)
"""By how much the hips lead at the onset, s: negative, the trunk does. The dead band is chosen (5 samples at 100 Hz);
beyond it the contract of a rep says `spine_first`."""

ROUND = Scale(good=15.0, practise=25.0)
"""Spine flexion of a hinge that is watched, and lost, deg. Chosen: experienced lifters show 25 to 27."""

SPREAD = Scale(good=5.0, practise=8.0)
"""Standard deviation of the depth, deg: the wall is always as far. Chosen: what one lifter's reps differ by is 1 to 8
(Aasa et al. 2019, DOI 10.1080/14763141.2019.1675751)."""

TAP_G, NO_TAP_G = 0.06, 0.03
"""A blow of this size at the bottom is a tap, one below the other is none; between them nobody knows. Chosen: an
MPU-6050's own noise in there is 0.01 g at most (SIMULATED)."""

AROUND_S = 0.15
"""So much before the hips have stopped, and after they have set off again, a tap may be; chosen."""

NEXT = {
    "arched": DrillAdvice(name="ribs_down", drill="dowel"),
    "early": DrillAdvice(name="brace_first", drill="dowel"),
    "middle": DrillAdvice(name="slower_and_shorter", drill="dowel"),
    "late": DrillAdvice(name="hips_back_and_depth", drill="wall"),
    "up": DrillAdvice(name="brace_on_the_way_up", drill="dowel"),
    "trunk_first": DrillAdvice(name="go_hips_first", drill="wall"),
}
"""What to practise next, by how contact was lost."""


class Outcome(NamedTuple):
    """What a drill came to, before its verdict: findings, reps, what to practise next, and whether it can be judged."""

    findings: tuple[DrillFinding, ...]
    reps: tuple[DrillMark, ...] = ()
    practise: tuple[DrillAdvice, ...] = ()
    decided: bool = True

    @classmethod
    def undecided(cls, *names: str, value: float | None = None, limit: float | None = None) -> Outcome:
        """Return that there is no verdict, and why."""
        return cls(
            tuple(DrillFinding(name=name, grade="unsure", value=value, limit=limit) for name in names), decided=False
        )


def mark(rep: RepEvent, findings: Sequence[DrillFinding], step: str = "reps") -> DrillMark:
    """Return a rep with what it has shown."""
    return DrillMark(
        rep_id=rep.id,
        rep=rep.rep,
        step=step,
        start_s=rep.start_s,
        end_s=rep.end_s,
        grade=worst(each.grade for each in findings),
        findings=tuple(findings),
    )


def dowel(parts: Parts) -> Outcome:
    """Judge the dowel drill: any rep that loses contact is one to practise (two of the three points)."""
    done = _contacts(parts["reps"])
    if not done:
        return Outcome.undecided("not_seen_whole")
    return Outcome(_touching(done), tuple(_marked(rep, each) for rep, each in done), ())


def self_assessment(parts: Parts) -> Outcome:
    """Judge the same five hinges as a screen: what was lost first, and what to practise next."""
    part = parts["reps"]
    done = _contacts(part)
    if not done:
        return Outcome.undecided("not_seen_whole")
    order = hips_first(part)
    losses = Counter(_loss(each) for _, each in done if _lost(each))
    losses.update(["trunk_first"] if order is not None and order.grade == "practise" else [])
    findings = (*_touching(done), *([] if order is None else [order]))
    advice = tuple(NEXT[name] for name, _ in losses.most_common())
    if "late" in losses:
        advice += (DrillAdvice(name="is_it_flexibility", drill="flexibility"),)
    return Outcome(findings, tuple(_marked(rep, each) for rep, each in done), advice)


def wall(parts: Parts) -> Outcome:
    """Judge hinges to a wall: the hips lead, always as far, with a back that keeps its shape; taps where they show."""
    part = parts["reps"]
    order = hips_first(part)
    depths = [rep.pelvis_bottom_deg for rep in part.reps if rep.pelvis_bottom_deg is not None]
    spread = float(np.std(depths, ddof=1)) if len(depths) > 1 else None
    rounding = max(rep.spine_flexion_peak_deg or 0.0 for rep in part.reps)
    taps = [_tap(part, rep) for rep in part.reps]
    findings = [
        *([] if order is None else [order]),
        *([] if spread is None else [judged("depth_spread", SPREAD, spread, "deg")]),
        judged("rounding", ROUND, rounding, "deg"),
        _taps(taps),
    ]
    advice = [NEXT["trunk_first"]] if order is not None and order.grade == "practise" else []
    advice += [NEXT["middle"]] if ROUND.grade(rounding) == "practise" else []
    reps = tuple(mark(rep, [tap]) for rep, tap in zip(part.reps, taps, strict=True))
    return Outcome(tuple(findings), reps, tuple(advice))


def judged(
    name: str, scale: Scale, value: float, unit: DrillUnit, *, size: float | None = None, step: str | None = None
) -> DrillFinding:
    """Return a finding of a value; ``size`` is what is judged, where that is not the value itself."""
    of = value if size is None else size
    return DrillFinding(
        name=name,
        grade=scale.grade(of),
        value=value,
        limit=scale.limit(of),
        unit=unit,
        step=step,
    )


def hips_first(part: Part) -> DrillFinding | None:
    """Return whether the hips led, by the rep in which they did least; None where no onset was seen."""
    lags = [rep.onset_lag_s for rep in part.reps if rep.onset_lag_s is not None]
    if not lags:
        return None
    # One rep in which somebody stumbled is none to practise: the second least counts, of three or more.
    typical = sorted(lags)[min(1, len(lags) - 1) if len(lags) > 2 else 0]
    return judged("hips_first" if ORDER.grade(typical) == "good" else "trunk_first", ORDER, typical, "s")


def _contacts(part: Part) -> list[tuple[RepEvent, Contact]]:
    return [(rep, each) for rep in part.reps if (each := contact(part.seen, rep)) is not None]


def _touching(done: Sequence[tuple[RepEvent, Contact]]) -> tuple[DrillFinding, ...]:
    contacts = [each for _, each in done]
    far = max(contacts, key=lambda each: abs(each.worst_deg))
    away = "rounded" if far.worst_deg > 0 else "arched"
    name = "kept" if abs(far.worst_deg) <= BAND.good else away
    share = 100 * float(np.mean([each.share for each in contacts]))
    first = [each.lost_pelvis_deg for each in contacts if each.lost_pelvis_deg is not None]
    findings = [
        DrillFinding(name="contact", grade="told", value=share, unit="%"),
        judged(name, BAND, far.worst_deg, "deg", size=abs(far.worst_deg)),
    ]
    findings += [DrillFinding(name="lost_at", grade="told", value=float(np.median(first)), unit="deg")] if first else []
    return tuple(findings)


def _marked(rep: RepEvent, each: Contact) -> DrillMark:
    away = "kept" if not _lost(each) else "rounded" if each.worst_deg > 0 else "arched"
    findings = [
        judged(f"{away}_rep", BAND, each.worst_deg, "deg", size=abs(each.worst_deg)),
        DrillFinding(name="contact_rep", grade="told", value=100 * each.share, unit="%"),
    ]
    if each.lost_pelvis_deg is not None:
        findings.append(DrillFinding(name=f"lost_{_loss(each)}", grade="told", value=each.lost_pelvis_deg, unit="deg"))
    return mark(rep, findings)


def _lost(each: Contact) -> bool:
    return abs(each.worst_deg) > BAND.good and each.lost_on is not None


def _loss(each: Contact) -> str:
    return "arched" if not each.lost_round else str(each.lost_on)


def _tap(part: Part, rep: RepEvent) -> DrillFinding:
    """Return whether the wall was felt: a light tap may be below the noise, and not every blow is a wall."""
    felt = _blow_g(part, rep)
    if felt is None or NO_TAP_G < felt < TAP_G:
        return DrillFinding(name="tap_unsure", grade="unsure", value=felt, limit=TAP_G, unit="g")
    name: tuple[str, Grade] = ("tap", "good") if felt >= TAP_G else ("no_tap", "watch")
    return DrillFinding(name=name[0], grade=name[1], value=felt, limit=TAP_G, unit="g")


def _blow_g(part: Part, rep: RepEvent) -> float | None:
    """Return the hardest blow at the bottom, None where it was not seen."""
    if rep.eccentric_s is None or rep.concentric_s is None:
        return None
    bottom = rep.start_s + rep.eccentric_s - AROUND_S, rep.end_s - rep.concentric_s + AROUND_S
    blows = part.seen.all.between(*bottom).blow
    return float(blows.max()) if len(blows) and np.isfinite(blows).all() else None


def _taps(taps: Sequence[DrillFinding]) -> DrillFinding:
    felt, unsure = (sum(tap.name == name for tap in taps) for name in ("tap", "tap_unsure"))
    grade: Grade = "good" if felt == len(taps) else "unsure" if felt + unsure == len(taps) else "watch"
    return DrillFinding(name="taps", grade=grade, value=float(felt), limit=float(len(taps)), unit="reps")
