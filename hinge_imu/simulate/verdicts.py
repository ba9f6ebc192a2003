"""Which faults a rep truly shows, which it truly does not, and which could be argued about.

Limits are written down here once more, and not shared with what is being taught, so that a slip in one of the two
shows. Each verdict is how far beyond its limit a rep is, in units of what an observer would argue about: above 1 the
fault is there, below -1 it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.signal import butter, sosfiltfilt

from hinge_imu.samples import Floats, stretches
from hinge_imu.simulate.lifter import GRAVITY, STEP_S, Lifter
from hinge_imu.simulate.observer import RATE_HZ, Sight, Timed, low_passed, slope

FLOOR_LIFTS = frozenset({"deadlift", "kettlebell_deadlift"})
ROUNDING_DEG = {"swing": 35.0, **dict.fromkeys(FLOOR_LIFTS, 45.0)}
LEAST_DEG = {**dict.fromkeys((*FLOOR_LIFTS, "swing"), 30.0), "kneeling": 25.0, "toe_touch": 50.0}
"""The range of motion of the thorax that counts, where it is not 35."""
LASTING_S = 0.1
"""A crossing must last this long."""

Tempo = tuple[float, float, float, float]


class Case(NamedTuple):
    """One rep before its judge; ``range_of_motion_deg`` and ``typical_deg`` are the thorax's own and its set's median.

    ``square_deg`` is where the pelvis faced at the last lockout; ``top`` is the first 0.6 s of standing after this one.
    """

    lifter: Lifter
    sight: Sight
    rep: Timed
    exercise: str
    tempo: Tempo | None
    range_of_motion_deg: float
    typical_deg: float
    square_deg: float
    top: slice

    @property
    def during(self) -> slice:
        """The samples of the whole rep."""
        return self.sight.part(self.rep.whole)


def least_deg(exercise: str) -> float:
    """Return the range of motion below which nobody counts a rep."""
    return LEAST_DEG.get(exercise, 35.0)


def judged(case: Case) -> dict[str, float]:
    """Return by how much a rep is beyond the limit of each fault that its lift can have; 0 where readings disagree."""
    beyond = {name: verdict(case) for name, verdict in VERDICTS.items()}
    return {name: value for name, value in beyond.items() if value is not None}


def spine_rounding(case: Case) -> float | None:
    """Judge flexion against standing, and in a floor lift against the set-up during the pull."""
    if case.exercise == "toe_touch":
        return None
    spine = case.sight.spine
    readings = [lasting_peak(spine[part]) for part in (case.during, _settled_as_well(case))]
    beyond = _agreed([(most - ROUNDING_DEG.get(case.exercise, 25.0)) / 3.0 for most in readings])
    if case.exercise not in FLOOR_LIFTS:
        return beyond
    start = case.rep.start_s
    set_up = float(np.median(spine[case.sight.part((start - 0.5, start))]))
    # Who sets up arched and comes up straight has not rounded.
    risen = [
        (lasting_peak(spine[case.sight.part(case.rep.up)]) - floor - 10.0) / 2.0 for floor in (set_up, max(set_up, 0.0))
    ]
    return max(beyond, _agreed(risen))


def spine_arching(case: Case) -> float | None:
    """Judge extension while the thorax is inclined."""
    if case.exercise == "swing":
        return None
    inclined = case.sight.thorax[case.during] > 25.0
    return (lasting_peak(np.where(inclined, -case.sight.spine[case.during], -90.0)) - 10.0) / 2.0


def butt_wink(case: Case) -> float | None:
    """Judge the pelvis at the end of the descent; the last 30 % may be of its time or of its way."""
    rep = case.rep
    if rep.mark.starts_bent or rep.down is None or case.exercise == "toe_touch":
        return None
    sight, (start, stop) = case.sight, rep.down
    thorax, pelvis = (angle[sight.part((start, stop))] for angle in (sight.smooth, low_passed(sight.pelvis)))
    by_time = len(thorax) - len(thorax) * 3 // 10
    by_way = int(np.argmax(thorax > thorax[0] + 0.7 * (thorax[-1] - thorax[0])))
    return _agreed([_tuck(thorax, pelvis, first) for first in (by_time, by_way)])


def spine_first(case: Case) -> float | None:
    """Judge which of the two sets off first, by 5 % of its own peak rate."""
    rep = case.rep
    if rep.mark.starts_bent or rep.down is None or case.exercise == "toe_touch":
        return None
    part = case.sight.part((rep.down[0] - 0.3, rep.bottom_s))
    thorax, pelvis = case.sight.rate[part], slope(low_passed(case.sight.pelvis))[part]
    # Clear is only what does not hang on the very share of the peak: sway is as quick as 5 % of a slow rep's.
    lags = [float(sets_off(pelvis, share) - sets_off(thorax, share)) / RATE_HZ for share in (0.03, 0.05, 0.1, 0.2)]
    beyond = [(lag - 0.10) / 0.03 for lag in lags]
    return _agreed(beyond)


def incomplete_lockout(case: Case) -> float | None:
    """Judge how upright the lifter ends."""
    if case.top.stop <= case.top.start:
        return None
    return float(max(np.median(case.sight.pelvis[case.top]), np.median(case.sight.thorax[case.top])) - 8.0) / 2.0


def overextended_lockout(case: Case) -> float | None:
    """Judge how far behind upright the lifter ends: the thorax over an arched spine, or both."""
    if (case.top.stop - case.top.start) / RATE_HZ < 0.15:
        return None
    pelvis, thorax, spine = (
        float(np.median(angle[case.top])) for angle in (case.sight.pelvis, case.sight.thorax, case.sight.spine)
    )
    return max(min(-5.0 - thorax, -8.0 - spine), min(-8.0 - thorax, -8.0 - pelvis)) / 2.0


def uncontrolled_lowering(case: Case) -> float | None:
    """Judge how quickly it goes down."""
    if case.exercise == "swing" or case.rep.down is None:
        return None
    start, stop = case.rep.down
    peak = float(case.sight.rate[case.sight.part((start, stop))].max())
    return max((0.7 - (stop - start)) / 0.1, (peak - 180.0) / 15.0)


def bounce(case: Case) -> float | None:
    """Judge the blow at the reversal, where it comes quickly and goes quickly."""
    rep = case.rep
    pause = rep.bottom_pause_s
    if case.exercise == "swing" or rep.down is None or pause is None:
        return None
    reversal = case.sight.deepest((rep.down[1] - 0.1, rep.down[1] + pause + 0.1))
    blow = (_blow(case.lifter, reversal) - 0.8) / 0.2
    return min(blow, (0.2 - pause) / 0.05, (1.0 - (rep.down[1] - rep.down[0])) / 0.1)


def partial_rep(case: Case) -> float | None:
    """Judge the range of motion against the set's; under half of it, or under what the lift asks, would be no rep."""
    if case.exercise == "swing":
        return None
    share, least = case.range_of_motion_deg / case.typical_deg, least_deg(case.exercise) / case.typical_deg
    return min(0.70 - share, share - max(0.50, least)) / 0.02


