"""One push button: start or next exercise, pain, a drill, and a safe stop.

press                 means
once                  a set begins; again, before a rep is counted: the next exercise
twice                 it hurts here
three times           a drill
held for 5 s          stop: the recording is closed

What belongs together comes within 0.4 s.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Timer
from typing import Literal, Protocol

from hinge_imu.cues import pins

Press = Literal["once", "twice", "thrice", "held"]

TIMES: tuple[Press, ...] = "once", "twice", "thrice"

DOUBLE_S, HOLD_S = 0.4, 5.0
"""Presses within the first belong together, one that lasts for the second is held. Chosen."""


class _Waiting(Protocol):
    def start(self) -> None: ...
    def cancel(self) -> None: ...


class Button:
    """The configured pin, pulled up; ``pressed`` hears what was meant, in a thread of gpiozero's or of a timer.

    ``later`` makes what calls a function after some seconds, a `threading.Timer`.

    Raises
    ------
    ConfigError
        Where gpiozero is not installed, or the pin cannot be used; the message names the pin and the mend.
    """

    def __init__(
        self,
        pin: int,
        pressed: Callable[[Press], object],
        later: Callable[[float, Callable[[], None]], _Waiting] = Timer,
    ) -> None:
        self._pressed, self._later = pressed, later
        self._more: _Waiting | None = None
        self._hold: _Waiting | None = None
        self._held, self._times = False, 0
        self._device = pins.button("button_pin", pin)
        self._device.when_pressed = self._down
        self._device.when_released = self._up

    def close(self) -> None:
        """Let go of the pin."""
        self._device.close()
        for waiting in (self._more, self._hold):
            if waiting is not None:
                waiting.cancel()

    def _down(self) -> None:
        self._held = False
        self._hold = self._later(HOLD_S, self._hold_over)
        self._hold.start()

    def _hold_over(self) -> None:
        self._held = True
        self._pressed("held")

    def _up(self) -> None:
        if self._hold is not None:
            self._hold.cancel()
        if self._held:
            return
        if self._more is not None:
            self._more.cancel()
        self._times += 1
        if self._times == len(TIMES):
            self._meant()
            return
        self._more = self._later(DOUBLE_S, self._meant)
        self._more.start()

    def _meant(self) -> None:
        times, self._times, self._more = self._times, 0, None
        if times:
            self._pressed(TIMES[times - 1])
