"""One bend, from standing to standing, measured: its phases, how far it went, and what shows whether it is a lift."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from hinge_imu.reps.jolt import jolt
from hinge_imu.reps.phases import Phase, median, phase, slope
from hinge_imu.reps.pull import on_the_floor, tries
from hinge_imu.reps.rhythm import onset_s
from hinge_imu.reps.track import Trace
from hinge_imu.samples import Floats

EDGE_S = 0.1
"""A hole this near to a rep or a phase hides where that begins or ends."""

NEAR_DEG = 10.0
"""Within so much of its deepest point a bend is at its bottom."""

LEVEL_DEG, TURN_S = 4.0, 2.0
"""A rep begins and ends where the lead is least, so long around where it last was, or first is, this near to that."""

LAY_DEG, ASIDE_DEG, LAY_S = 35.0, 60.0, 3.0
"""Leaning back or aside by more than this, within so long before a bend, nobody stood."""

ONSET_S = 1.0
"""An onset is looked for so long before the eccentric begins; chosen."""

TOP_S = 0.6
"""How somebody stands is the median over this long after lockout, as for the lockout's faults."""

Span = tuple[int, int, int]
"""Sample numbers: where a bend's window begins, its bottom, and where the window ends."""


@dataclass(frozen=True, eq=False)
class Bent:
    """One measured bend, equal to no other; times in s, angles in degrees, None where it could not be measured.

    ``trace`` reaches from the top before to the top after, ``around`` further on both sides, as far as that is known.
    ``tries_s`` is when somebody who pulled from the floor turned back, and went down again.
    """

    around: Trace
    trace: Trace
    eccentric: Phase
    bottom_s: float
    concentric: Phase
    eccentric_seen: bool
    concentric_seen: bool
    tries_s: tuple[float, ...] = ()

    @cached_property
    def pulled(self) -> Bent:
        """The same as a pull from the floor: it begins after the set-up, and anew where somebody has tried before."""
        bottom = int(np.searchsorted(self.trace.t, self.bottom_s))
        first, last = on_the_floor(self.trace, bottom)
        down, up = _phase(self.trace.part(0, first + 1), 1.0), _phase(self.trace.part(last, len(self.trace.t)), -1.0)
        if down is None or up is None:
            return self
        return replace(
            self,
            eccentric=down,
            bottom_s=float(self.trace.t[last]),
            concentric=up,
            eccentric_seen=_seen(self.around, down),
            concentric_seen=_seen(self.around, up),
            tries_s=tuple(float(self.trace.t[each]) for each in tries(self.trace, first, last)),
        )

    @property
    def pause_s(self) -> float:
        """The rest at the bottom, between the two phases."""
        return max(0.0, self.concentric.start - self.eccentric.end)

    @cached_property
    def whole(self) -> Trace:
        """The bend from its onset to its lockout."""
        return self.trace.between(self.eccentric.start, self.concentric.end)

    @cached_property
    def descent_deg(self) -> float:
        """How far down it went: as far as the lead went, or a thorax that was seen for a part of the way."""
        led = self.deepest_deg - float(self.whole.lead[0])
        seen = self.whole.thorax[np.isfinite(self.whole.thorax)]
        return max(led, float(np.ptp(seen))) if 0 < len(seen) < len(self.whole.thorax) else led

    @cached_property
    def ascent_deg(self) -> float:
        """How far up the lead came."""
        return self.deepest_deg - float(self.whole.lead[-1])

    @cached_property
    def deepest_deg(self) -> float:
        """How far the lead leant at the bottom, against standing."""
        return self._at_bottom(self.trace.lead)

    @cached_property
    def range_deg(self) -> float:
        """How far the lead went from onset to lockout."""
        return float(np.ptp(self.whole.lead))

    @cached_property
    def pull_range_deg(self) -> float:
        """How far it went on the way up alone."""
        return float(np.ptp(self.around.between(*self.concentric).lead))

    @cached_property
    def directness(self) -> float:
        """How much of the way travelled led somewhere: 1 for one smooth movement each way, near 0 for shaking."""
        return min(_directness(self.trace.between(*each).lead) for each in (self.eccentric, self.concentric))

    @cached_property
    def spine_deg(self) -> float | None:
        """Spine flexion at the bottom."""
        value = self._at_bottom(self.trace.spine)
        return value if np.isfinite(value) else None

    @cached_property
    def pull_deg(self) -> float | None:
        """Spine flexion as the way up begins."""
        value = float(np.interp(self.concentric.start, self.trace.t, self.trace.spine))
        return value if np.isfinite(value) else None

    @cached_property
    def settled_deg(self) -> float:
        """How much deeper, or rounder, it was before the way up began than as that began."""
        down = self.trace.between(float(self.trace.t[0]), self.concentric.start)
        return max((float(angle.max() - angle[-1]) for angle in (down.lead, down.spine) if len(angle)), default=0.0)

    @cached_property
    def gives_deg(self) -> float:
        """How much rounder the spine became on the way up than it was as that began, or upright, if it was arched."""
        up = self.trace.between(*self.concentric).spine
        return float(max(0.0, np.max(up) - max(0.0, up[0]))) if len(up) and np.isfinite(up).all() else 0.0

    @cached_property
    def pelvis_deg(self) -> float | None:
        """Range of motion of the pelvis."""
        seen = self.whole.pelvis[np.isfinite(self.whole.pelvis)]
        return float(np.ptp(seen)) if len(seen) else None

    @cached_property
    def dwell_s(self) -> float:
        """How long it stayed within 10 degrees of its deepest."""
        near = self.trace.lead > self._at_bottom(self.trace.lead) - NEAR_DEG
        return float(np.count_nonzero(near)) * self.period_s

    @cached_property
    def down_s(self) -> float:
        """How long it was lower than half way."""
        lead = self.trace.lead
        half = (self._at_bottom(lead) + float(min(lead[0], lead[-1]))) / 2
        return float(np.count_nonzero(lead > half)) * self.period_s

    @cached_property
    def peak_rates(self) -> tuple[float, float]:
        """The fastest of the way down and of the way up, deg/s."""
        down, up = (self.trace.between(*each) for each in (self.eccentric, self.concentric))
        return _peak_rate(down), _peak_rate(up)

    @cached_property
    def aside_deg(self) -> float:
        """How far the pelvis tilted or turned, whichever was more; 0 where that is not known."""
        tilt, turn = self.whole.tilt, self.whole.turn
        known = np.isfinite(tilt) & np.isfinite(turn)
        return float(max(np.abs(tilt[known]).max(), np.ptp(turn[known]))) if known.any() else 0.0

    @cached_property
    def sunk_m(self) -> float:
        """How far the hips sank below where they were before and after."""
        return float(self._heights(self.eccentric.start - EDGE_S, self.concentric.end + EDGE_S).max())

    @cached_property
    def rose_m(self) -> float:
        """How far the hips came up on the way up alone, from rest to rest."""
        heave = self._heave(self.concentric.start - EDGE_S, self.concentric.end + EDGE_S)
        speed = np.cumsum(heave) * self.period_s
        return float(np.sum(speed - speed[-1:] * _evenly(len(speed))) * self.period_s)

    def _heights(self, start: float, end: float) -> Floats:
        """Return how far below a straight line from its start to its end the hips were at each sample (N,) m.

        Upward acceleration integrated twice, from rest to rest: what an accelerometer is off by has then no part in it.
        """
        heave = self._heave(start, end)
        if len(heave) < 3:
            return np.zeros(1)
        evenly = _evenly(len(heave))
        speed = np.cumsum(heave) * self.period_s
        height = np.cumsum(speed - speed[-1] * evenly) * self.period_s
        return np.asarray(height[-1] * evenly - height, float)

    def _heave(self, start: float, end: float) -> Floats:
        """Return the pelvis's upward acceleration (N,) m/s^2; 0 where it was not seen."""
        heave = self.around.between(start, end).heave
        return np.where(np.isfinite(heave), heave, 0.0)

    @cached_property
    def onsets_s(self) -> tuple[float | None, float | None]:
        """When pelvis and thorax set off; None where that was not seen."""
        part = self.around.between(self.eccentric.start - ONSET_S, self.bottom_s)
        if len(part.t) < 2:
            return None, None
        return onset_s(part.t, slope(part.pelvis, part.t)), onset_s(part.t, slope(part.thorax, part.t))

    @cached_property
    def top(self) -> tuple[float, float]:
        """Pelvis and thorax while standing after it, as far as that is known; nan where not seen."""
        after = self.around.between(self.concentric.end, self.concentric.end + TOP_S)
        return _median(after.pelvis), _median(after.thorax)

    @cached_property
    def jolt_m_s2(self) -> float | None:
        """The jolt of a load let go after lockout, 0 where there was none; None where that could not be seen."""
        return jolt(self.around.part(int(self.around.t.searchsorted(self.concentric.end)), len(self.around.t)))

    @cached_property
    def before(self) -> tuple[float, float]:
        """Pelvis and thorax just before it."""
        ahead = self.around.between(self.eccentric.start - TOP_S, self.eccentric.start)
        return _median(ahead.pelvis), _median(ahead.thorax)

    @cached_property
    def leant_deg(self) -> float:
        """How far the pelvis or the thorax was from upright just before or after it; 0 where that was not seen."""
        return max((abs(each) for each in (*self.top, *self.before) if np.isfinite(each)), default=0.0)

    @cached_property
    def lay(self) -> bool:
        """Whether the trunk was far from upright right before it, backwards or to a side, or to a side after it."""
        ahead = self.around.between(self.eccentric.start - LAY_S, self.eccentric.start)
        after = self.around.between(self.concentric.end, self.concentric.end + TOP_S)
        back = len(ahead.lead) > 0 and float(ahead.lead.min()) < -LAY_DEG
        return back or any(_median(np.abs(each.tilt)) > ASIDE_DEG for each in (ahead, after))

    @property
    def period_s(self) -> float:
        """The sample period."""
        return float(self.around.t[-1] - self.around.t[0]) / max(1, len(self.around.t) - 1)

    def _at_bottom(self, angle: Floats) -> float:
        return float(angle[min(int(np.searchsorted(self.trace.t, self.bottom_s)), len(angle) - 1)])


