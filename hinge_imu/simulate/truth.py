"""What a perfect observer would have written down beside a simulated recording."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from hinge_imu.simulate.lifter import Lifter
from hinge_imu.simulate.plan import Floats, RepPlan, edge

RATE_HZ = 100.0
ROUNDING_DEG, CLEARLY_DEG = 25.0, 3.0
"""Limit of spine rounding, and how far on either side of it an observer would not argue."""


def angles(lifter: Lifter) -> dict[str, Floats]:
    """Return ``t_s`` and the true ``pelvis_deg``, ``thorax_deg``, ``spine_deg`` (N,), zero in the first second."""
    t = np.arange(0.0, lifter.timetable.duration_s, 1 / RATE_HZ)
    pelvis, thorax = (angle - angle[t < 1.0].mean() for angle in lifter.inclinations(t))
    return {"t_s": t, "pelvis_deg": pelvis, "thorax_deg": thorax, "spine_deg": thorax - pelvis}


def labels(lifter: Lifter, exercise: str) -> dict[str, Any]:
    """Return exercise, sets and reps with their times (s), ranges of motion (deg) and faults."""
    timetable = lifter.timetable
    seen = angles(lifter)
    reps = [_rep(seen, onset, plan) for onset, plan in zip(timetable.onsets_s, timetable.reps, strict=False)]
    for rep, following in pairwise(reps):
        rep["top_pause_s"] = following["start_s"] - rep["end_s"]
    for number, rep in enumerate(reps, 1):
        rep.update(set=1, rep=number)
    sets = [{"start_s": reps[0]["start_s"], "end_s": reps[-1]["end_s"], "n": len(reps)}] if reps else []
    return {"simulated": True, "exercise": exercise, "sets": sets, "reps": reps, "distractors": []}


def write(lifter: Lifter, exercise: str, beside: Path) -> tuple[Path, Path]:
    """Write labels as JSON and angles as NPZ beside a recording; return both paths."""
    as_json, as_npz = beside.with_suffix(".json"), beside.with_suffix(".npz")
    as_json.write_text(json.dumps(labels(lifter, exercise), indent=1) + "\n", encoding="utf-8")
    np.savez_compressed(as_npz, **angles(lifter))  # type: ignore[arg-type]  # numpy's types take no named arrays
    return as_json, as_npz


def _rep(seen: dict[str, Floats], onset: float, plan: RepPlan) -> dict[str, Any]:
    start = onset + plan.eccentric_s * edge(plan.depth_deg, plan.eccentric_s)
    down = onset + plan.eccentric_s
    slow_down, slow_up = start - onset, plan.concentric_s * edge(plan.depth_deg, plan.concentric_s)
    up = down + plan.bottom_pause_s
    end = up + plan.concentric_s - slow_up
    during = (seen["t_s"] >= start) & (seen["t_s"] <= end)
    flexion = float(seen["spine_deg"][during].max())
    return {
        "start_s": start,
        "bottom_s": float(seen["t_s"][during][np.argmax(seen["thorax_deg"][during])]),
        "end_s": end,
        "eccentric_s": plan.eccentric_s - 2 * slow_down,
        "bottom_pause_s": plan.bottom_pause_s + slow_down + slow_up,
        "concentric_s": plan.concentric_s - 2 * slow_up,
        "pelvis_rom_deg": float(np.ptp(seen["pelvis_deg"][during])),
        "thorax_rom_deg": float(np.ptp(seen["thorax_deg"][during])),
        "spine_flexion_peak_deg": flexion,
        "faults": ["spine_rounding"] if flexion > ROUNDING_DEG + CLEARLY_DEG else [],
        "faults_absent": ["spine_rounding"] if flexion < ROUNDING_DEG - CLEARLY_DEG else [],
    }
