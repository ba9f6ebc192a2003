"""What comes in on the strap's `command` topic, done; what cannot be understood is said, and changes nothing."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable

from hinge_imu.app.control import Control
from hinge_imu.publish.commands import (
    AnyCommand,
    Athlete,
    Calibrate,
    Exercise,
    Load,
    Note,
    Pain,
    Practise,
    Prescribe,
    Start,
    Stop,
    parse,
)

REMEMBERED = 200
"""A broker may deliver a command twice; so many are known by their ids. Chosen: some hours of coaching."""

_log = logging.getLogger(__name__)


class Orders:
    """Hears the payloads of commands, in whichever thread; ``refuse`` is told a sentence for what is not done.

    ``relabel`` is called for a session that is over, with its id and what is to be noted of it.
    """

    def __init__(
        self, control: Control, refuse: Callable[[str], object], relabel: Callable[[str, dict[str, str]], object]
    ) -> None:
        self._control = control
        self._refuse = refuse
        self._relabel = relabel
        self._done: deque[str] = deque(maxlen=REMEMBERED)

    def hear(self, payload: bytes) -> None:
        """Do what a payload says, once."""
        try:
            command = parse(payload)
        except ValueError as error:
            _log.warning("%s", error)
            self._refuse(str(error))
            return
        if command.id is not None and command.id in self._done:
            return
        if command.id is not None:
            self._done.append(command.id)
        _log.info("command: %s", command.__struct_config__.tag)
        self._do(command)

    def _do(self, command: AnyCommand) -> None:
        control = self._control
        match command:
            case Start():
                control.start()
            case Stop():
                control.stop()
            case Exercise(exercise=name):
                control.mark("next", name)
            case Prescribe(tempo=tempo):
                control.mark("tempo", text=tempo)
            case Pain():
                control.mark("pain")
            case Calibrate() | Practise():
                self._go_over(command)
            case Athlete(athlete=name, session_id=session):
                self._note("athlete", name, session)
            case Load(words=load, session_id=session):
                self._note("load", load, session)
            case Note(text=text, session_id=session):
                self._note("note", text, session)

    def _go_over(self, command: Calibrate | Practise) -> None:
        """Go over to a session of its own."""
        if isinstance(command, Calibrate):
            self._control.calibrate()
            return
        try:
            self._control.drill(command.drill)
        except ValueError as error:
            self._refuse(str(error))

    def _note(self, what: str, text: str, session: str | None) -> None:
        if session is None or session == self._control.session_id:
            self._control.mark(what, text=text)  # type: ignore[arg-type]  # these three are marks
        else:
            self._relabel(session, {what: text})
