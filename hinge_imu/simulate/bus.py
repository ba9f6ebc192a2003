"""Simulated chips behind the real smbus2: its ioctl calls, with their real structures, end here.

Not simulated: clock stretching, arbitration, SMBus block and process calls, PEC, ten-bit addresses.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from hinge_imu.simulate.chip import Chip
from hinge_imu.simulate.faults import Faults
from hinge_imu.simulate.kernel import Message, Node, check, fault, smbus

HELD_NS = 50_000_000
"""What a transfer on a held line costs a driver that has set the adapter's time limit to 50 ms."""


class VirtualClock:
    """Time that passes only when told to; `now` is in ns."""

    def __init__(self, now_ns: int = 0) -> None:
        self._now = now_ns

    def now(self) -> int:
        """Return the time in ns."""
        return self._now

    def advance(self, ns: int) -> None:
        """Let ``ns`` pass."""
        self._now += ns


class SimulatedBus(Faults):
    """Chips by their addresses, on one bus; use smbus2 as ever within `installed`.

    Several chips at one address are an address clash: all of them hear what is written, and what is read is the AND
    of them, as they pull at the same open-drain line. ``clock`` gives ns: `VirtualClock.now`, or
    `time.monotonic_ns` to live in real time. ``busy``, where given, is told for how many ns each transfer occupied
    the bus: `VirtualClock.advance` makes transfers take time, and FIFOs fill while they are read. ``hz`` is the
    bus's clock, and may be changed at any time; ``seed`` is that of the faults that come by chance.
    """

    def __init__(
        self,
        chips: Mapping[int, Chip | tuple[Chip, ...]],
        clock: Callable[[], int],
        *,
        busy: Callable[[int], object] | None = None,
        hz: float = 400_000,
        seed: int = 0,
    ) -> None:
        super().__init__(seed)
        self.hz = hz
        self._chips = {address: here if isinstance(here, tuple) else (here,) for address, here in chips.items()}
        self._clock = clock
        self._busy = busy
        self._unplugged: set[int] = set()
        self._address_of_fd: dict[int, int] = {}
        self._now = self._ns_per_bit = 0.0

    @contextmanager
    def installed(self, number: int = 1) -> Iterator[SimulatedBus]:
        """Answer as ``/dev/i2c-{number}`` to smbus2; everything else goes where it went before."""
        before = smbus.os, smbus.ioctl
        node = Node(f"/dev/i2c-{number}", self._transfer, self._address_of_fd)
        smbus.os, smbus.ioctl = node.os, node.ioctl
        try:
            yield self
        finally:
            smbus.os, smbus.ioctl = before

    def connect(self, address: int, *chips: Chip) -> None:
        """Let these chips, as they are, be at an address from now on."""
        self._chips[address] = chips
        self._unplugged.discard(address)

    def unplug(self, address: int) -> None:
        """Take what is at an address off the bus, supply and all."""
        self._unplugged.add(address)

    def plug(self, address: int) -> None:
        """Put it back; it is as after power-on."""
        self._unplugged.discard(address)
        for chip in self._chips[address]:
            chip.power_on(self._clock())

    def transfer(self, messages: Sequence[Message]) -> bytes:
        """Do what one I2C_RDWR asks for and return what was read.

        Raises
        ------
        OSError
            With the errno of Linux on a BCM2835.
        """
        check(messages)
        return self._transfer(messages)

    # The wire -----------------------------------------------------------------------------------------------

    def _transfer(self, messages: Sequence[Message]) -> bytes:
        began = self._now = self._clock()
        self._ns_per_bit = 1e9 / self.hz if self._busy else 0.0
        try:
            if self._held_errno:
                self._now += HELD_NS
                raise fault(self._held_errno)
            if messages and self._refused(messages[0][0]):
                self._pass(10)
                raise fault(errno.EREMOTEIO)
            return self._exchange(messages)
        finally:
            self._pass(1)  # the stop
            if self._busy:
                self._busy(round(self._now - began))

    def _exchange(self, messages: Sequence[Message]) -> bytes:
        data = b""
        for address, what in messages:
            self._pass(10)  # start, address, direction, acknowledge
            chips = self._addressed(address)
            if isinstance(what, int):
                data = self._read(address, chips, what)
                continue
            for chip in chips if what else ():
                chip.write(what)
            self._pass(9 * len(what))
        return data

    def _addressed(self, address: int) -> list[Chip]:
        if self._level is not None:
            return []
        if address in self._unplugged or address not in self._chips:
            raise fault(errno.EREMOTEIO)
        here = self._chips[address]
        now = round(self._now)
        for chip in here:
            chip.advance(now)
        awake = [chip for chip in here if chip.answers]
        if not awake:
            raise fault(errno.EREMOTEIO)
        return awake

    def _read(self, address: int, chips: list[Chip], length: int) -> bytes:
        faults = self._on_read(address, length)
        broken = any(each.spoil is None for each in faults)
        data = self._and(chips, length // 2 if broken else length)
        self._pass(9 * len(data))
        if broken:
            raise fault(errno.EREMOTEIO)
        for each in faults:
            data = each.spoil(data) if each.spoil else data
        return self._with_noise(data)

    def _and(self, chips: list[Chip], length: int) -> bytes:
        if not chips:
            return bytes([self._level or 0]) * length
        byte_ns = round(9 * self._ns_per_bit)
        first, *others = (chip.read(length, byte_ns) for chip in chips)
        for other in others:
            first = bytes(a & b for a, b in zip(first, other, strict=True))
        return first

    def _pass(self, bits: int) -> None:
        self._now += bits * self._ns_per_bit
