"""The thread that does nothing but empty FIFOs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self

from smbus2 import SMBus

from hinge_imu.config import Config, SensorConfig
from hinge_imu.samples import NS, SEGMENTS, Header, RawArray
from hinge_imu.sensing import settings
from hinge_imu.sensing.i2c import BusFault, open_bus
from hinge_imu.sensing.mpu6050 import Mpu6050

BACK_OFF_S = (0.1, 0.2, 0.4, 0.8, 1.6, 2.0)
GOLDEN = (3 - 5**0.5) / 2


def poll_period_s(rate_hz: float) -> float:
    """Return how often to empty a FIFO: every 20 ms or so, 4.38 sample periods at 200 Hz, a quarter of it at most.

    Polls in step with the samples would always see the newest one at the same age, and no straight line through
    their stamps could tell that age. The golden section of a period visits all ages most evenly.
    """
    return (int(0.02 * rate_hz) + GOLDEN) / rate_hz


class Sampler:
    """Both chips' samples as they come: a context manager around one thread; iterate over `blocks`.

    ``say`` gets a sentence when a chip is lost and another when it is back; it is called in the thread and must be
    quick. ``clock`` gives ns; session time starts with the object. Raises `hinge_imu.config.ConfigError` where the
    chips cannot be set as configured.
    """

    def __init__(
        self,
        config: Config,
        bus_number: int = 1,
        *,
        say: Callable[[str], None],
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._config = config
        self._bus_number = bus_number
        self._say = say
        self._clock = clock
        self._started_ns = clock()
        self._poll_s = poll_period_s(settings.rate_hz(config.chip))
        self._blocks: SimpleQueue[RawArray | None] = SimpleQueue()
        self._due_ns = {self._look_after(sensor): 0 for sensor in config.sensors}
        self._stopping = threading.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sampler")
        self._reading: Future[None] | None = None

    def __enter__(self) -> Self:
        self._reading = self._thread.submit(self._read)
        self._reading.add_done_callback(lambda _: self.stop())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the stream and let go of the bus."""
        self.stop()
        self._thread.shutdown()
        for life in self._due_ns:
            life.close()

    def header(self, *, session_id: str, **rest: Any) -> Header:
        """Return what this sampler's blocks mean; ``rest`` are further fields of the header."""
        chip = self._config.chip
        worn = {sensor.segment for sensor in self._config.sensors}
        return Header(
            session_id=session_id,
            unit="counts",
            clock="polled",
            rate_hz=settings.rate_hz(chip),
            acc_scale=settings.acc_scale(chip),
            gyr_scale=settings.gyr_scale(chip),
            delay_s=settings.delay_s(chip),
            worn=tuple(segment for segment in SEGMENTS if segment in worn),
            config=self._config,
            **rest,
        )

    def blocks(self) -> Iterator[RawArray]:
        """Yield `RAW` arrays, each of one poll of one chip, in order of arrival, until `stop`.

        What the thread died of, if it did, is raised here.
        """
        while (block := self._blocks.get()) is not None:
            yield block
        if self._reading is not None and self._reading.done():
            self._reading.result()

    def in_virtual_time(self, advance: Callable[[int], object], seconds: float) -> Iterator[RawArray]:
        """Yield the blocks of so many seconds without a thread; ``advance`` lets ns pass on the given clock."""
        end = self._now() + round(seconds / NS)
        while self._now() < end:
            advance(round(self.turn() / NS))
            while not self._blocks.empty():
                block = self._blocks.get()
                if block is not None:
                    yield block

    def stop(self) -> None:
        """End the stream; safe from any thread and from a signal handler."""
        self._stopping.set()
        self._blocks.put(None)

    def turn(self) -> float:
        """Look after each chip that is due; return the seconds until the next one is."""
        for life, due in self._due_ns.items():
            now = self._now()
            if due <= now:
                self._due_ns[life] = now + round(next(life) * 1e9)
        return max(0.0, (min(self._due_ns.values()) - self._now()) * NS)

    def _read(self) -> None:
        while not self._stopping.is_set():
            self._stopping.wait(self.turn())

    def _now(self) -> int:
        return self._clock() - self._started_ns

    def _look_after(self, sensor: SensorConfig) -> Generator[float, None, None]:
        """Live one chip's life; yields the seconds until it needs the next look."""
        bus = SMBus()  # each chip its own, so that losing one never closes the other's
        chip = Mpu6050(bus, sensor.address, self._config.chip, sensor=SEGMENTS.index(sensor.segment), clock=self._now)
        failures = 0
        try:
            while True:
                try:
                    open_bus(bus, self._bus_number)
                    yield from chip.start()
                    if failures:
                        self._say(f"{sensor.segment}: back, {sensor.address:#04x} answers again")
                    failures = 0
                    yield from self._empty(chip)
                except BusFault as fault:
                    if not failures:
                        self._say(f"{sensor.segment}: {fault}")
                    failures += 1
                    yield BACK_OFF_S[min(failures, len(BACK_OFF_S)) - 1]
        finally:
            bus.close()

    def _empty(self, chip: Mpu6050) -> Iterator[float]:
        while True:
            block = chip.poll()
            if len(block):
                self._blocks.put(block)
            yield self._poll_s