def off_tempo(case: Case) -> float | None:
    """Judge the digits against what was prescribed."""
    if case.exercise == "swing" or case.tempo is None:
        return None
    rep = case.rep
    spans = (rep.down, None, rep.up, None)
    seen = [
        pause if span is None else span[1] - span[0]
        for span, pause in zip(spans, (None, rep.bottom_pause_s, None, rep.top_pause_s), strict=True)
    ]
    off = [
        (abs(took - told) - max(0.3, 0.2 * told)) / 0.1
        for took, told in zip(seen, case.tempo, strict=True)
        if took is not None
    ]
    # A top pause of 0 may also mean that none was asked for.
    return _agreed([max(off), max(off[:3])]) if case.tempo[3] == 0 else max(off)


def not_square(case: Case) -> float | None:
    """Judge how far the pelvis tips to a side or turns away."""
    side = lasting_peak(np.abs(case.sight.side[case.during]))
    turned = lasting_peak(np.abs(case.sight.turn[case.during] - case.square_deg))
    return (max(side, turned) - 15.0) / 3.0


def squat_pattern(case: Case) -> float | None:
    """Judge whether the knees do what the hips should: thighs that lean further than the thorax are a squat's."""
    if case.exercise not in {"hinge", "rdl", "deadlift"}:
        return None
    bottom_s = case.rep.start_s if case.rep.mark.starts_bent else case.rep.bottom_s
    bottom = case.sight.part((bottom_s, bottom_s + 0.02))
    return (float(np.mean(case.sight.thigh[bottom]) / np.mean(case.sight.thorax[bottom])) - 1.15) / 0.15


