"""What is read off one rep: phases, tempo, ranges of motion, spine flexion, faults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hinge_imu.events import Fault
from hinge_imu.reps.exercises import Profile
from hinge_imu.reps.faults import spine_rounding
from hinge_imu.reps.phases import Phase, phase, smooth
from hinge_imu.samples import Floats

EDGE_S = 0.1
"""A hole this near to a rep or a phase hides where that begins or ends."""

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


def measure(trace: Trace, span: Span, profile: Profile) -> Rep | None:
    """Measure the rep in a window of the trace, from top to top; None where one of its phases is missing."""
    begin, bottom, end = span
    top_before = begin + int(np.argmin(trace.lead[begin : bottom + 1]))
    top_after = bottom + int(np.argmin(trace.lead[bottom:end]))
    whole, trace = trace, trace.part(top_before, top_after + 1)
    bottom = _deepest(trace)
    down = _phase(trace.part(0, bottom + 1), 1.0)
    up = _phase(trace.part(bottom, len(trace.t)), -1.0)
    if down is None or up is None:
        return None
    rep = trace.between(down.start, up.end)
    around = whole.between(down.start - EDGE_S, up.end + EDGE_S)
    pelvis, thorax, spine = (bool(np.isfinite(part).all()) for part in (around.pelvis, around.thorax, around.spine))
    fault = spine_rounding(rep.t, rep.spine, profile)
    return Rep(
        eccentric=down,
        bottom_s=float(trace.t[bottom]),
        concentric=up,
        eccentric_seen=_seen(whole, down),
        concentric_seen=_seen(whole, up),
        descent_deg=_descent(rep, float(trace.lead[bottom])),
        directness=min(_directness(trace.between(*phase_).lead) for phase_ in (down, up)),
        pelvis_rom_deg=float(np.ptp(rep.pelvis)) if pelvis else None,
        thorax_rom_deg=float(np.ptp(rep.thorax)) if thorax else None,
        spine_flexion_peak_deg=float(np.max(rep.spine)) if spine else None,
        spine_share=float(trace.spine[bottom] / trace.thorax[bottom]) if spine and trace.thorax[bottom] > 0 else None,
        faults=() if fault is None else (fault,),
    )


def tempo(*digits: float | None) -> str:
    """Return ``eccentric-bottom pause-concentric-top pause`` in seconds; a digit that is not known is ``?``."""
    return "-".join("?" if digit is None else f"{digit:.1f}" for digit in digits)


def _deepest(trace: Trace) -> int:
    """Return the number of the deepest sample that was seen; while a lead is held, nobody knows."""
    seen = np.isfinite(trace.pelvis) | np.isfinite(trace.thorax)
    return int(np.argmax(np.where(seen, trace.lead, -np.inf)))


def _descent(rep: Trace, deepest: float) -> float:
    """Return how far down a rep went: as far as the lead went, or a thorax that was seen for a part of the way."""
    led = deepest - float(rep.lead[0])
    seen = rep.thorax[np.isfinite(rep.thorax)]
    return max(led, float(np.ptp(seen))) if 0 < len(seen) < len(rep.thorax) else led


def _phase(trace: Trace, sign: float) -> Phase | None:
    """Return the phase of a part that only goes down or up: of the thorax, where it was seen all the time."""
    if len(trace.t) < 2:
        return None
    seen = np.isfinite(trace.thorax).all()
    return phase(trace.t, sign * np.gradient(trace.thorax if seen else trace.lead, trace.t))


def _seen(trace: Trace, phase_: Phase) -> bool:
    """Return whether one sensor led all through a phase, and at both its edges."""
    during = trace.between(phase_.start - EDGE_S, phase_.end + EDGE_S)
    seen = np.isfinite(during.thorax)
    return bool(seen.all() or (not seen.any() and np.isfinite(during.pelvis).all()))


def _directness(lead: Floats) -> float:
    """Return how much of the way that was travelled led somewhere: 1 for one smooth movement, near 0 for shaking."""
    path = float(np.abs(np.diff(lead)).sum())
    return abs(float(lead[-1] - lead[0])) / path if path > 0 else 0.0
