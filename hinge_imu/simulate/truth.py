"""What a perfect observer would have written down beside a simulated recording."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from hinge_imu.simulate import moments
from hinge_imu.simulate.lifter import Lifter
from hinge_imu.simulate.observer import Sight, Timed, timed
from hinge_imu.simulate.plan import Floats
from hinge_imu.simulate.verdicts import Case, Tempo, judged, least_deg

RATE_HZ = 100.0
"""Samples a second of what is written down."""

TOP_S = 0.6
"""Lockout is judged by the first so many seconds of the top."""


def angles(lifter: Lifter) -> dict[str, Floats]:
    """Return ``t_s`` and the true ``pelvis_deg``, ``thorax_deg``, ``spine_deg`` (N,), zero in the first second."""
    t = np.arange(0.0, lifter.timetable.duration_s, 1 / RATE_HZ)
    pelvis, thorax = (angle - angle[t < 1.0].mean() for angle in lifter.inclinations(t))
    return {"t_s": t, "pelvis_deg": pelvis, "thorax_deg": thorax, "spine_deg": thorax - pelvis}


def labels(lifter: Lifter, exercise: str, tempo: Tempo | None = None) -> dict[str, Any]:
    """Return exercise, sets, reps and distractors with their times (s), ranges of motion (deg) and faults.

    ``faults`` are those that are clearly beyond their limit, ``faults_absent`` those that are clearly inside; what is
    in neither could be argued about. ``faults_at_s`` is when those that are there began, ``faults_beyond`` by how much
    a rep is beyond each limit, in units of what could be argued about. ``tempo`` is what was
    prescribed. A value that there is not is left out.
    """
    sight = Sight.of(lifter)
    done = timed(sight, lifter.script.reps)
    reps = [rep for rep in done if _range_deg(sight, rep) >= least_deg(rep.mark.exercise or exercise)]
    shallow = [(rep.start_s, rep.end_s, "too_shallow") for rep in done if rep not in reps]
    by_set = [list(group) for _, group in groupby(reps, key=lambda rep: rep.mark.set)]
    return {
        "simulated": True,
        "exercise": exercise,
        "sets": [
            {
                "exercise": group[0].mark.exercise or exercise,
                "start_s": group[0].start_s,
                "end_s": group[-1].end_s,
                "n": len(group),
            }
            for group in by_set
        ],
        "reps": [rep for group in by_set for rep in _set(lifter, sight, group, exercise, tempo)],
        "distractors": [
            {"start_s": start, "end_s": stop, "kind": kind}
            for start, stop, kind in [*lifter.script.distractors, *shallow]
        ],
    }


def write(lifter: Lifter, exercise: str, beside: Path, tempo: Tempo | None = None, **more: Any) -> tuple[Path, Path]:
    """Write labels, and ``more`` of them, as JSON and angles as NPZ beside a recording; return both paths."""
    as_json, as_npz = beside.with_suffix(".json"), beside.with_suffix(".npz")
    as_json.write_text(json.dumps({**labels(lifter, exercise, tempo), **more}, indent=1) + "\n", encoding="utf-8")
    np.savez_compressed(as_npz, **angles(lifter))  # type: ignore[arg-type]  # numpy's types take no named arrays
    return as_json, as_npz


def _range_deg(sight: Sight, rep: Timed) -> float:
    """Return the thorax's range of motion in a rep."""
    return float(np.ptp(sight.thorax[sight.part((rep.start_s, rep.end_s))]))


def _set(
    lifter: Lifter, sight: Sight, reps: Sequence[Timed], exercise: str, tempo: Tempo | None
) -> list[dict[str, Any]]:
    ranges = [_range_deg(sight, rep) for rep in reps]
    written = []
    for number, rep in enumerate(reps, 1):
        before = reps[number - 2].end_s if number > 1 else rep.start_s
        square = float(np.interp(before, sight.t, sight.turn))
        case = Case(
            lifter,
            sight,
            rep,
            rep.mark.exercise or exercise,
            tempo,
            range_of_motion_deg=ranges[number - 1],
            typical_deg=float(np.median(ranges)),
            square_deg=square,
            top=_top(lifter, sight, rep),
        )
        written.append(
            {"set": rep.mark.set, "rep": number, "exercise": case.exercise, **_rep(sight, rep), **_faults(case)}
        )
    return written


def _rep(sight: Sight, rep: Timed) -> dict[str, Any]:
    during = sight.part((rep.start_s, rep.end_s))
    fields: dict[str, Any] = {
        "order": "con" if rep.mark.starts_bent else "ecc",
        "start_s": rep.start_s,
        "bottom_s": rep.bottom_s,
        "end_s": rep.end_s,
        "eccentric_s": None if rep.down is None else rep.down[1] - rep.down[0],
        "bottom_pause_s": rep.bottom_pause_s,
        "concentric_s": rep.up[1] - rep.up[0],
        "top_pause_s": rep.top_pause_s,
        "pelvis_rom_deg": float(np.ptp(sight.pelvis[during])),
        "thorax_rom_deg": float(np.ptp(sight.thorax[during])),
        "spine_flexion_peak_deg": float(sight.spine[during].max()),
    }
    return {name: value for name, value in fields.items() if value is not None}


def _faults(case: Case) -> dict[str, Any]:
    beyond = judged(case)
    there = [name for name, value in beyond.items() if value > 1]
    absent = [name for name, value in beyond.items() if value < -1]
    by = {name: round(float(value), 3) for name, value in beyond.items() if np.isfinite(value)}
    return {"faults": there, "faults_absent": absent, "faults_at_s": moments.at_s(case, there), "faults_beyond": by}


def _top(lifter: Lifter, sight: Sight, rep: Timed) -> slice:
    """Return the samples from lockout on, until anything else begins."""
    begins = [stretch.start_s for stretch in lifter.script.distractors if stretch.start_s >= rep.end_s - 0.1]
    return sight.part((rep.end_s, min([rep.end_s + TOP_S, rep.onset_after or np.inf, *begins])))