VERDICTS: dict[str, Callable[[Case], float | None]] = {
    verdict.__name__: verdict
    for verdict in (
        spine_rounding,
        spine_arching,
        butt_wink,
        spine_first,
        incomplete_lockout,
        overextended_lockout,
        uncontrolled_lowering,
        bounce,
        partial_rep,
        off_tempo,
        not_square,
        squat_pattern,
    )
}


def lasting_peak(angle: Floats) -> float:
    """Return the highest angle of (N,) that is held for 0.1 s."""
    n = round(LASTING_S * RATE_HZ)
    if len(angle) < n:
        return float(angle.min(initial=np.inf))
    return float(np.lib.stride_tricks.sliding_window_view(angle, n).min(axis=1).max())


def _agreed(verdicts: Sequence[float]) -> float:
    """Return the mildest of several verdicts; 0, which could be argued about, where they contradict each other."""
    return min(verdicts) if min(verdicts) > 0 else min(0.0, max(verdicts))


def _settled_as_well(case: Case) -> slice:
    """Return the samples of a rep and of how its lowering goes on, with the bar on the floor, before the next pull.

    What carries a tenth of the way down is a part of it by the definition of a phase; who sees the bar may say that it
    is none.
    """
    sight, rep = case.sight, case.rep
    if not rep.mark.starts_bent or rep.down is None or rep.pull_after is None:
        return case.during
    _, down_s = sight.phase((rep.down[0], sight.deepest((rep.down[0], rep.pull_after))), 1)
    return sight.part((rep.start_s, max(down_s, rep.down[1])))


def _tuck(thorax: Floats, pelvis: Floats, first: int) -> float:
    """Judge the samples from ``first`` on: how far the pelvis falls back, or how far the thorax goes on without it."""
    travel = float(np.ptp(thorax[first:]))
    fallen = float((np.maximum.accumulate(pelvis) - pelvis)[first:].max())
    left_behind = stretches(np.gradient(pelvis[first:]) < 0.2 * np.gradient(thorax[first:]))
    alone = max((float(np.ptp(thorax[first:][a:b])) for a, b in left_behind), default=0.0)
    return max(min((fallen - 5.0) / 1.5, (travel - 5.0) / 1.0), (alone - 5.0) / 1.5)


def sets_off(rate: Floats, share: float) -> int:
    """Return where a movement begins: the last sample before half its peak rate with no more than this share of it."""
    well_on = int(np.argmax(rate > 0.5 * rate.max()))
    before = np.flatnonzero(rate[:well_on] < share * rate.max())
    return int(before[-1]) + 1 if len(before) else 0


def _blow(lifter: Lifter, at_s: float) -> float:
    """Return the largest acceleration of the pelvis above 15 Hz within 0.1 s of a moment, in g."""
    t = at_s + np.arange(-0.5, 0.5, STEP_S)
    force, _ = lifter.specific_force_and_rate(0, t)
    sharp = sosfiltfilt(butter(2, 15.0, "high", fs=1 / STEP_S, output="sos"), force, axis=0)
    return float(np.linalg.norm(sharp[np.abs(t - at_s) <= 0.1], axis=1).max()) / GRAVITY
