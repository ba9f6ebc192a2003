"""Writes that are read back: from whatever state a chip is in to one that samples, and whether it is in it still.

Generators yield the seconds for which the chip must be left alone, so that others can be looked after meanwhile.
Register numbers and page references: RM-MPU-6000A rev 4.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from statistics import mode

from hinge_imu.sensing import registers as reg
from hinge_imu.sensing.i2c import SHARED, TRIES, BusFault, DeadLine, Registers, WireFault
from hinge_imu.sensing.parts import Part

RESET_S = 0.1  # the chip may not even acknowledge its address meanwhile
MORE_RESET_S, MOST_WAITS = 0.02, 10
START_UP_S = 0.06  # gyroscope start-up 30 ms, PLL settling 10 ms (PS-MPU-6000A rev 3.4, sections 6.1 and 6.6)
NO_NAMES = (0x00, 0xFF)

TRIM_BYTES = 4
GUARDED = reg.FIFO_EN + 1 - reg.SELF_TEST_X
SETTINGS_AT = reg.SMPLRT_DIV - reg.SELF_TEST_X


def identify(registers: Registers) -> int:
    """Return WHO_AM_I. Raises `DeadLine` for a line that reads the same everywhere, which is no name."""
    with suppress(WireFault):
        # A process that died in the middle of a transfer has left the chip waiting for the rest of it.
        registers.read(reg.WHO_AM_I, tries=1)
    names = [registers.read(reg.WHO_AM_I)[0] for _ in range(TRIES)]
    name = mode(names)
    if names.count(name) == 1:
        raise BusFault(f"{registers.chip} gives a new name each time; the wires disturb each other, or {SHARED}")
    if name in NO_NAMES:
        raise DeadLine(f"{registers.chip}: reads {name:#04x} for its name; look at SDA, SCL and the supply")
    return name


def reset(registers: Registers, part: Part) -> Iterator[float]:
    """Bring all registers back to what they are at power-on."""
    # An MPU-6050 is asleep then; an MPU-6500 is awake at once (RM-MPU-6500A rev 2.1, page 6).
    expected = {reg.SLEEP} if part.genuine else {reg.SLEEP, reg.CLOCK_PLL_X, 0}
    for _ in range(TRIES):
        registers.write(reg.PWR_MGMT_1, reg.DEVICE_RESET)
        yield RESET_S
        yield from _reset_over(registers)
        found = registers.read(reg.PWR_MGMT_1)[0]
        if found in expected and registers.read(reg.FIFO_EN) == b"\0":
            break
    else:
        raise contradiction(registers, reg.PWR_MGMT_1, reg.SLEEP, found)
    registers.write(reg.SIGNAL_PATH_RESET, reg.ALL_PATHS)
    yield RESET_S


def _reset_over(registers: Registers) -> Iterator[float]:
    for _ in range(MOST_WAITS):
        with suppress(WireFault):
            if not registers.read(reg.PWR_MGMT_1, tries=1)[0] & reg.DEVICE_RESET:
                return
        yield MORE_RESET_S


def wake(registers: Registers) -> Iterator[float]:
    """Start the oscillators."""
    put(registers, {reg.PWR_MGMT_1: reg.CLOCK_PLL_X})
    yield START_UP_S


def put(registers: Registers, values: dict[int, int]) -> None:
    """Write registers in order, again where one did not take. Raises `BusFault` where it does not at all."""
    for register, value in values.items():
        for _ in range(TRIES):
            registers.write(register, value)
            found = registers.read(register)[0]
            if found == value:
                break
        else:
            raise contradiction(registers, register, value, found)


class Guard:
    """Knows what the registers should read while a chip samples, and raises `BusFault` where they do not."""

    def __init__(self, registers: Registers, settings: dict[int, int]) -> None:
        self._registers = registers
        expected = settings | {
            reg.FIFO_EN: reg.FIFO_GYRO_AND_ACCEL,
            reg.USER_CTRL: reg.USER_FIFO_EN,
            reg.PWR_MGMT_1: reg.CLOCK_PLL_X,
        }
        length = 5 if reg.ACCEL_CONFIG_2 in settings else 4
        self._trim = b""
        self._settings = bytes(expected[reg.SMPLRT_DIV + i] for i in range(length))
        self._pins = bytes(expected[register] for register in (reg.INT_PIN_CFG, reg.INT_ENABLE))
        self._power = bytes(expected[register] for register in (reg.USER_CTRL, reg.PWR_MGMT_1, reg.PWR_MGMT_2))

    def learn(self) -> None:
        """Remember this very part by its factory trim, which no two parts are likely to share."""
        self._trim = self._registers.read(reg.SELF_TEST_X, TRIM_BYTES)

    def settings(self) -> None:
        """Check what the samples depend on, and that they come from the part that was started: one read."""
        found = self._registers.read(reg.SELF_TEST_X, GUARDED)
        if not self._as_set(found):
            # A single wrong reading is the wire's; a chip that lost its settings gives the same twice.
            found = self._registers.read(reg.SELF_TEST_X, GUARDED)
            if not self._as_set(found):
                raise self._lost(found)

    def rest(self) -> None:
        """Check what is not among the settings, and changes by accident only: pins, FIFO, clock and sleep."""
        for register, expected in ((reg.INT_PIN_CFG, self._pins), (reg.USER_CTRL, self._power)):
            found = self._registers.read(register, len(expected))
            if found != expected:
                found = self._registers.read(register, len(expected))
            for i, (value, wanted) in enumerate(zip(found, expected, strict=True)):
                if value != wanted:
                    raise contradiction(self._registers, register + i, wanted, value)

    def _as_set(self, found: bytes) -> bool:
        return (
            found.startswith(self._trim)
            and found.startswith(self._settings, SETTINGS_AT)
            and found[-1] == reg.FIFO_GYRO_AND_ACCEL
        )

    def _lost(self, found: bytes) -> BusFault:
        if not any(found[SETTINGS_AT:]):
            return BusFault(f"{self._registers.chip} has lost its settings: its supply dipped; look at VCC and GND")
        wanted = dict(enumerate(self._settings, reg.SMPLRT_DIV)) | {reg.FIFO_EN: reg.FIFO_GYRO_AND_ACCEL}
        wrong = [register for register in wanted if found[register - reg.SELF_TEST_X] != wanted[register]]
        if wrong:
            return contradiction(self._registers, wrong[0], wanted[wrong[0]], found[wrong[0] - reg.SELF_TEST_X])
        return BusFault(f"{self._registers.chip} is not the one that was started: it was changed, or {SHARED}")


def contradiction(registers: Registers, register: int, wanted: int, found: int) -> BusFault:
    """Return the fault for a register that does not read what was written into it."""
    if found == 0xFF:
        return DeadLine(f"{registers.chip} reads 0xff everywhere; look at SDA, SCL and the supply")
    if register == reg.PWR_MGMT_1 and found & ~wanted & reg.SLEEP:
        return BusFault(f"{registers.chip} is asleep and should not be: its supply dips; look at VCC and GND")
    # Two chips that answer at once pull every bit low that is low in either.
    shared = f", or {SHARED}" if found & wanted == found else ""
    return BusFault(
        f"{registers.chip}: register {register:#04x} should read {wanted:#04x} and reads {found:#04x}; "
        f"the supply dips or the wires disturb each other{shared}"
    )
