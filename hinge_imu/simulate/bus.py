"""Simulated chips behind the real smbus2: its ioctl calls, with their real structures, end here.

Not simulated: clock stretching, arbitration, SMBus block and process calls, PEC, ten-bit addresses, torn bytes.
Reads break off only where `SimulatedBus.disturb` says so.
"""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import smbus2.smbus2

from hinge_imu.simulate.chip import Chip

kernel: Any = smbus2.smbus2  # its type stubs leave out what is replaced here

Message = tuple[int, bytes | int]
"""Address, and the bytes to write or the number of bytes to read."""

I2C_TIMEOUT = 0x0702
FUNCS = 0x0EFF0009  # what a BCM2835 can do: plain I2C, and SMBus made of it
NS_PER_BIT = 2500  # 400 kHz
MOST_MESSAGES, LONGEST_MESSAGE, LONGEST_BLOCK = 42, 8192, 32  # linux/i2c-dev.c


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


class SimulatedBus:
    """Chips by their addresses, on one bus; use smbus2 as ever within `installed`.

    ``clock`` gives ns: `VirtualClock.now`, or `time.monotonic_ns` to live in real time. ``busy``, where given,
    is told for how many ns each part of a transfer occupies a 400 kHz bus: `VirtualClock.advance` makes
    transfers take time.
    """

    def __init__(
        self, chips: dict[int, Chip], clock: Callable[[], int], *, busy: Callable[[int], object] | None = None
    ) -> None:
        self._chips = chips
        self._clock = clock
        self._busy = busy or (lambda _: None)
        self._unplugged: set[int] = set()
        self._disturbed: dict[int, tuple[int, int]] = {}
        self._address_of_fd: dict[int, int] = {}

    @contextmanager
    def installed(self, number: int = 1) -> Iterator[SimulatedBus]:
        """Answer as ``/dev/i2c-{number}`` to smbus2; everything else goes where it went before."""
        before = kernel.os, kernel.ioctl
        kernel.os = _Os(f"/dev/i2c-{number}", self._address_of_fd, kernel.os)
        kernel.ioctl = self._answering(kernel.ioctl)
        try:
            yield self
        finally:
            kernel.os, kernel.ioctl = before

    def unplug(self, address: int) -> None:
        """Take a chip off the bus, supply and all."""
        self._unplugged.add(address)

    def plug(self, address: int) -> None:
        """Put a chip back; it is as after power-on."""
        self._unplugged.discard(address)
        self._chips[address].power_on(self._clock())

    def disturb(self, address: int, *, times: int = 1, longer_than: int = 0) -> None:
        """Let the next ``times`` reads of more than ``longer_than`` bytes from a chip break off half-way."""
        self._disturbed[address] = (times, longer_than)

    # The wire -----------------------------------------------------------------------------------------------

    def _transfer(self, messages: Sequence[Message]) -> bytes:
        data = b""
        for address, what in messages:
            chip = self._addressed(address)
            if isinstance(what, bytes):
                chip.write(what)
                self._spend(9 * len(what))
            else:
                self._break_off(address, chip, what)
                data = chip.read(what)
                self._spend(9 * what)
        self._spend(1)  # the stop
        return data

    def _addressed(self, address: int) -> Chip:
        self._spend(10)  # start, address, direction, acknowledge
        chip = self._chips.get(address)
        if chip is None or address in self._unplugged:
            raise _error(errno.EREMOTEIO)
        chip.advance(self._clock())
        if not chip.answers:
            raise _error(errno.EREMOTEIO)
        return chip

    def _break_off(self, address: int, chip: Chip, length: int) -> None:
        times, longer_than = self._disturbed.get(address, (0, 0))
        if times and length > longer_than:
            self._disturbed[address] = (times - 1, longer_than)
            chip.read(length // 2)
            raise _error(errno.EREMOTEIO)

    def _spend(self, bits: int) -> None:
        self._busy(bits * NS_PER_BIT)

    # The kernel ---------------------------------------------------------------------------------------------

    def _answering(self, elsewhere: Callable[..., Any]) -> Callable[..., Any]:
        def ioctl(fd: int, request: int, argument: Any = 0) -> Any:
            if fd not in self._address_of_fd:
                return elsewhere(fd, request, argument)
            return self._ioctl(fd, request, argument)

        return ioctl

    def _ioctl(self, fd: int, request: int, argument: Any) -> int:
        if request == kernel.I2C_FUNCS:
            argument.value = FUNCS
        elif request in {kernel.I2C_SLAVE, kernel.I2C_SLAVE_FORCE}:
            self._address_of_fd[fd] = argument
        elif request == kernel.I2C_SMBUS:
            self._smbus(self._address_of_fd[fd], argument)
        elif request == kernel.I2C_RDWR:
            self._rdwr(argument)
        elif request != I2C_TIMEOUT:
            raise _error(errno.ENOTTY)
        return 0

    def _rdwr(self, argument: Any) -> None:
        messages = argument.msgs[: argument.nmsgs]
        reads = [message for message in messages if message.flags & kernel.I2C_M_RD]
        if len(messages) > MOST_MESSAGES or any(message.len > LONGEST_MESSAGE for message in messages):
            raise _error(errno.EINVAL)
        # The BCM2835's own rule: one read, and only as the last message.
        if len(reads) > 1 or (reads and not messages[-1].flags & kernel.I2C_M_RD):
            raise _error(errno.EOPNOTSUPP)
        data = self._transfer(
            [(m.addr, m.len if m.flags & kernel.I2C_M_RD else ctypes.string_at(m.buf, m.len)) for m in messages]
        )
        if reads:
            ctypes.memmove(messages[-1].buf, data, len(data))

    def _smbus(self, address: int, argument: Any) -> None:
        data, command = argument.data.contents, bytes([argument.command])
        writing = argument.read_write == kernel.I2C_SMBUS_WRITE
        if argument.size == kernel.I2C_SMBUS_BYTE:
            if writing:
                self._transfer([(address, command)])
            else:
                data.byte = self._transfer([(address, 1)])[0]
        elif argument.size == kernel.I2C_SMBUS_QUICK:
            self._addressed(address)
        elif writing:
            self._transfer([(address, command + _outgoing(argument.size, data))])
        else:
            length = _length(argument.size, data)
            _incoming(argument.size, data, self._transfer([(address, command), (address, length)]))


def _length(size: int, data: Any) -> int:
    """Return how many bytes an SMBus command carries."""
    lengths = {
        kernel.I2C_SMBUS_BYTE_DATA: 1,
        kernel.I2C_SMBUS_WORD_DATA: 2,
        kernel.I2C_SMBUS_I2C_BLOCK_DATA: data.block[0],
    }
    if size not in lengths:
        raise _error(errno.EOPNOTSUPP)
    if not 1 <= lengths[size] <= LONGEST_BLOCK:
        raise _error(errno.EINVAL)
    return int(lengths[size])


def _outgoing(size: int, data: Any) -> bytes:
    length = _length(size, data)
    if size == kernel.I2C_SMBUS_I2C_BLOCK_DATA:
        return bytes(data.block[1 : length + 1])
    return int(data.word).to_bytes(2, "little")[:length]


def _incoming(size: int, data: Any, received: bytes) -> None:
    if size == kernel.I2C_SMBUS_I2C_BLOCK_DATA:
        data.block[1 : len(received) + 1] = list(received)
    else:
        data.word = int.from_bytes(received, "little")


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


class _Os:
    """The `os` that smbus2 sees: the bus opens as /dev/null, so that no one else is given its descriptor."""

    def __init__(self, path: str, address_of_fd: dict[int, int], elsewhere: Any) -> None:
        self._path = path
        self._address_of_fd = address_of_fd
        self._elsewhere = elsewhere

    def __getattr__(self, name: str) -> Any:
        return getattr(self._elsewhere, name)

    def open(self, path: str, flags: int) -> int:
        if path != self._path:
            return int(self._elsewhere.open(path, flags))
        fd = os.open(os.devnull, flags)
        self._address_of_fd[fd] = 0
        return fd

    def close(self, fd: int) -> None:
        self._address_of_fd.pop(fd, None)
        self._elsewhere.close(fd)
