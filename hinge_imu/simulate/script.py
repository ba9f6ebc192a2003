"""What a simulated body does over a session: steps and waves on a few channels, and what each stretch was meant as."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple, TypeAlias, get_args

import numpy as np

from hinge_imu.simulate.plan import Floats, Timetable, minimum_jerk

ChannelName = Literal["lean", "spine", "side", "bend", "turn", "twist", "shank", "thigh", "x", "y", "z"]
CHANNELS: tuple[ChannelName, ...] = get_args(ChannelName)
"""What can move, 0 in the stance.

Angles in degrees: ``lean`` of the thorax forward, ``spine`` flexion (pelvis = lean - spine); ``side`` of the pelvis to
the right and ``bend`` of the thorax beyond it; ``turn`` of the whole body about the vertical to the left and ``twist``
of the thorax beyond it; ``shank`` leaning forward and ``thigh`` leaning backward, both beyond what hips do by
themselves. Ways of the feet in the room in metres: ``x`` forward, ``y`` up, ``z`` right.
"""

Span: TypeAlias = tuple[float, float]
"""From when to when, in s."""

SHARES = 16
"""A load is let go in so many parts: so finely that sensors see one force that fades."""


class Step(NamedTuple):
    """One movement of one channel: ``by`` deg or m more, in minimum jerk, from ``start_s`` to ``stop_s``.

    With ``late`` of 2 or more it sets off late and ends with the others, with -2 it runs ahead; both mirror each other.
    """

    channel: ChannelName
    by: float
    start_s: float
    stop_s: float
    late: int = 1

    def way(self, t: Floats) -> Floats:
        """Return how much of it is done at t (N,) s."""
        share = minimum_jerk((t - self.start_s) / (self.stop_s - self.start_s))
        return self.by * (share**self.late if self.late > 0 else 1.0 - (1.0 - share) ** -self.late)


class Rebound(NamedTuple):
    """What a spring does that is let go over ``release_s``: one channel comes to lie ``by`` higher, and rings out.

    ``hz`` is its undamped frequency, ``damping`` its share of the critical one; by ``stop_s`` it is at rest.
    """

    channel: ChannelName
    by: float
    hz: float
    damping: float
    release_s: float
    start_s: float
    stop_s: float

    def way(self, t: Floats) -> Floats:
        """Return where it is at t (N,) s: the mean of what it does for each share of the load, let go one by one."""
        shares = self.release_s * (np.arange(SHARES) + 0.5) / SHARES
        since = np.maximum(0.0, t[:, None] - self.start_s - shares)
        fast, slow = 2 * np.pi * self.hz * np.sqrt(1 - self.damping**2), 2 * np.pi * self.hz * self.damping
        left = np.exp(-slow * since) * (np.cos(fast * since) + slow / fast * np.sin(fast * since))
        return np.asarray(self.by * (1.0 - left.mean(axis=1)), float)


class Wave(NamedTuple):
    """A sine on one channel from ``start_s`` to ``stop_s`` that comes and goes within ``fade_s`` at either end."""

    channel: ChannelName
    amplitude: float
    hz: float
    start_s: float
    stop_s: float
    fade_s: float
    phase: float = 0.0

    def way(self, t: Floats) -> Floats:
        """Return where it is at t (N,) s."""
        loud = minimum_jerk((t - self.start_s) / self.fade_s) * minimum_jerk((self.stop_s - t) / self.fade_s)
        return self.amplitude * loud * np.sin(2 * np.pi * self.hz * (t - self.start_s) + self.phase)


class RepMark(NamedTuple):
    """One rep as it was meant: its set, whether it starts bent, and from when to when it goes up and down.

    ``rest`` is the stretch before ``up`` without travel: the bottom pause, or, where it starts bent, the time on the
    floor. ``down`` comes before it in a rep that starts standing, and after ``up`` in one that starts bent: there None
    stands for a lift that was dropped, or goes on as the next one's way down. ``exercise`` is None where the whole
    script is of one.
    """

    set: int
    starts_bent: bool
    down: Span | None
    rest: Span
    up: Span
    exercise: str | None = None


class Distractor(NamedTuple):
    """A stretch that is no rep, and what it was."""

    start_s: float
    stop_s: float
    kind: str


@dataclass(frozen=True)
class Script:
    """A whole session; every channel can be asked for at any moment."""

    steps: tuple[Step | Rebound, ...]
    waves: tuple[Wave, ...]
    duration_s: float
    reps: tuple[RepMark, ...] = ()
    distractors: tuple[Distractor, ...] = ()

    def at(self, t: Floats) -> dict[ChannelName, Floats]:
        """Return every channel (N,) at rising moments t (N,) s, in deg or m."""
        return {name: channel.at(t) for name, channel in self._channels.items()}

    @cached_property
    def _channels(self) -> dict[ChannelName, _Channel]:
        return {name: _Channel(name, self) for name in CHANNELS}


class _Channel:
    """The steps and waves of one channel: a staircase of what is over, and what is under way on top of it."""

    def __init__(self, name: ChannelName, script: Script) -> None:
        steps = sorted((step for step in script.steps if step.channel == name), key=lambda step: step.stop_s)
        waves = [wave for wave in script.waves if wave.channel == name]
        self._parts: list[Step | Rebound | Wave] = [*steps, *waves]
        self._spans = np.array([(part.start_s, part.stop_s) for part in self._parts]).reshape(-1, 2)
        self._over = self._spans[: len(steps), 1]
        self._heights = np.cumsum([0.0, *(step.by for step in steps)])

    def at(self, t: Floats) -> Floats:
        level: Floats = self._heights[np.searchsorted(self._over, t, side="right")]
        under_way = (self._spans[:, 0] < t[-1]) & (self._spans[:, 1] > t[0]) if len(t) else ()
        for number in np.flatnonzero(under_way):
            part = self._parts[number]
            now = slice(*np.searchsorted(t, self._spans[number]))
            level[now] += part.way(t[now])
        return level


def written(timetable: Timetable) -> Script:
    """Return a timetable as a script; the spine gives way late on the way down, and is back early on the way up."""
    steps, reps = [], []
    for onset, plan in zip(timetable.onsets_s, timetable.reps, strict=False):
        bottom = float(onset) + plan.eccentric_s
        pull = bottom + plan.bottom_pause_s
        lockout = pull + plan.concentric_s
        steps += [
            Step("lean", plan.depth_deg, float(onset), bottom),
            Step("lean", -plan.depth_deg, pull, lockout),
            Step("spine", plan.spine_deg, float(onset), bottom, late=2),
            Step("spine", -plan.spine_deg, pull, lockout, late=-2),
        ]
        way_down, rest, way_up = (float(onset), bottom), (bottom, pull), (pull, lockout)
        reps.append(RepMark(1, starts_bent=False, down=way_down, rest=rest, up=way_up))
    return Script(tuple(steps), (), timetable.duration_s, tuple(reps))
