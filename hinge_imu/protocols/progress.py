"""How far somebody is in a drill, while it is being done: which step is next, and what of it is done."""

from __future__ import annotations

import numpy as np

from hinge_imu.events import AnyEvent, MarkEvent, RepEvent
from hinge_imu.motion.movements import ARCHED, LOW, PRONE, ROUNDED
from hinge_imu.protocols.holds import FOLDED_DEG
from hinge_imu.protocols.protocol import Protocol, Step
from hinge_imu.samples import Angles, Floats

UPRIGHT_DEG = 15.0
"""Leaning less, somebody stands; chosen."""

LAST_S = 3.0
"""So much is waited for after the last rep, so that its lockout is seen; chosen."""


class Progress:
    """Angles and events in; ``step`` is what is to be done now, None once all is done."""

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol
        self._number = 0
        self._reps: dict[str, RepEvent] = {}
        self._before = 0  # reps that belong to the steps before
        self._held_s = self._now_s = self._since_s = 0.0
        self._bends, self._bent = 0, 0
        self._ended = False

    @property
    def now_s(self) -> float:
        """How far the session is."""
        return self._now_s

    @property
    def step(self) -> Step | None:
        """The step that is under way."""
        steps = self._protocol.steps
        return steps[self._number] if self._number < len(steps) else None

    @property
    def done(self) -> float:
        """How much of the step is done: reps, rounds, or seconds."""
        step = self.step
        if step is None or step.kind == "stand":
            return 0.0
        if step.kind == "hold":
            return self._held_s
        return float(self._bends // 2 if step.kind == "rounds" else self._counted - self._before)

    @property
    def over(self) -> bool:
        """Whether the drill is done, and its last rep has had the time to be seen whole; or somebody has ended it."""
        return self._ended or (self.step is None and self._now_s - self._since_s > LAST_S)

    def hear(self, event: AnyEvent) -> None:
        """Take what the pipeline says."""
        if isinstance(event, RepEvent):
            self._reps[event.id] = event
        elif isinstance(event, MarkEvent) and event.what == "drill":
            self._ended = event.text is None

    def push(self, angles: Angles) -> None:
        """Take the next angles."""
        t, sagittal = angles.sagittal.t_s, angles.sagittal
        if not len(t):
            return
        pelvis, thorax = np.degrees(sagittal.pelvis), np.degrees(sagittal.thorax)
        passed, self._now_s = float(t[-1]) - self._now_s, float(t[-1])
        step = self.step
        if step is None:
            return
        self._hold(pelvis, thorax, passed)
        self._round(thorax, thorax - pelvis)
        if self._complete(step, thorax):
            self._next()

    def _complete(self, step: Step, thorax: Floats) -> bool:
        if step.kind == "stand":
            return bool(np.isfinite(thorax[-1]))
        enough = self.done >= (step.seconds if step.kind == "hold" else step.count)
        # Who still holds or is on all fours may go on; it is over with standing up.
        return enough and (step.kind in {"reps", "hinges"} or bool(thorax[-1] < UPRIGHT_DEG))

    def _next(self) -> None:
        self._number, self._before, self._since_s = self._number + 1, self._counted, self._now_s
        self._held_s, self._bends, self._bent = 0.0, 0, 0

    def _hold(self, pelvis: Floats, thorax: Floats, passed_s: float) -> None:
        low = FOLDED_DEG if self._protocol.name == "hamstring_stretch" else LOW
        there = pelvis[-1] > low and low < thorax[-1] < PRONE
        if there:
            self._held_s += passed_s
        elif self.step is not None and self._held_s < self.step.seconds:
            self._held_s = 0.0

    def _round(self, thorax: Floats, spine: Floats) -> None:
        for lean, bend in zip(thorax.tolist(), spine.tolist(), strict=True):
            bent = 0 if not LOW < lean < PRONE else 1 if bend > ROUNDED else -1 if bend < ARCHED else 0
            if bent and bent != self._bent:
                self._bends, self._bent = self._bends + 1, bent

    @property
    def _counted(self) -> int:
        return sum(rep.status != "retracted" for rep in self._reps.values())
