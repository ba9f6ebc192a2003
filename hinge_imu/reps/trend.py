"""What a set says that no single rep does: how alike its reps are, and where they are going."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import theilslopes

from hinge_imu.reps.tempo import Verdict, compliance_share
from hinge_imu.samples import Floats

LEAST_REPS = 3
"""Fewer reps have no variation worth the name; chosen."""

LEAST_TREND_REPS = 5
"""Fewer cannot have an interval at 95 %: of four values, 2 orders in 24 rise or fall all the way by chance."""

CONFIDENCE = 0.95
"""Confidence of a trend's interval."""


class Trend(NamedTuple):
    """Change per rep, and the ends of its interval at 95 %."""

    slope: float
    low: float
    high: float


VARYING = {
    "pelvis_rom": "deg",
    "thorax_rom": "deg",
    "eccentric": "s",
    "concentric": "s",
    "thorax_concentric_mean": "deg_s",
}
TRENDING = {"spine_flexion_peak": "deg", "concentric": "s", "thorax_concentric_mean": "deg_s"}


def measure_set(
    reps: Sequence[Mapping[str, float | None]], verdicts: Iterable[Sequence[Verdict]] = ()
) -> dict[str, float | None]:
    """Return the fields of a set's event that are measured of its reps.

    ``reps`` are the fields said of each, in order, ``verdicts`` those on its tempo.
    """
    fields: dict[str, float | None] = {}
    for name, unit in VARYING.items():
        fields[f"{name}_cv_share"] = variation_share(_column(reps, f"{name}_{unit}"))
    for name, unit in TRENDING.items():
        found = trend(_column(reps, f"{name}_{unit}"))
        for part, value in zip(("", "_low", "_high"), found or (None,) * 3, strict=True):
            fields[f"{name}_trend{part}_{unit}"] = value
    lost = velocity_losses(_column(reps, "thorax_concentric_mean_deg_s"))
    lost = lost[np.isfinite(lost)]
    return {
        **fields,
        "spine_flexion_peak_sd_deg": deviation(_column(reps, "spine_flexion_peak_deg")),
        "velocity_loss_share": float(lost[-1]) if len(lost) > 1 else None,
        "tempo_kept_share": compliance_share(verdicts),
    }


def deviation(values: Floats) -> float | None:
    """Return the standard deviation (n - 1) of values (n,), in their unit, nan left out; None below three of them."""
    values = values[np.isfinite(values)]
    return float(np.std(values, ddof=1)) if len(values) >= LEAST_REPS else None


def variation_share(values: Floats) -> float | None:
    """Return the coefficient of variation of positive values (n,): standard deviation over mean, 0.05 for 5 %.

    None as in `deviation`. It says nothing of angles that may be zero or negative: there the deviation itself does.
    """
    spread = deviation(values)
    mean = float(np.nanmean(values)) if spread is not None else 0.0
    return spread / mean if spread is not None and mean > 0 else None


def trend(values: Floats) -> Trend | None:
    """Return the change per rep of values (n,), nan left out but counted as reps: the median of all pairs' slopes.

    One odd rep does not turn it. None below five values. Theil-Sen estimator, interval after Sen 1968, DOI
    10.1080/01621459.1968.10480934.
    """
    reps = np.flatnonzero(np.isfinite(values))
    if len(reps) < LEAST_TREND_REPS:
        return None
    found = theilslopes(values[reps], reps, alpha=CONFIDENCE)
    return Trend(float(found.slope), float(found.low_slope), float(found.high_slope))


def velocity_losses(means: Floats) -> Floats:
    """Return how much slower each rep was than the fastest up to it: shares (n,), nan where not measured.

    ``means`` (n,) are mean angular velocities upwards, nan where not measured. After Sanchez-Medina and
    Gonzalez-Badillo 2011, DOI 10.1249/MSS.0b013e318213f880, who take the bar's velocity: shares of the two are not the
    same.
    """
    fastest = np.fmax.accumulate(means)
    return np.where(fastest > 0, 1 - np.divide(means, fastest, where=fastest > 0, out=np.ones_like(means)), np.nan)


def _column(reps: Sequence[Mapping[str, float | None]], name: str) -> Floats:
    return np.array([np.nan if (value := rep.get(name)) is None else value for rep in reps], dtype=np.float64)
