"""What may be asked of the strap while it runs, by button, by command and by signal; safe from any thread."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from hinge_imu.app.sitting import Sitting
from hinge_imu.app.wearing import Memory
from hinge_imu.config import Drill
from hinge_imu.events import MarkFact

if TYPE_CHECKING:
    from hinge_imu.sensing.sampler import Sampler


class Control:
    """Passes on to the sampler, and to the session that is under way, what is asked for.

    ``standby`` is for a strap that waits for the next session when one is over; else the program ends with it.
    """

    def __init__(self, sampler: Sampler, memory: Memory, *, standby: bool = False) -> None:
        self._sampler = sampler
        self._memory = memory
        self.standby = standby
        self._sitting: Sitting | None = None
        self._called = False
        self._lock = Lock()
        self.session_id: str | None = None
        """Which session is under way."""
        self.quitting = False
        """Whether the program is to end."""
        self.poweroff = False
        """Whether the wearer has held the button."""
        self.calibrating = False
        """Whether the next session is there to calibrate the wearer."""
        self.drilling: Drill | None = None
        """Which drill the next session is."""

    def begin(self, sitting: Sitting, session_id: str) -> None:
        """Hear that a session has begun."""
        with self._lock:
            self._sitting, self._called, self.session_id = sitting, False, session_id

    def ended(self) -> None:
        """Hear that it is over."""
        with self._lock:
            self._sitting = self.session_id = None

    def called(self) -> bool:
        """Return whether somebody wants a session to begin at once."""
        return self._called

    def start(self) -> None:
        """Begin a session, or a set where one is under way."""
        with self._lock:
            self._called = self._sitting is None
        if self._called:
            self._sampler.wake()
        else:
            self._sampler.mark("start")

    def stop(self) -> None:
        """End the session that is under way, and the program where it is for one."""
        if not self.standby:
            self.quit()
            return
        with self._lock:
            if self._sitting is not None:
                self._sitting.end()
        self._sampler.wake()

    def hold(self) -> None:
        """Do what holding the button means: end the session, and all of it where that is to power off."""
        self.poweroff = True
        self.stop()

    def quit(self) -> None:
        """End the session and the program, with what the FIFOs hold by now."""
        self.quitting = True
        self._sampler.stop()

    def calibrate(self) -> None:
        """Let the next session calibrate the wearer, and end this one."""
        self.calibrating = True
        if self.standby:
            self.stop()

    def drill(self, name: Drill) -> None:
        """Let the next session be a drill, at once; the one that is under way ends with its mark.

        Raises
        ------
        ValueError
            The program is there for one session.
        """
        if not self.standby:
            raise ValueError("a drill begins on a strap that stays ready; start it with hinge-imu live --standby")
        with self._lock:
            self.drilling, self._called, open_ = name, True, self._sitting is not None
        if open_:
            self._sampler.mark("drill", text=name)
        else:
            self._sampler.wake()

    def end_drill(self) -> None:
        """End the drill that is under way before it is done."""
        self._sampler.mark("drill")

    def mark(self, what: MarkFact, exercise: str | None = None, text: str | None = None) -> None:
        """Mark the session that is under way, and remember what holds for the next one, too."""
        with self._lock:
            open_ = self._sitting is not None
        if open_:
            self._sampler.mark(what, exercise, text)
        if what in {"athlete", "tempo", "load", "note"}:
            self._memory.change(**{what: text})
        elif exercise is not None:
            self._memory.change(exercise=exercise)
