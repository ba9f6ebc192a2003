"""The pins: buzzer and motor play the words, the LED plays them too and otherwise shows how the strap is."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from hinge_imu.config import ConfigError, CuesConfig
from hinge_imu.cues import pins
from hinge_imu.cues.patterns import LIGHTS, WORDS, Light, Word
from hinge_imu.cues.player import Player

if TYPE_CHECKING:
    from gpiozero import OutputDevice

    from hinge_imu.cues.patterns import Pattern


class Outputs:
    """What of buzzer, motor and LED is configured; a context manager around their threads.

    Raises
    ------
    ConfigError
        Where gpiozero is not installed, or a pin cannot be used; the message names the pin and the mend.
    """

    def __init__(self, config: CuesConfig) -> None:
        self._devices: list[OutputDevice] = []
        try:
            loud = [pins.output(name, config.pins[name]) for name in ("buzzer_pin", "motor_pin") if name in config.pins]
            self._devices += loud
            lamp = [pins.output("led_pin", config.pins["led_pin"])] if "led_pin" in config.pins else []
            self._devices += lamp
        except ConfigError:
            self._release()
            raise
        self._signal = _player(loud)
        self._lamp = _player(lamp)
        self._light: Light | None = None
        self._running = ExitStack()

    @property
    def there(self) -> bool:
        """Whether anything is configured that tells the wearer."""
        return bool(self._devices)

    def __enter__(self) -> Self:
        for player in filter(None, (self._signal, self._lamp)):
            self._running.enter_context(player)
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()
        self._release()

    def say(self, word: Word, urgency: int = 1) -> None:
        """Play a word on everything there is."""
        for player in filter(None, (self._signal, self._lamp)):
            player.say(WORDS[word].pattern, urgency)

    def show(self, light: Light) -> None:
        """Let the LED show how the strap is."""
        if self._lamp is not None and light != self._light:
            self._light = light
            self._lamp.lay(LIGHTS[light])

    def beat(self, pattern: Pattern | None, *, ago_s: float, repeats: bool) -> None:
        """Let buzzer and motor beat time beneath the words; None ends it."""
        if self._signal is not None:
            self._signal.lay(pattern, ago_s=ago_s, repeats=repeats)

    def _release(self) -> None:
        for device in self._devices:
            device.close()


def _player(devices: Sequence[OutputDevice]) -> Player | None:
    """Return what switches all of these at once."""

    def switch(on: bool) -> None:  # noqa: FBT001 - a line is on or off
        for device in devices:
            device.value = on

    return Player(switch) if devices else None
