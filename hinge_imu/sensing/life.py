"""One chip's life: started, emptied, lost, looked for, and back."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import NamedTuple

from smbus2 import SMBus

from hinge_imu.config import ChipConfig, ConfigError, SensorConfig
from hinge_imu.events import SensorEvent, SensorFact
from hinge_imu.samples import NS, SEGMENTS, Item, RawArray
from hinge_imu.sensing import bringup, budget, settings
from hinge_imu.sensing import registers as reg
from hinge_imu.sensing.i2c import BusFault, Registers, WireFault, explained, open_bus
from hinge_imu.sensing.mpu6050 import Mpu6050
from hinge_imu.sensing.rescue import Escalation

BACK_OFF_S = (0.1, 0.2, 0.4, 0.8, 1.6, 2.0)
STEADY_NS = 1_000_000_000  # of samples, and the next failure is a new one
FLAPPING_NS = 5_000_000_000
MOST_POLLS = 5  # empty the largest FIFO of the parts that are sold as MPU-6050s


class Surroundings(NamedTuple):
    """What the chips of a sampler share: number of the bus, session clock (ns), where items go, and who helps.

    ``worn`` are the addresses that are configured, ``present`` those of them that have given a name and were not
    lost since.
    """

    bus_number: int
    clock: Callable[[], int]
    put: Callable[[Item], None]
    escalation: Escalation
    worn: frozenset[int]
    present: set[int]


class Life:
    """One sensor of the strap; advance `run`, which never ends, whenever the seconds that it yields are over.

    Samples and events are put as they come: ``lost`` once, whatever is tried meanwhile, and ``back`` with the first
    samples. Who was lost within 5 s of being back must hold out for as long before that is said again. ``up`` tells
    whether the chip was started and does as it should.
    """

    def __init__(
        self, number: int, sensor: SensorConfig, chip: ChipConfig, poll_s: float, around: Surroundings
    ) -> None:
        self.up = False
        self._number = number
        self._sensor = sensor
        self._rate_hz, self._poll_s = settings.rate_hz(chip), poll_s
        self._around = around
        self._bus = SMBus()  # each chip its own, so that losing one never closes the other's
        self._chip = Mpu6050(
            self._bus,
            sensor.address,
            chip,
            sensor=SEGMENTS.index(sensor.segment),
            clock=around.clock,
            remark=self._say,
            witness=self._other_is_at_its_own,
        )
        self._failures = 0
        self._lost = False
        self._starts = 0
        self._heard_ns: int | None = None
        self._back_ns: int | None = None
        self._flapping = False

    def run(self) -> Generator[float, None, None]:
        """Live; yields the seconds until the chip needs the next look."""
        try:
            while True:
                try:
                    open_bus(self._bus, self._around.bus_number)
                    for seconds in self._chip.start():
                        self._around.present.add(self._sensor.address)
                        yield seconds
                    yield from self._empty()
                except BusFault as fault:
                    self._lose(fault)
                    yield BACK_OFF_S[min(self._failures, len(BACK_OFF_S)) - 1]
        finally:
            self._bus.close()

    def last_polls(self) -> None:
        """Read what the FIFO holds by now, where the chip still answers; nobody is left to be told where not."""
        try:
            for _ in range(MOST_POLLS if self.up else 0):
                self._poll()
                if not self._chip.more:
                    self._hand_out(self._chip.rest())
                    return
        except BusFault:
            self.up = False

    def _empty(self) -> Iterator[float]:
        self._around.escalation.started(self._number, self._around.clock())
        self.up = True
        self._starts += 1
        for pause_s in budget.pauses_s(self._rate_hz, self._poll_s):
            self._poll()
            while self._chip.more:
                yield 0.0
                self._poll()
            yield pause_s

    def _poll(self) -> None:
        self._hand_out(self._chip.poll())

    def _hand_out(self, samples: RawArray) -> None:
        if len(samples):
            if self._failures:
                self._hear(self._around.clock())
            self._around.put(samples)

    def _lose(self, fault: BusFault) -> None:
        now = self._around.clock()
        self.up = False
        self._around.present.discard(self._sensor.address)
        self._heard_ns = None
        self._failures += 1
        self._around.escalation.failed(self._number, now, held=fault.held)
        if not self._lost:
            self._lost = True
            self._starts = 0
            self._flapping = self._back_ns is not None and now - self._back_ns < FLAPPING_NS
            self._say("lost", explained(fault, self._sensor.address, other_answers=self._other_answers()))

    def _hear(self, now: int) -> None:
        if self._heard_ns is None:
            self._heard_ns = now
        heard_ns = now - self._heard_ns
        if self._lost and (heard_ns >= FLAPPING_NS or not self._flapping):
            self._lost = False
            self._back_ns = now
            often = f"; it came and went {self._starts} times meanwhile" if self._starts > 1 else ""
            self._say("back", f"{self._sensor.address:#04x} answers again{often}")
        if not self._lost and heard_ns >= STEADY_NS:
            self._failures = 0

    def _other_is_at_its_own(self) -> bool:
        """Return false where the other board may have come down to this one's address: nothing pulls its AD0 up."""
        other = self._sensor.address ^ 1
        if other & 1 == 0 or other not in self._around.worn:
            return True
        try:
            return other in self._around.present and bool(Registers(self._bus, other).read(reg.WHO_AM_I))
        except WireFault:
            return False

    def _other_answers(self) -> bool:
        other = self._sensor.address ^ 1
        if other in self._around.present:
            return True
        try:
            name = Registers(self._bus, other).read(reg.WHO_AM_I, tries=1)[0]
        except (OSError, TypeError, ConfigError):  # smbus2 asks a bus that is not open for its descriptor
            return False
        return name not in bringup.NO_NAMES

    def _say(self, what: SensorFact, text: str) -> None:
        at_s = self._around.clock() * NS
        self._around.put(SensorEvent(segment=self._sensor.segment, what=what, at_s=at_s, text=text))
