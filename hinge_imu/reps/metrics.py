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
from hinge_imu.samples import Floats, SagittalAngles

EDGE_S = 0.1
"""A hole that touches a phase hides where it begins or ends."""

Span = tuple[int, int, int]
"""Sample numbers: where a rep's window begins, its bottom, and where the window ends."""


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
        if valid.all():
            return cls(t, *smooth(angles.T, rate_hz).T)
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
    eccentric_seen: bool
    concentric_seen: bool
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

    def fields(self, top_pause_s: float | None) -> dict[str, Any]:
        """Return what a rep's event says of it, with the rest that followed at the top.

        A phase in which the leading sensor was lost has no duration, and neither have the rests that it bounds.
        """
        down = self.eccentric.duration if self.eccentric_seen else None
        up = self.concentric.duration if self.concentric_seen else None
        rest = None if down is None or up is None else self.bottom_pause_s
        digits = down, rest, up, None if up is None else top_pause_s
        names = ("eccentric_s", "bottom_pause_s", "concentric_s", "top_pause_s")
        alike = ("bottom_s", "pelvis_rom_deg", "thorax_rom_deg", "spine_flexion_peak_deg", "spine_share", "faults")
        return {
            "start_s": self.eccentric.start,
            "end_s": self.concentric.end,
            "tempo": tempo(*digits),
            **dict(zip(names, digits, strict=True)),
            **{name: getattr(self, name) for name in alike},
        }


def rows_of(angles: SagittalAngles, held: float = np.nan) -> Floats:
    """Return rows (5,N): t_s, and in degrees pelvis, thorax, spine, and the inclination that leads.

    The thorax leads where it is valid, else the pelvis; where neither is, the last one is ``held``. There are no rows
    before the first valid inclination.
    """
    rows = np.stack([angles.t_s, *np.degrees([angles.pelvis, angles.thorax, angles.spine])])
    lead = np.concatenate([[held], np.where(np.isfinite(rows[2]), rows[2], rows[1])])
    last = np.maximum.accumulate(np.where(np.isfinite(lead), np.arange(len(lead)), 0))
    whole = np.concatenate([rows, lead[last][None, 1:]])
    return whole[:, np.isfinite(whole[4])]


def measure(trace: Trace, span: Span, profile: Profile) -> Rep | None:
    """Measure the rep in a window of the trace, from top to top; None where one of its phases is missing."""
    begin, bottom, end = span
    top_before = begin + int(np.argmin(trace.lead[begin : bottom + 1]))
    top_after = bottom + int(np.argmin(trace.lead[bottom:end]))
    trace = trace.part(top_before, top_after + 1)
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
        eccentric_seen=_seen(trace, down),
        concentric_seen=_seen(trace, up),
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


def _seen(trace: Trace, phase_: Phase) -> bool:
    """Return whether one sensor led all through a phase, and at both its edges."""
    during = trace.between(phase_.start - EDGE_S, phase_.end + EDGE_S)
    seen = np.isfinite(during.thorax)
    return bool(seen.all() or (not seen.any() and np.isfinite(during.pelvis).all()))


def _directness(lead: Floats) -> float:
    """Return how much of the way that was travelled led somewhere: 1 for one smooth movement, near 0 for shaking."""
    path = float(np.abs(np.diff(lead)).sum())
    return abs(float(lead[-1] - lead[0])) / path if path > 0 else 0.0
