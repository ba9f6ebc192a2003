"""Has a strap slipped? One board's stance is another one from now on, while the other board's is as it was."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np
from scipy.spatial.transform import Rotation

from hinge_imu.events import Said, SensorEvent
from hinge_imu.motion.mount import Mount, Way
from hinge_imu.motion.vectors import Plane, cross, dot, length
from hinge_imu.samples import NS, SEGMENTS, Floats

STEADY, SLIPPED = np.radians(2.5), np.radians(5.0)
"""People come back to their stance within some 2 degrees. What lasts, and is more, and only one board shows, is a slip;
a back that rounds by 2 degrees with each rep is none."""

ALIKE, TURNED = np.radians(8.0), np.radians(15.0)
"""Bends go the same way within some 8 degrees; a board that has turned round the trunk by less than the second costs
2 degrees at most."""

FOLLOWED = np.radians(0.5) / 60.0
"""In rad/s: how fast a stance follows the wearer's, for a strap creeps and a chip warms. A back that rounds by 20
degrees over ten reps does so fifty times as fast, and is not swallowed."""


BEFORE, NOW = 4, 3
"""So many stances in a row show how a board sat, and sits: two rests between bends at least, for one lockout may be
overdone."""


class Stances:
    """Remembers how both boards stood before and after the last bends."""

    def __init__(self) -> None:
        self._last: deque[Floats] = deque(maxlen=BEFORE + NOW)

    def add(self, up: Floats) -> Floats:
        """Take where up was (3,2) in sensor axes while upright; return by how much each board has slipped (2,) rad.

        Zero where it has not; nan, of a board that is not there, proves nothing.
        """
        self._last.append(up)
        if len(self._last) < BEFORE + NOW:
            return np.zeros(up.shape[1])
        before, now = self.before(), self.now()
        moved = angle(before, now)
        slipped = (moved > SLIPPED) & (moved[::-1] < STEADY)
        if slipped.any():
            means = [before] * BEFORE + [now] * NOW
            slipped &= all((angle(up, mean) < STEADY).all() for up, mean in zip(self._last, means, strict=True))
        return np.where(slipped, moved, 0.0)

    def before(self) -> Floats:
        """Return the mean of the stances before (3,2), of any length."""
        before: Floats = np.sum(list(self._last)[:BEFORE], axis=0)
        return before

    def now(self) -> Floats:
        """Return the mean of the latest stances (3,2), of any length."""
        now: Floats = np.sum(list(self._last)[BEFORE:], axis=0)
        return now


class Bends:
    """Remembers which way the last two bends went, seen by each board."""

    def __init__(self) -> None:
        self._last: deque[tuple[int, Plane, Plane]] = deque(maxlen=2)

    def add(self, ways: list[Way], t_ns: int) -> Floats:
        """Take which way a bend went; return by how much each board has turned about up (2,) rad, 0 if it has not.

        Two bends in a row must say so, and only one board: a lifter who turns shows it to both.
        """
        before, bend = np.array(ways).T
        self._last.append((t_ns, before, bend))
        if len(self._last) < 2:
            return np.zeros(len(ways))
        (_, before, one), (_, _, other) = self._last
        turn = np.angle((one + other) * before.conj())
        alike = (np.abs(np.angle(one * other.conj())) < ALIKE) & (np.abs(turn) > TURNED)
        turned: Floats = np.where(alike & (np.abs(turn[::-1]) < ALIKE), turn, 0.0)
        return turned

    def now(self) -> Plane:
        """Return the mean way of the last two bends (2,), unit numbers."""
        mean = self._last[0][2] + self._last[1][2]
        now: Plane = mean / np.abs(mean)
        return now

    def since(self) -> int:
        """Return when (ns) the first of them ended."""
        return self._last[0][0]


class Straps:
    """Compares how the boards sit from bend to bend, and turns their ``mounts`` with them.

    ``turned`` hears by how much a board has turned on its segment, from when (ns) on.
    """

    def __init__(self, mounts: list[Mount], turned: Callable[[int, int, Rotation], None]) -> None:
        self._mounts = mounts
        self._turned = turned
        self._stances = Stances()
        self._bends = Bends()
        self._stood_ns: int | None = None
        self._slips: list[tuple[int, Floats, Floats]] = []  # noticed, to be reckoned with once upright
        self._said: list[Said] = []

    def said(self) -> list[Said]:
        """Return what there is to say since the last call."""
        said, self._said = self._said, []
        return said

    def compare(self, up: Floats, t_ns: int) -> None:
        """Take a stance, up (3,2) in sensor axes, and say whose board has slipped since those before."""
        for sensor in np.flatnonzero(slipped := self._stances.add(up)):
            self._slips.append((int(sensor), self._stances.before()[:, sensor], self._stances.now()[:, sensor]))
            self._say(sensor, f"on the body by {np.degrees(slipped[sensor]):.0f} degrees", t_ns)

    def bent(self, ways: list[Way], t_ns: int) -> bool:
        """Take which way a bend went for each board; return whether one has turned about up, and say so."""
        turned = self._bends.add(ways, t_ns)
        for sensor in np.flatnonzero(turned):
            mount = self._mounts[sensor]
            if mount.neutral is not None:
                turn = Rotation.from_rotvec(turned[sensor] * mount.neutral)
                self._turned(int(sensor), self._bends.since(), turn)
            mount.relearn(complex(self._bends.now()[sensor]))
            self._say(sensor, f"round the trunk by {np.degrees(abs(turned[sensor])):.0f} degrees", t_ns)
        if turned.any():
            self._bends = Bends()
        return bool(turned.any())

    def _say(self, sensor: np.intp, how_far: str, t_ns: int) -> None:
        segment = SEGMENTS[sensor]
        text = (
            f"the {segment}'s board has turned {how_far}: its strap has slipped; tighten it. "
            "Angles count from how it sits now"
        )
        self._said.append((t_ns * NS, SensorEvent(segment=segment, what="slipped", at_s=t_ns * NS, text=text)))

    def reckon(self, t_ns: int) -> bool:
        """Turn the mounts of boards that have slipped, once the wearer is upright; return whether there were any."""
        slips, self._slips = self._slips, []
        for sensor, before, after in slips:
            self._turned(sensor, t_ns, self._mounts[sensor].turn_to(before, after))
        return bool(slips)

    def follow(self, up: Floats, t_ns: int) -> None:
        """Let the stances follow up (3,2), slowly."""
        since_s = 0.0 if self._stood_ns is None else (t_ns - self._stood_ns) * NS
        for sensor, mount in enumerate(self._mounts):
            if mount.neutral is not None:
                self._turned(sensor, t_ns, mount.turn_to(mount.neutral, up[:, sensor], FOLLOWED * since_s))
        self._stood_ns = t_ns


def angle(one: Floats, other: Floats) -> Floats:
    """Return the angle (...) between vectors (3,...)."""
    between: Floats = np.arctan2(length(cross(one, other)), dot(one, other))
    return between