def measure(trace: Trace, span: Span) -> Bent | None:
    """Measure the bend in a window of the trace, from top to top; None where one of its phases is missing."""
    begin, bottom, end = span
    turn = max(1, round(TURN_S * (len(trace.t) - 1) / float(trace.t[-1] - trace.t[0])))
    top_before = bottom - _top(trace.lead[begin : bottom + 1][::-1], turn)
    top_after = bottom + _top(trace.lead[bottom:end], turn)
    mine = trace.part(top_before, top_after + 1)
    bottom = mine.deepest()
    down = _phase(mine.part(0, bottom + 1), 1.0)
    up = _phase(mine.part(bottom, len(mine.t)), -1.0)
    if down is None or up is None:
        return None
    # What is not needed any more is let go.
    around = trace.part(int(np.searchsorted(trace.t, down.start - LAY_S)), len(trace.t))
    return Bent(around, mine, down, float(mine.t[bottom]), up, _seen(trace, down), _seen(trace, up))


def _top(lead: Floats, turn: int) -> int:
    """Return the index of the first top after a bottom: swaying lower while standing comes later, and is no part."""
    up = int(np.argmax(lead <= max(float(lead.min()), 0.0) + LEVEL_DEG))
    first = max(0, up - 1)
    return first + int(np.argmin(lead[first : up + turn]))


