"""What is measured of one rep besides its times, under the names that are published."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from hinge_imu.reps.effort import slowest_point, velocity
from hinge_imu.reps.phases import Phase
from hinge_imu.reps.posture import at_deg, neutral_depth_deg, out_of_neutral_share, range_of_motion_deg
from hinge_imu.reps.rhythm import coupling, spine_shares
from hinge_imu.reps.smoothness import ldlj, sparc
from hinge_imu.samples import Floats

Fields = dict[str, float | None]


class Movement(NamedTuple):
    """One rep to be measured: inclinations (N,) in deg, low-passed at 6 Hz, nan where not seen, over t (N,) s.

    The grid is even at ``rate_hz``; it covers the rep, both phases, the bottom, and up to 1 s before a standing start,
    so that the onset shows. ``rep`` is from the rep's start to its end. A phase is None where there is none, or it was
    not seen.
    """

    t: Floats
    pelvis: Floats
    thorax: Floats
    spine: Floats
    rate_hz: float
    rep: Phase
    eccentric: Phase | None
    concentric: Phase | None
    bottom_s: float

    @property
    def starts_bent(self) -> bool:
        """Whether the way up comes first."""
        return self.concentric is not None and (self.eccentric is None or self.concentric.start < self.eccentric.start)

    def descent(self, eccentric: Phase) -> Phase:
        """Return the way down to the deepest moment; a lowering to the floor ends with its phase."""
        return eccentric if self.starts_bent else Phase(eccentric.start, max(eccentric.end, self.bottom_s))

    def during(self, span: Phase) -> slice:
        """Return where the samples from a span's start to its end are, both included."""
        return slice(int(np.searchsorted(self.t, span.start)), int(np.searchsorted(self.t, span.end, side="right")))


def kinematics(movement: Movement, impact_g: float | None = None) -> Fields:
    """Return the fields of a rep's event that are measured of how it moved.

    ``impact_g`` is what `effort.impact_g` found at its reversal.
    """
    pelvis_rate: Floats = np.gradient(movement.pelvis, 1 / movement.rate_hz)
    thorax_rate: Floats = np.gradient(movement.thorax, 1 / movement.rate_hz)
    fields = _posture(movement) | {"time_under_tension_s": _tension(movement), "impact_g": impact_g}
    if movement.eccentric is not None:
        fields |= _phase(movement, "eccentric", movement.eccentric, pelvis_rate, thorax_rate)
        fields |= _descent(movement, movement.eccentric, pelvis_rate, thorax_rate)
    if movement.concentric is not None:
        fields |= _phase(movement, "concentric", movement.concentric, pelvis_rate, thorax_rate)
        fields |= _slowest(movement, movement.concentric, thorax_rate)
    return fields


def _posture(movement: Movement) -> Fields:
    during = movement.during(movement.rep)
    angles = {"pelvis": movement.pelvis, "thorax": movement.thorax, "spine": movement.spine}
    return {
        **{f"{name}_rom_deg": range_of_motion_deg(angle[during]) for name, angle in angles.items()},
        **{f"{name}_bottom_deg": at_deg(movement.t, angle, movement.bottom_s) for name, angle in angles.items()},
        "out_of_neutral_share": out_of_neutral_share(movement.spine[during]),
    }


def _phase(
    movement: Movement,
    name: Literal["eccentric", "concentric"],
    phase: Phase,
    pelvis_rate: Floats,
    thorax_rate: Floats,
) -> Fields:
    """Return how fast and how smoothly one phase ran: velocities of both segments, smoothness of the thorax."""
    sign = 1.0 if name == "eccentric" else -1.0
    pelvis = velocity(movement.t, sign * movement.pelvis, sign * pelvis_rate, phase)
    thorax = velocity(movement.t, sign * movement.thorax, sign * thorax_rate, phase)
    fields: Fields = {}
    for segment, found in (("pelvis", pelvis), ("thorax", thorax)):
        if found is not None:
            fields |= {f"{segment}_{name}_mean_deg_s": found.mean, f"{segment}_{name}_peak_deg_s": found.peak}
    if thorax is not None:
        to_peak = thorax.peak_s - phase.start
        fields |= {f"{name}_to_peak_s": to_peak, f"{name}_to_peak_share": to_peak / phase.duration}
    speed = np.abs(thorax_rate[movement.during(phase)])
    return fields | {
        f"{name}_sparc": sparc(speed, movement.rate_hz),
        f"{name}_ldlj": ldlj(speed, movement.rate_hz, phase.duration),
    }


def _descent(movement: Movement, eccentric: Phase, pelvis_rate: Floats, thorax_rate: Floats) -> Fields:
    """Return how pelvis and back shared the way down."""
    down = movement.during(movement.descent(eccentric))
    shares = spine_shares(movement.thorax[down], movement.spine[down]) or (None,) * 3
    direction, spread = coupling(pelvis_rate[down], thorax_rate[down]) or (None, None)
    return {
        **dict(zip(("spine_early_share", "spine_middle_share", "spine_late_share"), shares, strict=True)),
        "coupling_deg": direction,
        "coupling_sd_deg": spread,
        "neutral_depth_deg": neutral_depth_deg(movement.pelvis[down], movement.spine[down], movement.rate_hz),
    }


def _slowest(movement: Movement, concentric: Phase, thorax_rate: Floats) -> Fields:
    up = movement.during(concentric)
    found = slowest_point(movement.t[up], movement.thorax[up], -thorax_rate[up])
    return {} if found is None else {"slowest_deg": found.angle, "slowest_at_s": found.at_s}


def _tension(movement: Movement) -> float | None:
    """Return how long the load was held: down, at the bottom unless on the floor, and up."""
    down, up = movement.eccentric, movement.concentric
    if down is None or up is None:
        return None
    return down.duration + up.duration if movement.starts_bent else up.end - down.start
