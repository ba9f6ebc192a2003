"""What a simulated lifter sets out to do, and what a perfect observer would write down about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

EDGE_OF_PEAK, EDGE_DEG_S = 0.1, 3.0
"""A phase begins and ends where its rate passes this share of its peak, and at least so many deg/s."""

PEAK_RATE = 1.875
"""Peak over mean rate of a minimum-jerk movement: 30 s^2 (1 - s)^2 at s = 1/2."""


@dataclass(frozen=True)
class RepPlan:
    """One rep that starts standing: how deep the thorax leans, how far the spine flexes, how long each part takes.

    Angles in degrees. The durations (s) are those of the whole minimum-jerk movements, whose slow ends no observer
    counts as movement.
    """

    depth_deg: float
    spine_deg: float
    eccentric_s: float
    bottom_pause_s: float
    concentric_s: float
    top_pause_s: float

    @property
    def duration_s(self) -> float:
        """From the onset to the next onset."""
        return self.eccentric_s + self.bottom_pause_s + self.concentric_s + self.top_pause_s


@dataclass(frozen=True)
class Timetable:
    """Still standing, then one rep after the other, then still standing again."""

    reps: tuple[RepPlan, ...]
    still_s: float = 2.0

    @property
    def duration_s(self) -> float:
        """From the first still moment to the last."""
        return 2 * self.still_s + sum(rep.duration_s for rep in self.reps)

    @property
    def onsets_s(self) -> Floats:
        """When each rep begins (N,), and where the last one ends."""
        return self.still_s + np.cumsum([0.0, *(rep.duration_s for rep in self.reps)])


def minimum_jerk(s: Floats) -> Floats:
    """Return how far a movement is at each share s of its time, both 0 to 1 (Flash & Hogan 1985, PMID 4020415)."""
    s = np.clip(s, 0.0, 1.0)
    way: Floats = s**3 * (10.0 + s * (6.0 * s - 15.0))
    return way


def edge(travel_deg: float, duration_s: float) -> float:
    """Return the share of a minimum-jerk movement's time after which an observer says that it has begun.

    Its rate is 30 s^2 (1 - s)^2 travel / duration, so the share solves a quadratic in s (1 - s).
    """
    mean_rate = travel_deg / duration_s
    limit = max(EDGE_OF_PEAK * PEAK_RATE, EDGE_DEG_S / mean_rate)
    if limit >= PEAK_RATE:
        raise ValueError(
            f"{travel_deg:.0f} degrees in {duration_s:.1f} s never reach {EDGE_DEG_S:g} deg/s: "
            "no observer would call that a movement; give less time"
        )
    return float(0.5 - np.sqrt(0.25 - np.sqrt(limit / 30.0)))


def for_tempo(depth_deg: float, spine_deg: float, tempo: tuple[float, float, float, float]) -> RepPlan:
    """Return the plan that an observer would time with this tempo: down, bottom pause, up, top pause in s."""
    eccentric, bottom_pause, concentric, top_pause = tempo
    whole = {}
    for name, seconds in (("eccentric", eccentric), ("concentric", concentric)):
        duration = seconds
        for _ in range(20):  # the edges depend a little on the duration that they are to give
            duration = seconds / (1.0 - 2.0 * edge(depth_deg, duration))
        whole[name] = duration
    slow_ends = sum((duration * edge(depth_deg, duration)) for duration in whole.values())
    return RepPlan(
        depth_deg,
        spine_deg,
        whole["eccentric"],
        max(0.0, bottom_pause - slow_ends),
        whole["concentric"],
        max(0.0, top_pause - slow_ends),
    )
