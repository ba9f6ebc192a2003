"""When a fault that a rep truly shows began: the moment at which its limit was first passed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from hinge_imu.samples import Bools, stretches
from hinge_imu.simulate.observer import RATE_HZ, low_passed, slope
from hinge_imu.simulate.verdicts import FLOOR_LIFTS, LASTING_S, ROUNDING_DEG, Case, sets_off


def at_s(case: Case, faults: Sequence[str]) -> dict[str, float]:
    """Return when (s) each of the faults of a rep began."""
    return {name: round(MOMENTS[name](case), 3) for name in faults}


def spine_rounding(case: Case) -> float:
    """Return when flexion first stayed beyond its limit, against standing or in a pull against the set-up."""
    spine, start = case.sight.spine, case.rep.start_s
    moments = [_first(case, case.rep.whole, spine > ROUNDING_DEG.get(case.exercise, 25.0))]
    if case.exercise in FLOOR_LIFTS:
        set_up = float(np.median(spine[case.sight.part((start - 0.5, start))]))
        moments.append(_first(case, case.rep.up, spine > max(set_up, 0.0) + 10.0))
    return float(np.nanmin(moments))


def spine_arching(case: Case) -> float:
    """Return when extension first stayed beyond its limit."""
    return _first(case, case.rep.whole, (case.sight.thorax > 25.0) & (case.sight.spine < -10.0))


def butt_wink(case: Case) -> float:
    """Return when pelvis and thorax had parted by 5 deg at the end of the descent."""
    start, stop = case.rep.down or case.rep.whole
    part = case.sight.part((start + 0.7 * (stop - start), stop))
    thorax, pelvis = case.sight.smooth[part], low_passed(case.sight.pelvis)[part]
    behind = stretches(np.gradient(pelvis) < 0.2 * np.gradient(thorax))
    alone = [thorax[a:b] - thorax[a] for a, b in behind]
    passed = [a + int(np.argmax(by >= 5.0)) for (a, _), by in zip(behind, alone, strict=True) if by.max() >= 5.0]
    fallen = np.maximum.accumulate(pelvis) - pelvis
    passed += [int(np.argmax(fallen >= 5.0))] if fallen.max() >= 5.0 else []
    return float(case.sight.t[part][min(passed, default=len(thorax) - 1)])


def spine_first(case: Case) -> float:
    """Return when the thorax set off."""
    start, _ = case.rep.down or case.rep.whole
    part = case.sight.part((start - 0.3, case.rep.bottom_s))
    return float(case.sight.t[part][sets_off(slope(case.sight.smooth)[part], 0.05)])


def uncontrolled_lowering(case: Case) -> float:
    """Return when the way down first was too fast, or over too soon."""
    down = case.rep.down or case.rep.whole
    if down[1] - down[0] < 0.7:
        return down[1]
    part = case.sight.part(down)
    return float(case.sight.t[part][np.argmax(case.sight.rate[part] > 180.0)])


def reversal(case: Case) -> float:
    """Return when the way down turned into the way up."""
    start, stop = case.rep.down or case.rep.whole
    return case.sight.deepest((start, stop + (case.rep.bottom_pause_s or 0.0) + 0.1))


def partial_rep(case: Case) -> float:
    """Return when it stopped short: on the way down, or from the floor on the way up."""
    return case.rep.end_s if case.rep.mark.starts_bent or case.rep.down is None else case.rep.down[1]


def way_up(case: Case) -> float:
    """Return when the way up began."""
    return case.rep.up[0]


def lockout(case: Case) -> float:
    """Return when the lifter was up."""
    return case.rep.end_s


def off_tempo(case: Case) -> float:
    """Return when the digit that is furthest off, for what it may be, was over."""
    rep, told = case.rep, case.tempo or (0.0,) * 4
    down, pause, top = rep.down, rep.bottom_pause_s, rep.top_pause_s
    took = (None if down is None else down[1] - down[0], pause, rep.up[1] - rep.up[0], top)
    ends = (down and down[1], down and down[1] + (pause or 0.0), rep.up[1], rep.end_s + (top or 0.0))
    off = [0.0 if s is None else abs(s - asked) / max(0.3, 0.2 * asked) for s, asked in zip(took, told, strict=True)]
    return float(ends[int(np.argmax(off))] or rep.end_s)


def not_square(case: Case) -> float:
    """Return when the pelvis first stayed tipped or turned too far."""
    aside = np.maximum(np.abs(case.sight.side), np.abs(case.sight.turn - case.square_deg))
    return _first(case, case.rep.whole, aside > 15.0)


MOMENTS: dict[str, Callable[[Case], float]] = {
    "spine_rounding": spine_rounding,
    "spine_arching": spine_arching,
    "butt_wink": butt_wink,
    "spine_first": spine_first,
    "incomplete_lockout": lockout,
    "overextended_lockout": lockout,
    "uncontrolled_lowering": uncontrolled_lowering,
    "bounce": reversal,
    "partial_rep": partial_rep,
    "off_tempo": off_tempo,
    "not_square": not_square,
    "squat_pattern": way_up,
}


def _first(case: Case, span: tuple[float, float], mask: Bools) -> float:
    """Return when a mask of all samples first stays true for 0.1 s within a span; nan where it does not."""
    part = case.sight.part(span)
    lasting = [a for a, b in stretches(mask[part]) if b - a >= round(LASTING_S * RATE_HZ)]
    return float(case.sight.t[part][lasting[0]]) if lasting else float("nan")
