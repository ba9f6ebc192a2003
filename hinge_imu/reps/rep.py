"""From bends to repetitions: the same bends, read in the order of the lift.

A lift that starts standing has one bend a rep: down, bottom, up. One that starts on the floor has its rep from the
bottom of one bend to that of the next: up, top, down. The first swing comes out of the hike, and has no way down of its
own.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from hinge_imu.profiles import Profile
from hinge_imu.reps.metrics import Bent
from hinge_imu.reps.verdicts import Verdict

HIKED = 1.5
"""A first swing whose way down took so many times as long as the others' came from the floor."""


class Rep(NamedTuple):
    """One rep: its own bend, the one after it (None for the last), and whether it began bent.

    ``hiked`` says that it came out of the hike, ``left`` that the bar stayed on the floor after it.
    """

    bend: Bent
    following: Bent | None
    bent: bool
    hiked: bool = False
    left: bool = False

    @property
    def start_s(self) -> float:
        """Onset of the eccentric, or of the pull."""
        return self.bend.concentric.start if self.bent else self.bend.eccentric.start

    @property
    def end_s(self) -> float:
        """Lockout."""
        return self.bend.concentric.end

    @property
    def lowering(self) -> Bent | None:
        """The bend whose way down belongs to the rep; None where nothing was lowered, or it was not seen."""
        bend = self.following if self.bent else self.bend
        return bend if bend is not None and bend.eccentric_seen and not self.hiked else None

    @property
    def range_deg(self) -> float:
        """How far the lead went between start and lockout."""
        return self.bend.pull_range_deg if self.bent else self.bend.range_deg

    @property
    def made_of(self) -> tuple[object, ...]:
        """What is said of it follows from these: of the bend after it, a rep that starts standing has but the onset."""
        after = self.following
        if self.bent or after is None:
            return self
        return self.bend, round(after.eccentric.start, 6), after.eccentric_seen, self.hiked

    @property
    def digits(self) -> tuple[float | None, float | None, float | None, float | None]:
        """Eccentric, bottom pause, concentric and top pause (s).

        A phase in which the leading sensor was lost has no duration, and neither have the rests that it bounds.
        """
        mine, after = self.bend, self.following
        lowering = self.lowering
        up = mine.concentric.duration if mine.concentric_seen else None
        down = bottom = top = None
        if lowering is not None:
            down = lowering.eccentric.duration
            bottom = lowering.pause_s if lowering.concentric_seen and not self.left else None
        if after is not None and after.eccentric_seen and up is not None:
            top = max(0.0, after.eccentric.start - mine.concentric.end)
        return down, bottom, up, top


def in_order(bends: Sequence[Bent], verdicts: Sequence[Verdict], profile: Profile, *, begins: bool = True) -> list[Rep]:
    """Return the reps among the bends of a set, of which the first ``begins`` it, or does not."""
    places = [place for place, verdict in enumerate(verdicts) if verdict == "rep"]
    if profile.starts == "floor":
        return [_pull(bends[place], bends[place + 1 : place + 2], verdicts[place + 1 : place + 2]) for place in places]
    reps = [Rep(bends[now], bends[after], bent=False) for now, after in pairwise(places)]
    reps += [Rep(bends[place], None, bent=False) for place in places[-1:]]
    if profile.starts == "hike" and reps and begins:
        usual = [rep.bend.eccentric.duration for rep in reps[1:]]
        first = reps[0].bend
        slow = not usual or first.eccentric.duration + first.pause_s > HIKED * float(np.median(usual))
        reps[0] = Rep(first, reps[0].following, bent=slow, hiked=slow)
    return reps


def _pull(bend: Bent, after: Sequence[Bent], verdicts: Sequence[Verdict]) -> Rep:
    """Return a pull from the floor; the way down of the bend after it is its lowering, if it was the bar's."""
    lowered = verdicts[:1] in (["rep"], ["unloaded"], ["small"])
    return Rep(bend, after[0] if lowered else None, bent=True, left=verdicts[:1] == ["unloaded"])
