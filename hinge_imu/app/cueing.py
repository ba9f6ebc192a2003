"""What the wearer is told during a session, and what the button does: pins, modes and marks, put together."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from hinge_imu.config import Beats, ConfigError, CuesConfig, Segment
from hinge_imu.cues.button import Button, Press
from hinge_imu.cues.metronome import Metronome
from hinge_imu.cues.modes import Told
from hinge_imu.cues.outputs import Outputs
from hinge_imu.cues.patterns import Word
from hinge_imu.events import AnyEvent, MarkEvent, RepEvent, SensorEvent, SetEvent
from hinge_imu.profiles import built_in
from hinge_imu.reps.tempo import Prescription
from hinge_imu.samples import Angles, Header

if TYPE_CHECKING:
    from hinge_imu.app.control import Control


DRILL = "drill"
"""The label of a session that is one: its name."""


@dataclass(frozen=True)
class Wishes:
    """What was asked for beside the configuration: a metronome, and which exercises follow at the press of a button."""

    metronome: Beats | None = None
    then: Sequence[str] = ()


NONE = Wishes()


class Panel(ABC):
    """The pins, and the thread behind each: a context manager; the LED blinks slowly to begin with."""

    def __init__(self, config: CuesConfig) -> None:
        self._outputs = Outputs(config)
        self._button = None if config.button_pin is None else Button(config.button_pin, self.pressed)

    def say(self, word: Word, urgency: int = 1) -> None:
        """Play a word on everything there is."""
        self._outputs.say(word, urgency)

    def __enter__(self) -> Self:
        self._outputs.__enter__()
        self._outputs.show("starting")
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the pins."""
        if self._button is not None:
            self._button.close()
        self._outputs.__exit__()

    @abstractmethod
    def pressed(self, press: Press) -> None:
        """Do what the wearer means by a press."""


class Cueing(Panel):
    """A session's listener for events and angles; a context manager around the pins and their threads.

    Raises
    ------
    ConfigError
        Where a pin cannot be used, or a metronome has nothing to beat.
    """

    def __init__(self, header: Header, config: CuesConfig, wishes: Wishes, control: Control) -> None:
        self._control = control
        self._drill = config.drill if control.standby else None
        self._drilling = DRILL in header.labels
        self._told = Told(config.mode)
        self._metronome = _metronome(header, wishes.metronome)
        self._exercises = [header.exercise, *wishes.then]
        self._place = 0
        self._stood = self._lifting = self._armed = False
        self._lost: set[Segment | None] = set()
        super().__init__(config)

    def event(self, event: AnyEvent) -> None:
        """Tell the wearer what there is to tell of an event."""
        # What is said of a set, a drill's verdict says.
        said = None if self._drilling and isinstance(event, SetEvent) else self._told.hear(event)
        if said is not None:
            self.say(said.word, said.urgency)
        if isinstance(event, RepEvent):
            self._lifting = event.status != "retracted" or self._lifting
            self._armed = False
        elif isinstance(event, SetEvent):
            self._lifting = False
            self._rest()
        elif isinstance(event, MarkEvent):
            self._lifting = event.ends_set or self._lifting
        elif isinstance(event, SensorEvent):
            self._lost = self._lost | {event.segment} if event.what == "lost" else self._lost
            self._lost = self._lost - {event.segment} if event.what == "back" else self._lost
        self._show()

    def angles(self, angles: Angles) -> None:
        """Beat time, and see that the wearer has stood still."""
        if not self._stood and np.isfinite(angles.sagittal.thorax + angles.sagittal.pelvis).any():
            self._stood = True
            self._show()
        beat = None if self._metronome is None else self._metronome.push(angles)
        if beat is not None:
            self._outputs.beat(beat.pattern, ago_s=beat.ago_s, repeats=beat.repeats)

    def pressed(self, press: Press) -> None:
        """Do what the wearer means by a press."""
        self.say("tick")
        if press == "held":
            self._control.hold()
        elif press == "thrice" and self._drill is not None and not self._drilling:
            self._control.drill(self._drill)
        elif press in {"twice", "thrice"}:
            self._control.mark("pain")
        elif self._drilling:
            self._control.end_drill()
        elif self._armed:
            self._place = (self._place + 1) % len(self._exercises)
            self._control.mark("next", self._exercises[self._place])
        else:
            self._armed = True
            self._control.start()

    def _rest(self) -> None:
        if self._metronome is not None:
            self._metronome.rest()
            self._outputs.beat(None, ago_s=0.0, repeats=False)

    def _show(self) -> None:
        """Let the LED show how the strap is."""
        ready = "recording" if self._lifting else "ready"
        self._outputs.show("trouble" if self._lost else ready if self._stood else "starting")  # type: ignore[arg-type]  # both are lights


class Waiting(Panel):
    """The LED and the button of a strap that waits for its next session."""

    def __init__(self, config: CuesConfig, control: Control) -> None:
        self._config, self._control = config, control
        super().__init__(config)

    def pressed(self, press: Press) -> None:
        """Begin a session at once, or a drill; held, power off where that is wanted."""
        self.say("tick")
        if press == "held" and self._config.poweroff:
            self._control.poweroff = True
            self._control.quit()
        elif press == "once":
            self._control.start()
        elif press == "thrice" and self._config.drill is not None:
            self._control.drill(self._config.drill)


def _metronome(header: Header, kind: Beats | None) -> Metronome | None:
    if kind is None:
        return None
    if header.tempo is None:
        raise ConfigError("--metronome: has no tempo to beat; add one, as in --tempo 3-1-1-0")
    profile = header.profile or built_in().get(header.exercise)
    seconds = [digit or 0.0 for digit in Prescription.parse(header.tempo)]
    return Metronome(header, seconds, kind, starts_bent=profile is not None and profile.starts == "floor")
