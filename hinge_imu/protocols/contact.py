"""The virtual dowel: two of its three points, told from the spine between the two sensors."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from hinge_imu.events import RepEvent
from hinge_imu.motion.movements import most
from hinge_imu.protocols.grades import Scale
from hinge_imu.protocols.seen import Seen, Stretch, first_lasting

BAND = Scale(good=10.0, practise=15.0)
"""So many deg the spine may leave the stance, either way. Chosen: more than the 1.3 deg that such sensors are off by in
lifting (Chang et al. 2022) and the 8 deg by which one lifter's reps differ (Aasa et al. 2019,
DOI 10.1080/14763141.2019.1675751)."""

LASTING_S = 0.15
"""A dowel that lifts off for less has only wobbled; chosen."""

EARLY, LATE = 0.3, 0.7
"""Shares of the thorax's way down before which a loss is early, and after which it is late, as for a butt wink, which
belongs to the last 30 %; chosen."""

Way = Literal["early", "middle", "late", "up"]


class Contact(NamedTuple):
    """How the dowel kept touching in one rep.

    ``share`` of its time within the band; ``worst_deg`` the furthest that the spine stayed out, rounding positive.
    Where contact was first lost: the pelvis's inclination, on which part of the way, and whether by rounding.
    """

    share: float
    worst_deg: float
    lost_pelvis_deg: float | None = None
    lost_on: Way | None = None
    lost_round: bool | None = None


def contact(seen: Seen, rep: RepEvent) -> Contact | None:
    """Return how the dowel kept touching in a rep; None where a sample of it is missing."""
    during, lasting = seen.during(rep), seen.lasting(LASTING_S)
    if not len(during.t) or not np.isfinite(during.spine).all():
        return None
    share = float(np.mean(np.abs(during.spine) <= BAND.good))
    rounded, arched = most(during.spine, lasting), most(-during.spine, lasting)
    worst = rounded if rounded >= arched else -arched
    lost = first_lasting(np.abs(during.spine) > BAND.good, lasting)
    if lost is None:
        return Contact(share, worst)
    return Contact(share, worst, float(during.pelvis[lost]), _way(during, rep, lost), bool(during.spine[lost] > 0))


def _way(during: Stretch, rep: RepEvent, lost: int) -> Way:
    if during.t[lost] > rep.bottom_s:
        return "up"
    start, now = during.thorax[0], during.thorax[lost]
    done = (now - start) / max(1.0, float(during.thorax.max()) - start)
    return "early" if done < EARLY else "late" if done > LATE else "middle"
