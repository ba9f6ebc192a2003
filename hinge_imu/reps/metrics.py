"""What is read off one rep: phases, tempo, ranges of motion, spine flexion, faults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from hinge_imu.events import Fault
from hinge_imu.reps.exercises import Profile
from hinge_imu.reps.faults import spine_rounding
from hinge_imu.reps.phases import Phase, phase, smooth
from hinge_imu.samples import Floats


@dataclass(frozen=True)
class Trace:
    """Smoothed inclinations in degrees over t (N,) s, nan where not valid; ``lead`` shows the phases."""

    t: Floats
    pelvis: Floats
    thorax: Floats
    spine: Floats
    lead: Floats

    @classmethod
    def smoothed(cls, rows: Floats, rate_hz: float) -> Trace:
        """Return the trace of raw rows (5,N) t_s, pelvis, thorax, spine, lead; what is not valid stays nan."""
        t, angles = rows[0], rows[1:]
        valid = np.isfinite(angles)
        filled = [np.interp(t, t[ok], row[ok]) if ok.any() else row for row, ok in zip(angles, valid, strict=True)]
        return cls(t, *np.where(valid, smooth(np.stack(filled, axis=1), rate_hz).T, np.nan))

    def part(self, start: int, stop: int) -> Trace:
        """Return the samples [start, stop)."""
        return Trace(*(getattr(self, name)[start:stop] for name in ("t", "pelvis", "thorax", "spine", "lead")))

    def between(self, start: float, end: float) -> Trace:
        """Return the part from ``start`` to ``end`` in s, both included."""
        return self.part(int(np.searchsorted(self.t, start)), int(np.searchsorted(self.t, end, side="right")))


@dataclass(frozen=True)
class Rep:
    """One measured rep; times in s, angles in degrees, None where it could not be measured."""

    eccentric: Phase
    bottom_s: float
    concentric: Phase
    descent_deg: float
    directness: float
    pelvis_rom_deg: float | None
    thorax_rom_deg: float | None
    spine_flexion_peak_deg: float | None
    spine_share: float | None
    faults: tuple[Fault, ...]

    @property
    def bottom_pause_s(self) -> float:
        """The rest between the two phases."""
        return max(0.0, self.concentric.start - self.eccentric.end)


def measure(trace: Trace, profile: Profile) -> Rep | None:
    """Measure the rep whose bottom is the deepest point of the trace; None where one of its phases is missing."""
    bottom = int(np.argmax(trace.lead))
    rate = np.gradient(trace.lead, trace.t)
    down = phase(trace.t[: bottom + 1], rate[: bottom + 1])
    up = phase(trace.t[bottom:], -rate[bottom:])
    if down is None or up is None:
        return None
    rep = trace.between(down.start, up.end)
    spine, thorax = trace.spine[bottom], trace.thorax[bottom]
    fault = spine_rounding(rep.t, rep.spine, profile)
    return Rep(
        eccentric=down,
        bottom_s=float(trace.t[bottom]),
        concentric=up,
        descent_deg=float(trace.lead[bottom] - rep.lead[0]),
        directness=min(_directness(trace.between(*phase_).lead) for phase_ in (down, up)),
        pelvis_rom_deg=_measured(rep.pelvis, np.ptp),
        thorax_rom_deg=_measured(rep.thorax, np.ptp),
        spine_flexion_peak_deg=_measured(rep.spine, np.max),
        spine_share=float(spine / thorax) if np.isfinite(spine) and thorax > 0 else None,
        faults=() if fault is None else (fault,),
    )


def tempo(*digits: float | None) -> str:
    """Return ``eccentric-bottom pause-concentric-top pause`` in seconds; a digit that is not known is ``?``."""
    return "-".join("?" if digit is None else f"{digit:.1f}" for digit in digits)


def _measured(values: Floats, statistic: Callable[[Floats], Any]) -> float | None:
    """Return the statistic where every value is valid, None where any is not."""
    return float(statistic(values)) if len(values) and np.isfinite(values).all() else None


def _directness(lead: Floats) -> float:
    """Return how much of the way that was travelled led somewhere: 1 for one smooth movement, near 0 for shaking."""
    path = float(np.abs(np.diff(lead)).sum())
    return abs(float(lead[-1] - lead[0])) / path if path > 0 else 0.0
