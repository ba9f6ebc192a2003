"""How far a rep went, and how far of it the back kept its shape."""

from __future__ import annotations

import numpy as np

from hinge_imu.samples import Floats, stretches

NEUTRAL_DEG = 10.0
"""So far the spine may bend either way and still count as neutral. Chosen: beyond what one lifter's spine is seen to
differ from rep to rep of a set (1 to 8 deg, Aasa et al. 2019, DOI 10.1080/14763141.2019.1675751)."""

LASTING_S = 0.1
"""The spine has left neutral when it stays out for this long; a shorter spike is skin or strap."""


def range_of_motion_deg(angle: Floats) -> float | None:
    """Return the largest less the smallest angle (N,) deg; None where a sample is nan or there is none."""
    return _number(float(np.ptp(angle))) if len(angle) else None


def at_deg(t: Floats, angle: Floats, at_s: float) -> float | None:
    """Return the angle (N,) deg at a moment between samples at t (N,) s; None where it is not seen."""
    inside = len(t) > 0 and t[0] <= at_s <= t[-1]
    return _number(float(np.interp(at_s, t, angle))) if inside else None


def out_of_neutral_share(spine: Floats, band_deg: float = NEUTRAL_DEG) -> float | None:
    """Return the share of samples, 0 to 1, with the spine (N,) deg out of +-band; None where a sample is nan."""
    return float(np.mean(np.abs(spine) > band_deg)) if len(spine) and np.isfinite(spine).all() else None


def neutral_depth_deg(pelvis: Floats, spine: Floats, rate_hz: float, band_deg: float = NEUTRAL_DEG) -> float | None:
    """Return how far the pelvis had tipped when the back began to round; the whole way where it did not.

    ``pelvis``, ``spine`` (N,) deg over the descent, the last sample the bottom. The back rounds from where it stays
    more than ``band_deg`` flexed for 0.1 s. None where a sample is nan.
    """
    if not len(spine) or not np.isfinite(pelvis + spine).all():
        return None
    rounded = [start for start, stop in stretches(spine > band_deg) if stop - start >= LASTING_S * rate_hz - 1e-6]
    return float(pelvis[rounded[0] if rounded else -1])


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None
