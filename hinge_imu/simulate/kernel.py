"""What Linux stands between smbus2 and a bus: the device node, its ioctls with their structures, a BCM2835's limits."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Callable, Sequence
from typing import Any

import smbus2.smbus2

smbus: Any = smbus2.smbus2  # its type stubs leave out what is replaced here

Message = tuple[int, bytes | int]
"""Address, and the bytes to write or the number of bytes to read."""

I2C_TIMEOUT = 0x0702
FUNCS = 0x0EFF0009  # what a BCM2835 can do: plain I2C, and SMBus made of it
MOST_MESSAGES, LONGEST_MESSAGE, LONGEST_BLOCK = 42, 8192, 32  # linux/i2c-dev.h


def fault(number: int) -> OSError:
    """Return the error that a system call ends with."""
    return OSError(number, os.strerror(number))


def check(messages: Sequence[Message]) -> None:
    """Raise OSError where Linux (EINVAL) or a BCM2835 (EOPNOTSUPP: one read, as the last) takes no such transfer."""
    lengths = [what if isinstance(what, int) else len(what) for _, what in messages]
    if len(messages) > MOST_MESSAGES or max(lengths, default=0) > LONGEST_MESSAGE:
        raise fault(errno.EINVAL)
    if any(isinstance(what, int) for _, what in messages[:-1]):
        raise fault(errno.EOPNOTSUPP)


class Node:
    """The device node at ``path``; ``transfer`` does the messages and returns what was read.

    ``os`` and ``ioctl`` stand in for those of smbus2, which go on answering for everything else.
    """

    def __init__(
        self, path: str, transfer: Callable[[Sequence[Message]], bytes], address_of_fd: dict[int, int]
    ) -> None:
        self.os: Any = _Os(path, address_of_fd, smbus.os)
        self._address_of_fd = address_of_fd
        self._transfer = transfer
        self._elsewhere = smbus.ioctl

    def ioctl(self, fd: int, request: int, argument: Any = 0) -> Any:
        """Answer as fcntl.ioctl."""
        if fd not in self._address_of_fd:
            return self._elsewhere(fd, request, argument)
        if request == smbus.I2C_SMBUS:
            self._smbus(self._address_of_fd[fd], argument)
        elif request == smbus.I2C_RDWR:
            self._rdwr(argument)
        elif request in {smbus.I2C_SLAVE, smbus.I2C_SLAVE_FORCE}:
            self._address_of_fd[fd] = argument
        elif request == smbus.I2C_FUNCS:
            argument.value = FUNCS
        elif request != I2C_TIMEOUT:
            raise fault(errno.ENOTTY)
        return 0

    def _rdwr(self, argument: Any) -> None:
        asked = argument.msgs[: argument.nmsgs]
        messages: list[Message] = [
            (m.addr, m.len if m.flags & smbus.I2C_M_RD else ctypes.string_at(m.buf, m.len)) for m in asked
        ]
        check(messages)
        data = self._transfer(messages)
        if data:
            ctypes.memmove(asked[-1].buf, data, len(data))

    def _smbus(self, address: int, argument: Any) -> None:
        data, size, command = argument.data.contents, argument.size, bytes([argument.command])
        writing = argument.read_write == smbus.I2C_SMBUS_WRITE
        if size == smbus.I2C_SMBUS_QUICK:
            self._transfer([(address, b"")])
        elif size == smbus.I2C_SMBUS_BYTE:
            if writing:
                self._transfer([(address, command)])
            else:
                data.byte = self._transfer([(address, 1)])[0]
        elif writing:
            start, length = _place(size, data)
            self._transfer([(address, command + ctypes.string_at(ctypes.addressof(data) + start, length))])
        else:
            start, length = _place(size, data)
            received = self._transfer([(address, command), (address, length)])
            ctypes.memmove(ctypes.addressof(data) + start, received, length)


def _place(size: int, data: Any) -> tuple[int, int]:
    """Return where in its union the data of an SMBus command begins, and how many bytes it carries."""
    if size == smbus.I2C_SMBUS_I2C_BLOCK_DATA:
        length = data.byte
        if not 1 <= length <= LONGEST_BLOCK:
            raise fault(errno.EINVAL)
        return 1, length
    if size in {smbus.I2C_SMBUS_BYTE_DATA, smbus.I2C_SMBUS_WORD_DATA}:
        return 0, 1 if size == smbus.I2C_SMBUS_BYTE_DATA else 2
    raise fault(errno.EOPNOTSUPP)


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