def seen_all(around: Trace, start: float, end: float) -> tuple[bool, bool, bool]:
    """Return whether pelvis, thorax and spine were seen all the time from ``start`` to ``end``, edges included."""
    part = around.between(start - EDGE_S, end + EDGE_S)
    pelvis, thorax, spine = (bool(np.isfinite(each).all()) for each in (part.pelvis, part.thorax, part.spine))
    return pelvis, thorax, spine


def _phase(trace: Trace, sign: float) -> Phase | None:
    """Return the phase of a part that only goes down or up: of the thorax, where it was seen all the time."""
    if len(trace.t) < 2:
        return None
    seen = np.isfinite(trace.thorax).all()
    return phase(trace.t, sign * slope(trace.thorax if seen else trace.lead, trace.t))


def _seen(trace: Trace, phase_: Phase) -> bool:
    """Return whether one sensor led all through a phase, and at both its edges."""
    during = trace.between(phase_.start - EDGE_S, phase_.end + EDGE_S)
    seen = np.isfinite(during.thorax)
    return bool(seen.all() or (not seen.any() and np.isfinite(during.pelvis).all()))


@lru_cache(32)
def _evenly(samples: int) -> Floats:
    """Return so many numbers from 0 to 1; of one bend it is asked again and again."""
    return np.linspace(0.0, 1.0, samples)


def _peak_rate(trace: Trace) -> float:
    return float(np.abs(slope(trace.lead, trace.t)).max()) if len(trace.t) > 1 else 0.0


def _directness(lead: Floats) -> float:
    path = float(np.abs(np.diff(lead)).sum())
    return abs(float(lead[-1] - lead[0])) / path if path > 0 else 0.0


def _median(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return median(known) if len(known) else np.nan
