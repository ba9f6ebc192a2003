"""One strap as the dashboard sees it now."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from hinge_imu.events import RepEvent, SensorEvent, SetEvent
from hinge_imu.profiles import Limits, built_in

KEPT = 1000
"""Points of angles that are kept of a strap: 20 s at 50 a second."""

FRESH_S = 3.0
"""Angles come 20 times a second; after so many s without them the picture is of the past. Chosen."""

SILENT_S = 4.0
"""In a session a strap of which nothing is heard for so long is gone. Chosen: a coach is to know within 5 s."""

BENT_DEG = 20.0
"""Whoever leans further forward than that is lifting. Chosen: below what any exercise counts as a rep."""

BETWEEN_REPS_S = 6.0
"""So long after a rep a lifter is still in the set. Chosen: under the 10 s of rest that end one."""


class Point(NamedTuple):
    """The angles at one moment: session time in s, inclinations in deg, None where not valid."""

    t_s: float
    pelvis_deg: float | None
    thorax_deg: float | None
    spine_deg: float | None


@dataclass
class Strap:
    """One strap as it is now; times of the dashboard's own clock in s.

    ``changed`` counts what a card shows in words, ``points`` every angle that ever came, ``stored`` what a store has
    of it, too: so that a page knows what is new to it. ``described`` is what its session last said of itself,
    ``remarks`` the ids and revisions of the last marks, notices and the like; ``over`` tells that no session is under
    way.
    """

    gym: str
    name: str
    status: str | None = None
    session: str | None = None
    over: bool = True
    athlete: str | None = None
    exercise: str = "auto"
    asked: str | None = None
    simulated: bool = False
    set: int = 0
    reps: dict[str, RepEvent] = field(default_factory=dict)
    ended: SetEvent | None = None
    broken: dict[str, SensorEvent] = field(default_factory=dict)
    notice: str | None = None
    pain: bool = False
    angles: deque[Point] = field(default_factory=lambda: deque(maxlen=KEPT))
    points: int = 0
    changed: int = 0
    stored: int = 0
    described: tuple[Any, ...] | None = None
    remarks: dict[tuple[Any, Any], None] = field(default_factory=dict)
    seen: float = 0.0
    moved: float = 0.0
    lifted: float | None = None

    @property
    def last(self) -> RepEvent | None:
        """The last rep that stands."""
        return max(self.reps.values(), key=lambda rep: rep.start_s, default=None)

    @property
    def limits(self) -> Limits:
        """From where on the exercise's faults are one."""
        last = self.last
        profile = built_in().get(last.exercise if last else self.exercise)
        return profile.limits if profile is not None else Limits()

    def lifting(self, now: float) -> bool:
        """Whether somebody lifts with it: bends, or has just done so."""
        lean = self.angles[-1].thorax_deg or self.angles[-1].pelvis_deg if self.angles else None
        bent = lean is not None and lean > BENT_DEG and now - self.moved < FRESH_S
        return self.there and (bent or (self.lifted is not None and now - self.lifted < BETWEEN_REPS_S))

    @property
    def there(self) -> bool:
        """Whether it has a line to the broker."""
        return self.status in {"online", None}

    def silent(self, now: float) -> bool:
        """Whether it ought to be heard, and is not; between two sessions there is nothing to say."""
        return not self.over and now - self.seen > SILENT_S

    @property
    def slower_share(self) -> float | None:
        """How much slower the last rep went up than the fastest of its set, as ``velocity_loss_share`` of a set."""
        speeds = [rep.thorax_concentric_mean_deg_s for rep in sorted(self.reps.values(), key=lambda rep: rep.start_s)]
        known = [speed for speed in speeds if speed is not None]
        return 1 - known[-1] / max(known) if len(known) > 1 and max(known) > 0 else None

    def since(self, points: int) -> list[Point]:
        """Return the angles that have come since there were so many."""
        new = min(self.points - points, len(self.angles))
        return [self.angles[i] for i in range(len(self.angles) - new, len(self.angles))]
