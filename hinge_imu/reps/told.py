"""What is said of a rep: when it was, how far it went, what was wrong with it, and how it moved."""

from __future__ import annotations

from typing import Any

import numpy as np

from hinge_imu.reps.case import Case
from hinge_imu.reps.divergence import divergence
from hinge_imu.reps.effort import impact_g
from hinge_imu.reps.faults import faults_of
from hinge_imu.reps.kinematics import Movement, kinematics
from hinge_imu.reps.metrics import ONSET_S, seen_all
from hinge_imu.reps.phases import Phase


def fields(case: Case) -> dict[str, Any]:
    """Return what a rep's event says of it as soon as it is over."""
    rep, bend, part = case.rep, case.rep.bend, case.during
    pelvis, thorax, spine = seen_all(bend.around, rep.start_s, rep.end_s)
    bottom = int(bend.around.t.searchsorted(bend.bottom_s))
    share = None
    if spine and bend.around.thorax[bottom] > 0:
        share = float(bend.around.spine[bottom] / bend.around.thorax[bottom])
    digits = rep.digits
    names = ("eccentric_s", "bottom_pause_s", "concentric_s", "top_pause_s")
    return {
        "start_s": rep.start_s,
        "bottom_s": bend.bottom_s,
        "end_s": rep.end_s,
        **dict(zip(names, digits, strict=True)),
        "tempo": tempo(*digits),
        "pelvis_rom_deg": float(np.ptp(part.pelvis)) if pelvis else None,
        "thorax_rom_deg": float(np.ptp(part.thorax)) if thorax else None,
        "spine_flexion_peak_deg": float(np.max(part.spine)) if spine else None,
        "spine_share": share,
        "faults": faults_of(case),
    }


def measures(case: Case, own_spine_deg: float | None = None) -> dict[str, Any]:
    """Return what a rep's event says of how it moved, once it is confirmed.

    ``own_spine_deg`` is how far the wearer's spine flexes, None where that is not known.
    """
    rep, bend, lowering = case.rep, case.rep.bend, case.lowering
    around, rate_hz = bend.around, 1 / bend.period_s
    down = lowering.eccentric if lowering is not None else None
    part = around.between(rep.start_s - ONSET_S, rep.end_s)
    if rep.bent and down is not None:
        # From the floor the way down comes last, and is seen by the next bend.
        down = Phase(down.start, min(down.end, float(around.t[-1])))
        part = around.between(rep.start_s - ONSET_S, down.end)
    movement = Movement(
        *(part.t, part.pelvis, part.thorax, part.spine, rate_hz, Phase(rep.start_s, rep.end_s)),
        down,
        bend.concentric if bend.concentric_seen else None,
        bend.bottom_s,
    )
    moved = kinematics(movement, impact_g(around.t, around.acc, bend.bottom_s, rate_hz))
    return {**moved, "onset_lag_s": _onset_lag_s(case), **divergence(case, own_spine_deg)}


def _onset_lag_s(case: Case) -> float | None:
    """Return how much later the thorax set off than the pelvis, asked of standing starts only."""
    pelvis, thorax = case.rep.bend.onsets_s if case.descent is not None else (None, None)
    return None if pelvis is None or thorax is None else thorax - pelvis


def tempo(*digits: float | None) -> str:
    """Return ``eccentric-bottom pause-concentric-top pause`` in seconds; a digit that is not known is ``?``."""
    return "-".join("?" if digit is None else f"{digit:.1f}" for digit in digits)
