"""What can be done for sensors that a new start does not help: free the bus, and take their power off and on.

Both are off as shipped: a switch in the supply must be wired first, and freeing the bus takes rights that the
program is better without.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from hinge_imu.config import BusConfig, ConfigError
from hinge_imu.samples import NS

OFF_NS, ON_NS = 500_000_000, 200_000_000
"""How long the power stays off, so that capacitors run empty, and how long the chips then need to come up."""

MINUTE_NS = 60_000_000_000
MOST_STARTS = 2  # of one chip in a minute
HELD_IN_A_ROW = 3


class Switch(Protocol):
    """The sensors' power, as `gpiozero.OutputDevice` has it."""

    def on(self) -> None:
        """Let the current flow."""

    def off(self) -> None:
        """Cut it."""

    def close(self) -> None:
        """Let go of the pin."""


class Rescue:
    """The two ways out; what is not configured does nothing, and no method waits.

    Where a power pin is configured, the object brings the power up and lets the chips come up, by ``wait`` in seconds.
    Raises `hinge_imu.config.ConfigError` where that pin cannot be used.
    """

    def __init__(self, config: BusConfig, wait: Callable[[float], object] = time.sleep) -> None:
        self._request = None if config.recovery_request is None else Path(config.recovery_request)
        self._switch = None if config.power_pin is None else _switch(config.power_pin)
        if self._switch is not None:
            wait(ON_NS * NS)
        self._on_at_ns: int | None = None
        self._quiet_until_ns: int | None = None

    def bus_stuck(self) -> None:
        """Ask the privileged helper to clock the bus free; it waits for this file."""
        if self._request is not None:
            with suppress(OSError):
                self._request.touch()

    def power_cycle(self, now_ns: int) -> None:
        """Take the sensors' power off; `turn` brings it back. At most once a minute, for it costs both a second."""
        if self._switch is None or (self._quiet_until_ns is not None and now_ns < self._quiet_until_ns):
            return
        self._quiet_until_ns = now_ns + MINUTE_NS
        self._on_at_ns = now_ns + OFF_NS
        self._switch.off()

    def turn(self, now_ns: int) -> int:
        """Bring the power back when it is time; return for how many ns the sensors are still to be left alone."""
        if self._switch is None or self._on_at_ns is None:
            return 0
        if now_ns < self._on_at_ns:
            return self._on_at_ns + ON_NS - now_ns
        self._on_at_ns = None
        self._switch.on()
        return ON_NS

    def close(self) -> None:
        """Let go of the switch."""
        if self._switch is not None:
            self._switch.close()


class Escalation:
    """Decides from what the chips go through when to call for `Rescue`; ``chips`` is how many there are."""

    def __init__(self, rescue: Rescue, chips: int) -> None:
        self._rescue = rescue
        self._starts: list[deque[int]] = [deque() for _ in range(chips)]
        self._held = [0] * chips

    def started(self, chip: int, now_ns: int) -> None:
        """Hear that a chip answered and was started once more."""
        self._held[chip] = 0
        starts = self._starts[chip]
        starts.append(now_ns)
        while now_ns - starts[0] > MINUTE_NS:
            starts.popleft()
        if len(starts) > MOST_STARTS:
            starts.clear()
            self._rescue.power_cycle(now_ns)

    def failed(self, chip: int, now_ns: int, *, held: bool) -> None:
        """Hear that a chip failed, and whether its line seems to be held."""
        self._held[chip] = self._held[chip] + 1 if held else 0
        times = min(self._held)
        if times and times % HELD_IN_A_ROW == 0 and self._held[chip] == times:
            # First the one that leaves the sensors what they know.
            if times % (2 * HELD_IN_A_ROW):
                self._rescue.bus_stuck()
            else:
                self._rescue.power_cycle(now_ns)


def _switch(pin: int) -> Switch:
    try:
        from gpiozero import OutputDevice
        from gpiozero.exc import GPIOZeroError
    except ImportError as error:
        raise ConfigError(
            f"[bus] power_pin = {pin}: needs gpiozero; install hinge-imu[pi], or leave power_pin out"
        ) from error
    try:
        switch: Switch = OutputDevice(pin, initial_value=True)
    except GPIOZeroError as error:
        raise ConfigError(f"[bus] power_pin = {pin}: cannot be used ({error}); name a free GPIO") from error
    return switch
