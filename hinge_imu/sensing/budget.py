"""What a bus can carry: its speed as measured, and the sums from which rate and polls are chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import NamedTuple

from hinge_imu.sensing.i2c import Registers

FRAME = 12  # bytes of one sample in the FIFO: accelerometer x y z, gyroscope x y z, high byte first
BURST = 20 * FRAME  # read of a chip at a time: 5.5 ms at 400 kHz, so that the other chip gets its turn
GOLDEN = (3 - 5**0.5) / 2
MOST_LOAD = 0.75
"""The rest is for the kernel between two transfers, what is read once a second, and catching up after a stall."""

FAST_HZ, ROOMY = 300_000, 0.5
"""A bus below this speed could be a faster one, and with less than half of it busy need not be."""

POLL_S = 0.035
"""Transfers cost the same for one sample as for ten, and a cue may come a tenth of a second late."""

MOST_FRAMES = 16  # usual in a poll; one burst takes 20, so that one that comes a little late leaves nothing behind
ROUND_RATES_HZ = (1000.0, 500.0, 250.0, 200.0, 125.0, 100.0, 50.0, 25.0, 20.0, 10.0)

WATCH_NS = 10_000_000_000

SHORT, LONG = 2, 50
"""Bytes of the two reads that are compared; registers 0x00 to 0x31 do not mind being read."""


class Plan(NamedTuple):
    """How to read: the samples' rate (Hz), seconds from poll to poll, and the share of its time the bus is busy."""

    rate_hz: float
    poll_s: float
    load: float


def read_bits(length: int) -> int:
    """Return how long a read of ``length`` bytes from a register on occupies the bus, in clocks.

    Start, address, register, start, address and stop, and nine clocks for each byte (PS-MPU-6000A rev 3.4, section
    9.3).
    """
    return 30 + 9 * length


WRITE_BITS = 29
"""The same for a write of one register."""

POLL_BITS = read_bits(1) + read_bits(2) + read_bits(0) + read_bits(2) + read_bits(23)
"""A poll without its samples: status, count, the burst's address, the count again, trim and settings."""


def load(bus_hz: float, rate_hz: float, polls_hz: float, chips: int) -> float:
    """Return the share of its time for which a bus is busy with so many chips and polls of each."""
    return chips * (polls_hz * POLL_BITS + rate_hz * 9 * FRAME) / bus_hz


def poll_period_s(rate_hz: float) -> float:
    """Return how often to empty a FIFO: every 35 ms or so, and before more than a burst is in it."""
    return (min(int(POLL_S * rate_hz), MOST_FRAMES) + GOLDEN) / rate_hz


def pauses_s(rate_hz: float, poll_s: float) -> Iterator[float]:
    """Yield, without end, the seconds from each poll to the next, ``poll_s`` on average.

    Polls in step with the samples would always see the newest one at the same age, and no straight line through their
    stamps could tell that age. So each poll is moved by up to one sample, by fractional parts of n^2 times an
    irrational number: added to any multiple of n, they still fall evenly (H. Weyl 1916, DOI 10.1007/BF01475864), so
    all ages are seen whatever the chip's true rate is.
    """
    moved_by_s = min(1 / rate_hz, 0.8 * poll_s)
    before = 0.0
    for n in count(1):
        moved = GOLDEN * n * n % 1
        yield poll_s + (moved - before) * moved_by_s
        before = moved


def plan(bus_hz: float, wanted_rate_hz: float, chips: int) -> Plan:
    """Return the highest rate up to the wanted one that the bus carries."""
    plans = [_plan(bus_hz, rate_hz, chips) for rate_hz in _rates(wanted_rate_hz)]
    return next((each for each in plans if each.load <= MOST_LOAD), plans[-1])


def crowded(bus_hz: float, plan: Plan) -> bool:
    """Return whether there is little room on a bus that could be faster."""
    return bus_hz < FAST_HZ and plan.load > ROOMY


def measure_hz(registers: Registers, clock: Callable[[], int], *, times: int = 8) -> float:
    """Return the speed of the bus in Hz, by a chip that answers; ``clock`` gives ns. Raises `BusFault`.

    What every transfer costs beside its bytes drops out of the difference of two lengths, and what interrupted one
    of them out of the best of several.
    """
    registers.read(0)  # whatever another process left unfinished is over then
    short, long = (min(_took(registers, clock, length) for _ in range(times)) for length in (SHORT, LONG))
    return 9 * (LONG - SHORT) * 1e9 / max(1, long - short)


class Watch:
    """Adds up how long polls take, 10 s at a time."""

    def __init__(self) -> None:
        self._since: int | None = None
        self._busy = 0

    def share(self, began: int, ended: int, *, usual: bool) -> float:
        """Take a turn in; return the share of time that turns took at the end of 10 usual seconds, 0 before."""
        if self._since is None or not usual:
            self._since, self._busy = ended, 0
            return 0.0
        self._busy += ended - began
        lasted = ended - self._since
        if lasted < WATCH_NS:
            return 0.0
        share = self._busy / lasted
        self._since, self._busy = ended, 0
        return share


def _rates(wanted_hz: float) -> list[float]:
    return [wanted_hz, *(rate for rate in ROUND_RATES_HZ if rate < wanted_hz)]


def _plan(bus_hz: float, rate_hz: float, chips: int) -> Plan:
    poll_s = poll_period_s(rate_hz)
    return Plan(rate_hz, poll_s, load(bus_hz, rate_hz, 1 / poll_s, chips))


def _took(registers: Registers, clock: Callable[[], int], length: int) -> int:
    began = clock()
    registers.burst(0, length)
    return clock() - began
