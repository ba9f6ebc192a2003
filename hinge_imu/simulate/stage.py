"""Where a script is written, one movement after the other, as a choreographer would tell it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np

from hinge_imu.simulate.script import ChannelName, Distractor, Rebound, RepMark, Script, Span, Step, Wave

STROKE_S = 1.0
"""About how long one submovement of a slow movement takes: slow movements are made of several (Krebs et al. 1999, PNAS
96:4645); the number is chosen."""


class Stage:
    """A body that stands still, at first, and a clock; each call goes on from where the last one left it."""

    def __init__(self, rng: np.random.Generator, still_s: float = 2.0) -> None:
        self.rng = rng
        self.now_s = still_s
        self.exercise: str | None = None
        self._pose: dict[ChannelName, float] = {}
        self._steps: list[Step | Rebound] = []
        self._waves: list[Wave] = []
        self._reps: list[RepMark] = []
        self._distractors: list[Distractor] = []

    def where(self, channel: ChannelName) -> float:
        """Return where the channel is once all that was told is done."""
        return self._pose.get(channel, 0.0)

    def hold(self, seconds: float) -> Span:
        """Let time pass; return from when to when."""
        start, self.now_s = self.now_s, self.now_s + seconds
        return start, self.now_s

    def move(
        self, seconds: float, to: Mapping[ChannelName, float], late: Mapping[ChannelName, int] | None = None
    ) -> Span:
        """Bring the channels to these places, all in the same time; return from when to when."""
        start, stop = self.hold(seconds)
        for channel, place in to.items():
            self.glide(channel, place - self.where(channel), start, stop, (late or {}).get(channel, 1))
        return start, stop

    def glide(
        self,
        channel: ChannelName,
        by: float,
        start_s: float,
        stop_s: float,
        late: int = 1,
        *,
        strokes: int | None = None,
    ) -> None:
        """Move one channel by so much at a time of its own; a slow lean is done in several overlapping strokes."""
        if by == 0.0:
            return
        self._pose[channel] = self.where(channel) + by
        if strokes is None:
            strokes = max(1, round((stop_s - start_s) / STROKE_S) - 1) if channel == "lean" else 1
        weights = self.rng.uniform(0.7, 1.3, strokes)
        length = 2 * (stop_s - start_s) / (strokes + 1)
        for number, share in enumerate(weights / weights.sum()):
            start = start_s + number * length / 2
            self._steps.append(Step(channel, by * float(share), start, start + length, late))

    def wave(
        self, channel: ChannelName, amplitude: float, hz: float, span: Span, *, fade_s: float = 0.5, phase: float = 0.0
    ) -> None:
        """Add a sine to a channel over a stretch, which may lie in the past."""
        start, stop = span
        self._waves.append(Wave(channel, amplitude, hz, start, stop, min(fade_s, (stop - start) / 2), phase))

    def rebound(self, spring: Rebound) -> None:
        """Let one channel spring back as a load comes off it."""
        self._pose[spring.channel] = self.where(spring.channel) + spring.by
        self._steps.append(spring)

    def rep(self, mark: RepMark) -> None:
        """Note down that this was a rep of the exercise that is being done."""
        self._reps.append(mark._replace(exercise=self.exercise))

    @contextmanager
    def distractor(self, kind: str) -> Iterator[None]:
        """Note down that what happens inside is no rep."""
        start = self.now_s
        yield
        self._distractors.append(Distractor(start, self.now_s, kind))

    @property
    def distracted(self) -> bool:
        """Whether anything that is no rep was done so far."""
        return bool(self._distractors)

    def script(self, still_s: float = 1.5) -> Script:
        """Return what was written, ending with a stretch of stillness."""
        return Script(
            tuple(self._steps),
            tuple(self._waves),
            self.now_s + still_s,
            tuple(self._reps),
            tuple(sorted(self._distractors)),
        )
