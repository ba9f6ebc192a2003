"""Where spine and hip part: when in a rep the back leaves the shape that it began with, for how long, and how far."""

from __future__ import annotations

from typing import Any

import numpy as np

from hinge_imu.reps.case import Case
from hinge_imu.reps.posture import LASTING_S, NEUTRAL_DEG
from hinge_imu.samples import Floats, stretches

PARTS = ("early", "middle", "late")
"""The thirds of the thorax's way to the bottom, or from the floor of its way up; beyond the bottom it is late, too."""


def divergence(case: Case, own_deg: float | None) -> dict[str, Any]:
    """Return the fields of a rep's event on how its back kept its shape.

    The shape is that of standing; in a pull from the floor all between that and the set-up, for which trained lifters
    give up 33 deg of lordosis (Bengtsson et al. 2022, 13 + 20 deg, n = 24). ``own_deg`` is how far the wearer's spine
    flexes, None where that is not known. What was not seen is None.
    """
    part, set_up = case.during, case.set_up_deg
    if not len(part.t) or not np.isfinite(part.spine).all():
        return {"spine_set_up_deg": set_up}
    peak = float(part.spine.max())
    return {
        "spine_set_up_deg": set_up,
        "spine_above_set_up_deg": None if set_up is None else peak - set_up,
        "spine_range_share": peak / own_deg if own_deg else None,
        # On the way up from a set-up the back comes to stand, and is nowhere off between the two.
        **_parting(case, part.spine - np.clip(part.spine, min(set_up or 0.0, 0.0), max(set_up or 0.0, 0.0))),
    }


def _parting(case: Case, off: Floats) -> dict[str, Any]:
    """Return when, for how long and where the spine was off its shape by more than the neutral band."""
    part, period_s = case.during, case.rep.bend.period_s
    lasting = [each for each in stretches(np.abs(off) > NEUTRAL_DEG) if (each[1] - each[0]) * period_s >= LASTING_S]
    if not lasting:
        return {}
    first = lasting[0][0]
    return {
        "divergence_at_s": float(part.t[first]),
        "divergence_lasting_s": sum(stop - start for start, stop in lasting) * period_s,
        "divergence_pelvis_deg": float(part.pelvis[first]),
        "divergence_part": PARTS[_third(part.lead, first, bent=case.rep.bent)],
    }


def _third(lead: Floats, number: int, *, bent: bool) -> int:
    """Return the third of the way in which a sample lies, counted from the start of the rep."""
    turn = len(lead) - 1 if bent else int(np.argmax(lead))
    if number >= turn:
        return len(PARTS) - 1
    done = (lead[number] - lead[0]) / (lead[turn] - lead[0])
    return min(int(max(0.0, float(done)) * len(PARTS)), len(PARTS) - 1)
