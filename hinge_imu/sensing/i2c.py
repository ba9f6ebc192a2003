"""One chip's registers over Linux I2C, and what a failure of the wire means."""

from __future__ import annotations

import errno
from collections.abc import Callable
from contextlib import suppress
from fcntl import ioctl
from typing import Any, TypeVar

from smbus2 import SMBus, i2c_msg

from hinge_imu.config import ConfigError

T = TypeVar("T")

BUS_FAULTS = frozenset({errno.EIO, errno.ENXIO, errno.EAGAIN, errno.ENODEV, errno.ETIMEDOUT, errno.EREMOTEIO})
"""What wires and supplies do (BCM2835, DesignWare, bit-banged adapters); any other errno is a matter of set-up."""

NO_ANSWER = frozenset({errno.ENXIO, errno.EREMOTEIO})
HELD = frozenset({errno.EIO, errno.ETIMEDOUT, errno.EAGAIN})
TRIES = 3
I2C_TIMEOUT = 0x0702  # linux/i2c-dev.h, in units of 10 ms

SHARED = "both boards may sit at 0x68: wire AD0 of the one that is to have 0x69 to 3V3"
"""What two boards at one address look like from outside: only one of them is there, or it contradicts itself."""


class BusFault(OSError):  # noqa: N818 - the wire is at fault; nothing in the program is in error
    """A chip cannot be reached or does not do as told; the message names its address and what to look at.

    ``held`` says that SDA or SCL seem to stand still, which a new start of the chip cannot mend.
    """

    held = False


class WireFault(BusFault):
    """A transfer failed: the next one may do. ``silent`` says that nobody answered at the address."""

    def __init__(self, text: str, number: int | None = None) -> None:
        super().__init__(text)
        self.silent = number in NO_ANSWER
        self.held = number in HELD


class DeadLine(BusFault):
    """All that is read are zeros, or ones."""

    held = True


def open_bus(bus: SMBus, number: int) -> None:
    """Open ``/dev/i2c-{number}``, anew where it was open already.

    Raises
    ------
    BusFault
        The node is missing or may not be opened; both can mend themselves while one waits.
    """
    bus.close()
    try:
        bus.open(number)
    except OSError as error:
        raise BusFault(f"/dev/i2c-{number} {_why_closed(error)}") from error
    # A held bus then costs 50 ms a transfer instead of a second; not every adapter lets itself be told.
    fd: Any = bus.fd
    with suppress(OSError):
        ioctl(fd, I2C_TIMEOUT, 5)


class Registers:
    """The registers of the chip at ``address``; single ones are tried three times, a burst is not.

    ``failing`` counts the transfers that failed since one went through. All methods raise `WireFault` where the wire
    fails, and `ConfigError` where a kernel driver holds the address.
    """

    def __init__(self, bus: SMBus, address: int) -> None:
        self.address = address
        self.failing = 0
        self._bus = bus

    @property
    def chip(self) -> str:
        """What to call it in a sentence."""
        return f"the chip at {self.address:#04x}"

    def read(self, register: int, length: int = 1, *, tries: int = TRIES) -> bytes:
        """Read up to 32 bytes from ``register`` on, as one instant."""
        return self._tried(lambda: bytes(self._bus.read_i2c_block_data(self.address, register, length)), tries)

    def write(self, register: int, value: int) -> None:
        """Write one byte."""
        self._tried(lambda: self._bus.write_byte_data(self.address, register, value), TRIES)

    def burst(self, register: int, length: int) -> bytes:
        """Read any number of bytes, once: what broke off in the middle of a FIFO cannot be read again."""
        # The BCM2835 takes one read a transfer, and only as its last message.
        data = i2c_msg.read(self.address, length)
        self._tried(lambda: self._bus.i2c_rdwr(i2c_msg.write(self.address, [register]), data), 1)
        return bytes(data.buf[:length])

    def _tried(self, transfer: Callable[[], T], times: int) -> T:
        try:
            done = transfer()
        except OSError as error:
            if error.errno not in BUS_FAULTS:
                raise self._set_up_wrong(error) from error
            self.failing += 1
            if times == 1:
                raise WireFault(_what_to_look_at(error, self.address), error.errno) from error
            return self._tried(transfer, times - 1)
        self.failing = 0
        return done

    def _set_up_wrong(self, error: OSError) -> Exception:
        if error.errno != errno.EBUSY:
            return error
        return ConfigError(
            f"address {self.address:#04x}: a kernel driver holds it (a clock chip sits at 0x68, too); "
            "take its dtoverlay out of /boot/firmware/config.txt, or wire this sensor's AD0 to 3V3"
        )


def explained(fault: BusFault, address: int, *, other_answers: bool) -> str:
    """Return the sentence for a chip that failed, given whether the one at the other address answers."""
    if isinstance(fault, WireFault) and fault.silent and address & 1 and other_answers:
        return f"{fault}; 0x68 answers, so {SHARED}"
    return str(fault)


def _what_to_look_at(error: OSError, address: int) -> str:
    if error.errno == errno.ENODEV:
        return f"the I2C adapter went away while {address:#04x} was read; look at the USB adapter or its driver"
    if error.errno not in NO_ANSWER:
        return (
            f"the bus failed at {address:#04x} ({error.strerror}): SDA or SCL is held low or disturbed; look at "
            "the cable and its pull-ups, then take the sensors' power off and on"
        )
    ad0 = "AD0 is not wired to 3V3" if address & 1 else "AD0 is wired to 3V3 and not to GND"
    return f"no answer at {address:#04x}: {ad0}, or a wire is loose (VCC, GND, SDA, SCL)"


def _why_closed(error: OSError) -> str:
    if error.errno == errno.ENOENT:
        return "is not there: put dtparam=i2c_arm=on into /boot/firmware/config.txt and restart, or name another bus"
    if error.errno == errno.EACCES:
        return "may not be opened: add this user to the group i2c"
    return f"cannot be opened ({error.strerror})"
