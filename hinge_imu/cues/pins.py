"""Pins by gpiozero, and what to do where it or a pin is not there."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from hinge_imu.config import ConfigError

if TYPE_CHECKING:
    from gpiozero import Button, OutputDevice

Device = TypeVar("Device")

BOUNCE_S = 0.02
"""A contact has settled after so long. Chosen."""


def output(name: str, pin: int) -> OutputDevice:
    """Return an output, off, by the name of its setting and its GPIO number; raises `ConfigError` with the mend."""

    def make() -> OutputDevice:
        from gpiozero import OutputDevice

        return OutputDevice(pin)

    return _made(name, pin, make)


def button(name: str, pin: int) -> Button:
    """Return a button between a pin, pulled up, and ground; raises `ConfigError` with the mend."""

    def make() -> Button:
        from gpiozero import Button

        return Button(pin, pull_up=True, bounce_time=BOUNCE_S)

    return _made(name, pin, make)


def _made(name: str, pin: int, make: Callable[[], Device]) -> Device:
    try:
        from gpiozero.exc import BadPinFactory, GPIOZeroError, PinFactoryFallback
    except ImportError as error:
        raise ConfigError(
            f"[cues] {name} = {pin}: needs gpiozero; pip install 'hinge-imu[pi]', or leave {name} out"
        ) from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PinFactoryFallback)  # the error says it in one sentence
            return make()
    except BadPinFactory as error:
        raise ConfigError(
            f"[cues] {name} = {pin}: there are no pins here; on a Raspberry Pi, apt install python3-lgpio, and let the "
            f"environment see it (--system-site-packages); elsewhere leave {name} out"
        ) from error
    except GPIOZeroError as error:
        raise ConfigError(f"[cues] {name} = {pin}: cannot be used ({error}); name a free GPIO") from error
