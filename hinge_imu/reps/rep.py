"""From bends to repetitions: the same bends, read in the order of the lift.

A lift that starts standing has one bend a rep: down, bottom, up. One that starts on the floor has its rep from the
bottom of one bend to that of the next: up, top, down. The first swing comes out of the hike, and has no way down of its
own.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from hinge_imu.profiles import Profile
from hinge_imu.reps import faults
from hinge_imu.reps.effort import impact_g
from hinge_imu.reps.judge import Verdict
from hinge_imu.reps.kinematics import ONSET_S, Movement, kinematics
from hinge_imu.reps.metrics import Bent, seen_all
from hinge_imu.reps.phases import Phase
from hinge_imu.reps.tempo import Prescription

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
    def digits(self) -> tuple[float | None, float | None, float | None, float | None]:
        """Eccentric, bottom pause, concentric and top pause (s).

        A phase in which the leading sensor was lost has no duration, and neither have the rests that it bounds.
        """
        mine, after = self.bend, self.following
        lowering = after if self.bent else mine
        up = mine.concentric.duration if mine.concentric_seen else None
        down = bottom = top = None
        if lowering is not None and lowering.eccentric_seen and not self.hiked:
            down = lowering.eccentric.duration
            bottom = lowering.pause_s if lowering.concentric_seen and not self.left else None
        if after is not None and after.eccentric_seen and up is not None:
            top = max(0.0, after.eccentric.start - mine.concentric.end)
        return down, bottom, up, top


def fields(rep: Rep, profile: Profile, prescription: Prescription | None) -> dict[str, Any]:
    """Return what a rep's event says of it as soon as it is over, but for what only its set shows."""
    bend = rep.bend
    part = bend.around.between(rep.start_s, rep.end_s)
    pelvis, thorax, spine = seen_all(bend.around, rep.start_s, rep.end_s)
    bottom = int(bend.around.t.searchsorted(bend.bottom_s))
    share = None
    if spine and bend.around.thorax[bottom] > 0:
        share = float(bend.around.spine[bottom] / bend.around.thorax[bottom])
    digits = rep.digits
    found = [faults.spine_rounding(part.t, part.spine, profile) if spine else None]
    if profile.starts != "hike":
        found.append(faults.off_tempo(digits, prescription, rep.end_s))
    names = ("eccentric_s", "bottom_pause_s", "concentric_s", "top_pause_s")
    return {
        "start_s": rep.start_s,
        "bottom_s": bend.bottom_s,
        "end_s": rep.end_s,
        **dict(zip(names, digits, strict=True)),
        "tempo": tempo(*digits),
        "pelvis_rom_deg": float(np.ptp(part.pelvis)) if pelvis else None,
        "thorax_rom_deg": float(np.ptp(part.thorax)) if thorax else None,
        "spine_flexion_peak_deg": float(np.max(part.spine)) if spine else None,
        "spine_share": share,
        "faults": tuple(fault for fault in found if fault is not None),
    }


def measures(rep: Rep) -> dict[str, float | None]:
    """Return what a rep's event says of how it moved, once it is confirmed."""
    bend, lowering = rep.bend, rep.following if rep.bent else rep.bend
    around, rate_hz = bend.around, 1 / bend.period_s
    down = lowering.eccentric if lowering is not None and lowering.eccentric_seen and not rep.hiked else None
    part = around.between(rep.start_s - ONSET_S, rep.end_s)
    if rep.bent and down is not None and lowering is not None:
        # From the floor the way down comes last, and is seen by the next bend.
        down = Phase(down.start, min(down.end, float(around.t[-1])))
        part = around.between(rep.start_s - ONSET_S, down.end)
    movement = Movement(
        *(part.t, part.pelvis, part.thorax, part.spine, rate_hz, Phase(rep.start_s, rep.end_s)),
        down,
        bend.concentric if bend.concentric_seen else None,
        bend.bottom_s,
    )
    return kinematics(movement, impact_g(around.t, around.acc, bend.bottom_s, rate_hz))


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


def tempo(*digits: float | None) -> str:
    """Return ``eccentric-bottom pause-concentric-top pause`` in seconds; a digit that is not known is ``?``."""
    return "-".join("?" if digit is None else f"{digit:.1f}" for digit in digits)
