"""What `hinge-imu check` measures: who answers, in what state, and how all chips run together for a few seconds.

Only numbers are made here; what they mean is judged elsewhere. ``clock`` gives ns and ``wait`` lets seconds pass on it:
`time.monotonic_ns` and `time.sleep`, or those of a simulated bus.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from scipy.signal import detrend
from smbus2 import SMBus

from hinge_imu.config import Config, ConfigError, Segment, SensorConfig
from hinge_imu.events import SensorEvent
from hinge_imu.samples import BAD, NS, SEGMENTS, Flag, Floats, Header, RawArray, Times
from hinge_imu.sensing import budget, settings
from hinge_imu.sensing import registers as reg
from hinge_imu.sensing.i2c import BusFault, Registers, WireFault
from hinge_imu.sensing.rescue import Rescue
from hinge_imu.sensing.sampler import Sampler
from hinge_imu.sensing.selftest import Bench, bench

ADDRESSES = (0x68, 0x69)
SETTLE_S = 1.0  # all chips come up, and their gyroscopes settle, before anything is measured
HOLE_S = 0.1  # well above a poll period, so that a chip that goes on misses nothing at either end
FEWEST = 20  # samples, or polls, from which nothing is concluded

Clock = Callable[[], int]
Wait = Callable[[float], object]
Silence = Literal["none", "held", "taken"]
"""Why an address gives no name: nobody acknowledges; the line is held; a kernel driver has it."""


class BroughtUp(NamedTuple):
    """A chip that was brought up alone: its self-test, or why it could not be; whether it was asleep then."""

    bench: Bench | None
    fault: str | None = None
    asleep: bool = False

    @property
    def shared(self) -> bool:
        """Whether two chips answer at its address."""
        return self.bench is not None and self.bench.shared

    @property
    def alone(self) -> bool:
        """Whether it came up, the only one at its address."""
        return self.bench is not None and not self.bench.shared


class Streamed(NamedTuple):
    """How one chip ran, as its samples tell; nan where they were too few.

    ``rate_hz`` by the host's clock; ``acc_noise`` (m/s^2) and ``gyr_noise`` (rad/s) rms of the noisiest axis without
    mean and trend; ``acc`` (3,) the mean in sensor axes, m/s^2; of the samples that were ``due``, some are
    ``missing``, some ``bad``.
    """

    rate_hz: float
    acc_noise: float
    gyr_noise: float
    acc: Floats
    temperature_c: float
    due: int
    missing: int
    bad: int


@dataclass
class Run:
    """How all chips ran together: the bus clock (Hz), the plan made for it, and the nominal rate (Hz) set by that.

    ``free_s`` is what is left of each poll period once everything is read. ``asleep`` are the segments that were
    found asleep meanwhile, ``said`` what the driver had to say.
    """

    bus_hz: float
    plan: budget.Plan
    rate_hz: float = float("nan")
    free_s: float = float("nan")
    chips: dict[Segment, Streamed] = field(default_factory=dict)
    asleep: set[Segment] = field(default_factory=set)
    said: list[SensorEvent] = field(default_factory=list)


def ask(bus: SMBus, address: int) -> int | Silence:
    """Return the name that a chip gives, or why there is none."""
    try:
        who_am_i = Registers(bus, address).read(reg.WHO_AM_I)[0]
    except ConfigError:
        return "taken"
    except WireFault as fault:
        return "none" if fault.silent else "held"
    # A line that reads the same everywhere is no name.
    return "held" if who_am_i in {0x00, 0xFF} else who_am_i


def brought_up(bus: SMBus, address: int, *, clock: Clock, wait: Wait) -> BroughtUp:
    """Bring one chip up and put it through its self-test, which takes about a second."""
    testing = bench(bus, address, clock=clock)
    try:
        while True:
            wait(next(testing))
    except StopIteration as done:
        return BroughtUp(done.value, asleep=sleeps(bus, address))
    except BusFault as fault:
        return BroughtUp(None, str(fault), sleeps(bus, address))


def sleeps(bus: SMBus, address: int) -> bool:
    """Return whether a chip says that it sleeps, as after a reset, and after its supply was away."""
    try:
        return bool(Registers(bus, address).read(reg.PWR_MGMT_1)[0] & reg.SLEEP)
    except BusFault:
        return False


def run(
    config: Config,
    bus_number: int,
    bus: SMBus,
    *,
    seconds: float,
    clock: Clock,
    wait: Wait,
    rescue: Rescue,
    progress: Callable[[float], object] = lambda _: None,
) -> Run:
    """Run the configured sensors for ``seconds`` as a session does; ``bus`` is a second way to the same bus.

    ``rescue`` is closed in the end; ``progress`` is told the share that is done (0..1).
    """
    idle = 0.0

    def rest(ns: int) -> None:
        nonlocal idle
        idle += ns * NS
        wait(ns * NS)

    began = clock()
    with closing(Sampler(config, bus_number, clock=clock, rescue=rescue)) as sampler:
        hz = budget.measure_hz(Registers(bus, config.sensors[0].address), clock)
        result = Run(hz, budget.plan(hz, settings.rate_hz(config.chip), len(config.sensors)))
        sampler.survey()
        header = sampler.header(session_id="check")
        result.rate_hz = header.rate_hz
        blocks = [np.empty(0, header.dtype)]
        start, end = clock() - began, clock() - began + round((SETTLE_S + seconds) / NS)
        for item in sampler.in_virtual_time(rest, (end - start) * NS):
            if isinstance(item, SensorEvent):
                _hear(item, result, config.sensors, bus)
            elif isinstance(item, np.ndarray):
                blocks.append(item)
            progress((clock() - began - start) / (end - start))
    elapsed = (clock() - began - start) * NS
    result.free_s = idle / elapsed * result.plan.poll_s
    raw = np.concatenate(blocks)
    raw = raw[raw["t_ns"] >= start + round(SETTLE_S / NS)]
    for sensor in header.sensors:
        mine = raw[raw["sensor"] == sensor]
        result.chips[SEGMENTS[sensor]] = streamed(mine, header, start + round(SETTLE_S / NS), end)
    return result


def _hear(event: SensorEvent, result: Run, sensors: tuple[SensorConfig, ...], bus: SMBus) -> None:
    result.said.append(event)
    # Looked at before the driver does: to start a chip anew wakes it.
    if event.what == "lost" and event.segment is not None:
        address = next(sensor.address for sensor in sensors if sensor.segment == event.segment)
        if sleeps(bus, address):
            result.asleep.add(event.segment)


def streamed(raw: RawArray, header: Header, start_ns: int, end_ns: int) -> Streamed:
    """Return how one chip ran from ``start_ns`` to ``end_ns`` of session time, from its samples, in order."""
    used = raw[(raw["flags"] & BAD) == 0]
    rate = rate_hz(raw)
    missing = missed(raw, rate if np.isfinite(rate) else header.rate_hz, start_ns, end_ns)
    return Streamed(
        rate_hz=rate,
        acc_noise=noise(used["acc"] * header.acc_scale),
        gyr_noise=noise(used["gyr"] * header.gyr_scale),
        acc=used["acc"].mean(axis=0) * header.acc_scale if len(used) >= FEWEST else np.full(3, np.nan),
        temperature_c=float(np.median(raw["temp"])) / 340 + 36.53 if len(raw) else float("nan"),
        due=len(raw) + missing,
        missing=missing,
        bad=len(raw) - len(used),
    )


def rate_hz(raw: RawArray) -> float:
    """Return how many samples a second a chip takes: the slope of a line through the polls of its longest whole run."""
    losses = np.flatnonzero(raw["flags"] & Flag.AFTER_LOSS)
    whole = max(np.split(raw, losses), key=len)
    newest = whole[_newest(whole["t_ns"])]
    sure = newest[(newest["flags"] & Flag.UNSURE_TIME) == 0]
    if len(sure) < FEWEST:
        return float("nan")
    t_s = (sure["t_ns"] - sure["t_ns"][0]) * NS
    return 1 / float(np.polyfit(sure["seq"].astype(np.float64), t_s, 1)[0])


def missed(raw: RawArray, rate_hz: float, start_ns: int, end_ns: int) -> int:
    """Return how many samples should have come and did not: at the losses, and before the first and after the last."""
    newest = _newest(raw["t_ns"])
    stamps = raw["t_ns"][newest]
    edges = np.diff([start_ns, *stamps[[0, -1]], end_ns])[[0, 2]] if len(raw) else np.array([end_ns - start_ns])
    holes = rate_hz * NS * edges[edges * NS > HOLE_S].sum()
    for loss in np.flatnonzero(raw["flags"] & Flag.AFTER_LOSS):
        poll = int(np.searchsorted(newest, loss))
        if poll > 0:
            came = newest[poll] - newest[poll - 1]
            holes += max(0.0, (stamps[poll] - stamps[poll - 1]) * NS * rate_hz - came)
    return round(float(holes))


def noise(values: Floats) -> float:
    """Return the rms of the noisiest of three axes (N,3) without mean and trend."""
    return float(detrend(values, axis=0).std(axis=0).max()) if len(values) >= FEWEST else float("nan")


def _newest(stamps: Times) -> Times:
    """Return the place of the newest sample of each poll: the samples of one share a stamp."""
    return np.flatnonzero(np.diff(stamps, append=-1))
