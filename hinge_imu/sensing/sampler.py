"""The thread that does nothing but empty FIFOs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self

import msgspec
import numpy as np
from smbus2 import SMBus

from hinge_imu.config import ChipConfig, Config
from hinge_imu.events import MarkEvent, MarkFact, Remark, SensorEvent
from hinge_imu.samples import NS, RAW, SEGMENTS, Header, Item
from hinge_imu.sensing import budget, settings
from hinge_imu.sensing.i2c import BusFault, Registers, open_bus
from hinge_imu.sensing.life import Life, Surroundings
from hinge_imu.sensing.rescue import Escalation, Rescue

OVERLOAD = 0.8
BACKLOG = 3000
"""Items of some 35 ms of each chip, not yet worked on: nearly a minute behind, nobody is at work any more. Chosen."""
FASTER = "put dtparam=i2c_arm_baudrate=400000 into /boot/firmware/config.txt and restart"


_NOTHING = np.empty(0, RAW)


class Sampler:
    """What both chips give, as it comes: a context manager around one thread; iterate over `stream`.

    ``clock`` gives ns; session time starts with the object. ``rescue`` is what to call when nothing else helps, the
    configured ways out where it is not given; ``beat`` is called at each turn while somebody keeps up with the stream.
    Raises `hinge_imu.config.ConfigError` where the chips cannot be set as configured.
    """

    def __init__(
        self,
        config: Config,
        bus_number: int = 1,
        *,
        clock: Callable[[], int] = time.monotonic_ns,
        rescue: Rescue | None = None,
        beat: Callable[[], object] = lambda: None,
    ) -> None:
        self._config = config
        self._beat = beat
        self._bus_number = bus_number
        self._clock = clock
        self._started_ns = clock()
        self._items: SimpleQueue[Item | None] = SimpleQueue()
        self._stopping = threading.Event()
        self._reading: Future[None] | None = None
        self._settle(config.chip, budget.poll_period_s(settings.rate_hz(config.chip)), rescue or Rescue(config.bus))
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sampler")

    def _settle(self, chip: ChipConfig, poll_s: float, rescue: Rescue) -> None:
        self._chip = chip
        self._rescue = rescue
        sensors = self._config.sensors
        worn, escalation = frozenset(sensor.address for sensor in sensors), Escalation(rescue, len(sensors))
        around = Surroundings(self._bus_number, self._now, self._items.put, escalation, worn, set())
        self._lives = [Life(number, sensor, chip, poll_s, around) for number, sensor in enumerate(sensors)]
        self._runs = [life.run() for life in self._lives]
        self._due_ns = [0] * len(sensors)
        self._watch: budget.Watch | None = budget.Watch()

    def __enter__(self) -> Self:
        self._reading = self._thread.submit(self._read)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the stream and let go of the bus."""
        self.stop()
        self._thread.shutdown()
        for run in self._runs:
            run.close()
        self._rescue.close()

    def survey(self) -> None:
        """Measure the bus by whichever chip answers, and settle for what it carries; before `header`, if at all.

        Where that is less than configured, or leaves little room, the stream begins with a ``slow_bus`` event. Raises
        `ConfigError` where a kernel driver holds a chip.
        """
        bus_hz = self._bus_hz()
        if bus_hz is None:
            return
        wanted_hz = settings.rate_hz(self._chip)
        plan = budget.plan(bus_hz, wanted_hz, len(self._lives))
        chip = self._chip if plan.rate_hz == wanted_hz else _slower(self._chip, plan.rate_hz)
        self._settle(chip, plan.poll_s, self._rescue)
        if plan.rate_hz < wanted_hz:
            mend = FASTER if bus_hz < budget.FAST_HZ else f"set rate_hz = {plan.rate_hz:g}"
            carries = f"it carries {plan.rate_hz:g} and not {wanted_hz:g} samples a second of each sensor"
            self._slow_bus(f"the bus runs at {bus_hz / 1000:.0f} kHz: {carries}; {mend}")
        elif budget.crowded(bus_hz, plan):
            carries = f"{wanted_hz:g} samples a second of each sensor keep it busy {100 * plan.load:.0f} % of the time"
            self._slow_bus(f"the bus runs at {bus_hz / 1000:.0f} kHz: {carries}; {FASTER}")

    def header(self, *, session_id: str, **rest: Any) -> Header:
        """Return what this sampler's samples mean; ``rest`` are further fields of the header."""
        worn = {sensor.segment for sensor in self._config.sensors}
        return Header(
            session_id=session_id,
            unit="counts",
            clock="polled",
            rate_hz=settings.rate_hz(self._chip),
            acc_scale=settings.acc_scale(self._chip),
            gyr_scale=settings.gyr_scale(self._chip),
            delay_s=settings.delay_s(self._chip),
            worn=tuple(segment for segment in SEGMENTS if segment in worn),
            config=msgspec.structs.replace(self._config, chip=self._chip),
            **rest,
        )

    def stream(self) -> Iterator[Item]:
        """Yield samples, each array of one poll of one chip, and events, in order of arrival, until `stop`.

        What the thread died of, if it did, is raised here.
        """
        while (item := self._items.get()) is not None:
            yield item
        if self._reading is not None:
            self._reading.result()

    def in_virtual_time(self, advance: Callable[[int], object], seconds: float) -> Iterator[Item]:
        """Yield the items of so many seconds without a thread; ``advance`` lets ns pass on the given clock."""
        end = self._now() + round(seconds / NS)
        while self._now() < end:
            advance(round(self.turn() / NS))
            yield from self._arrived()
        self._last_turn()
        yield from self._arrived()

    def mark(self, what: MarkFact, exercise: str | None = None, text: str | None = None) -> None:
        """Put what wearer or coach says between the samples; safe from any thread."""
        self.put(MarkEvent(what=what, at_s=self.now_s, exercise=exercise, text=text))

    def wake(self) -> None:
        """Let the stream yield nothing, once, so that whoever iterates may look at something else."""
        self._items.put(_NOTHING)

    def put(self, remark: Remark) -> None:
        """Put a remark between the samples; safe from any thread."""
        self._items.put(remark)

    @property
    def now_s(self) -> float:
        """Session time."""
        return self._now() * NS

    def stop(self) -> None:
        """End the stream with what the FIFOs hold by now; safe from any thread and from a signal handler."""
        self._stopping.set()
        if self._reading is None:
            self._items.put(None)

    def turn(self) -> float:
        """Look after each chip that is due; return the seconds until the next one is."""
        began = self._now()
        alone_ns = self._rescue.turn(began)
        if alone_ns:
            self._due_ns = [max(due, began + alone_ns) for due in self._due_ns]
        for number, run in enumerate(self._runs):
            now = self._now()
            if self._due_ns[number] <= now:
                self._due_ns[number] = now + round(next(run) / NS)
        now = self._now()
        self._look_for_overload(began, now)
        return max(0.0, (min(self._due_ns) - now) * NS)

    def _read(self) -> None:
        try:
            while not self._stopping.is_set():
                if self._items.qsize() < BACKLOG:
                    self._beat()
                self._stopping.wait(self.turn())
            self._last_turn()
        finally:
            self._items.put(None)

    def _last_turn(self) -> None:
        for life in self._lives:
            life.last_polls()

    def _arrived(self) -> Iterator[Item]:
        while not self._items.empty():
            item = self._items.get()
            if item is not None:
                yield item

    def _now(self) -> int:
        return self._clock() - self._started_ns

    def _bus_hz(self) -> float | None:
        with closing(SMBus()) as bus:
            try:
                open_bus(bus, self._bus_number)
            except BusFault:
                return None
            for sensor in self._config.sensors:
                try:
                    return budget.measure_hz(Registers(bus, sensor.address), self._clock)
                except BusFault:
                    continue
        return None

    def _look_for_overload(self, began: int, ended: int) -> None:
        if self._watch is None:
            return
        # Where a chip is looked for, time goes into waiting for answers that do not come.
        share = self._watch.share(began, ended, usual=all(life.up for life in self._lives))
        if share > OVERLOAD:
            self._watch = None
            bus_hz, slower = self._bus_hz(), f"set rate_hz = {settings.rate_hz(self._chip) / 2:g}"
            mend = f"{FASTER}, or {slower}" if bus_hz is not None and bus_hz < budget.FAST_HZ else slower
            self._slow_bus(f"reading takes {100 * share:.0f} % of the time, and samples will be lost; {mend}")

    def _slow_bus(self, text: str) -> None:
        self._items.put(SensorEvent(segment=None, what="slow_bus", at_s=self._now() * NS, text=text))


def _slower(chip: ChipConfig, rate_hz: float) -> ChipConfig:
    """Return the settings for a lower rate, with a low-pass that leaves nothing above half of it where there is one."""
    fitting = [bandwidth for bandwidth in settings.LOW_PASS if bandwidth <= min(chip.low_pass_hz, rate_hz / 2)]
    low_pass_hz = max(fitting, default=min(settings.LOW_PASS))
    return msgspec.structs.replace(chip, rate_hz=rate_hz, low_pass_hz=low_pass_hz)
