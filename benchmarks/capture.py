"""What capturing two SIMULATED chips costs, and whether anything is lost.

As it stands, the driver runs in a process of its own that has i2c.c preloaded, the chips in another, in real time: CPU
is that of the driver's process over the time on the wall, from the first samples on. With ``--hour`` an hour passes on
a virtual clock. Either way every transfer takes as long as on a 400 kHz bus, and what arrived is compared, sample by
sample, with what the chips measured.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from runpy import run_path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from hinge_imu.config import ChipConfig, Config
from hinge_imu.events import SensorEvent
from hinge_imu.samples import RawArray, Times
from hinge_imu.sensing.sampler import Sampler
from hinge_imu.simulate.bus import SimulatedBus, VirtualClock
from hinge_imu.simulate.chip import Chip
from hinge_imu.simulate.imu import STANDARD_GRAVITY, ImuErrors, Truth
from hinge_imu.simulate.strap import RESIDUAL

PRELOAD = Path(__file__).parent.parent / "tests" / "preload" / "simulated_i2c.py"
BUS_HZ = 400_000
RATES_HZ, HOUR_RATES_HZ, HOUR_S = (200.0, 500.0, 1000.0), (200.0, 500.0), 3600.0
ALIKE = 8
"""So many samples in a row are like no others: noise alone repeats a sample within a minute, but not eight."""

Words = NDArray[np.int16]


def config(rate_hz: float) -> Config:
    """Return the shipped settings at another rate."""
    return Config(chip=ChipConfig(rate_hz=rate_hz))


def capture(rate_hz: float, seconds: float, target: Path) -> None:
    """Read both chips for so long, counted from when both have given samples, and write what came and what it cost."""
    blocks: list[RawArray] = []
    said: list[str] = []
    heard: set[int] = set()
    polls = 0
    with Sampler(config(rate_hz)) as sampler:
        for item in sampler.stream():
            if isinstance(item, SensorEvent):
                said.append(item.what)
                continue
            blocks.append(item)
            if len(heard) < 2:
                heard.add(int(item["sensor"][0]))
                wall, cpu, polls = time.monotonic(), time.process_time(), len(blocks)
            elif time.monotonic() - wall > seconds:
                break
        wall, cpu, polls = time.monotonic() - wall, time.process_time() - cpu, len(blocks) - polls
    np.savez(target, raw=np.concatenate(blocks), wall=wall, cpu=cpu, polls=polls, said=np.array(said, str))


def lost(raw: RawArray, measured: Words) -> int:
    """Return how many samples of one chip (N,7) are missing between the first and the last that arrived."""
    arrived = np.concatenate([raw["acc"], raw["gyr"]], axis=1)
    measured = measured[:, [0, 1, 2, 4, 5, 6]]
    first, last = _place(arrived[:ALIKE], measured), _place(arrived[-ALIKE:], measured) + ALIKE
    missing = last - first - len(arrived)
    if not missing and not np.array_equal(arrived, measured[first:last]):
        raise RuntimeError("as many samples arrived as were measured, but not the same ones")
    return missing


def _place(few: Words, among: Words) -> int:
    """Return where consecutive samples stand."""
    found = [at for at in np.flatnonzero((among == few[0]).all(axis=1)) if np.array_equal(among[at : at + ALIKE], few)]
    if len(found) != 1:
        raise RuntimeError(f"samples that arrived were measured {len(found)} times")
    return int(found[0])


def in_real_time(rate_hz: float, seconds: float, library: Path, folder: Path) -> list[str]:
    """Return a row of the table: one run of the driver's process beside that of the chips."""
    log, result = folder / "log.npz", folder / "result.npz"
    with run_path(str(PRELOAD))["simulated_i2c"](library, hz=BUS_HZ, log=log) as i2c:
        call = [
            sys.executable,
            __file__,
            "--capture",
            str(result),
            "--rate-hz",
            str(rate_hz),
            "--seconds",
            str(seconds),
        ]
        subprocess.run(call, env=i2c.environment, check=True)  # noqa: S603 - this very file
    with np.load(log) as measured, np.load(result) as got:
        raw = got["raw"]
        missing = sum(lost(raw[raw["sensor"] == sensor], measured[str(sensor)]) for sensor in (0, 1))
        cpu, polls = 100 * got["cpu"] / got["wall"], got["polls"] / got["wall"]
        return [f"{rate_hz:g}", f"{cpu:.1f} %", str(len(raw)), str(missing), f"{polls:.0f}", told(got["said"])]


def in_virtual_time(rate_hz: float, seconds: float) -> list[str]:
    """Return a row of the table: the driver and the chips in one process, on a clock that only transfers move."""
    clock = VirtualClock()
    rng = np.random.default_rng(round(rate_hz))
    chips = {address: Chip(resting, ImuErrors.draw(rng, RESIDUAL), seed=address) for address in (0x68, 0x69)}
    for chip in chips.values():
        chip.log = []
    bus = SimulatedBus(chips, clock.now, busy=clock.advance, hz=BUS_HZ)
    with bus.installed(), closing(Sampler(config(rate_hz), clock=clock.now)) as sampler:
        items = list(sampler.in_virtual_time(clock.advance, seconds))
    blocks = [item for item in items if not isinstance(item, SensorEvent)]
    said = [item.what for item in items if isinstance(item, SensorEvent)]
    raw = np.concatenate(blocks)
    missing = sum(lost(raw[raw["sensor"] == sensor], measured(chips[0x68 + sensor])) for sensor in (0, 1))
    return [f"{rate_hz:g}", "-", str(len(raw)), str(missing), f"{len(blocks) / seconds:.0f}", told(said)]


def told(said: Iterable[str]) -> str:
    """Return how often each kind of event was said."""
    return ", ".join(f"{times} {what}" for what, times in Counter(map(str, said)).items()) or "nothing"


def resting(t_ns: Times) -> Truth:
    """Lie on a table."""
    force = np.tile([0.0, STANDARD_GRAVITY, 0.0], (len(t_ns), 1))
    return force, np.zeros_like(force), 25.0


def measured(chip: Chip) -> Words:
    """Return all that went into a chip's registers, (N,7)."""
    return np.concatenate([words for _, words in chip.log or []])


def main() -> None:
    """Capture at each rate, and print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=float, help="how long each run lasts: 30 s, or an hour with --hour")
    options.add_argument("--hour", action="store_true", help="an hour on a virtual clock")
    options.add_argument("--rate-hz", type=float, help="only this rate")
    options.add_argument("--capture", type=Path, help=argparse.SUPPRESS)  # the driver's process calls itself
    asked = options.parse_args()
    if asked.capture:
        capture(asked.rate_hz, asked.seconds, asked.capture)
        return
    seconds = asked.seconds or (HOUR_S if asked.hour else 30.0)
    rates = (asked.rate_hz,) if asked.rate_hz else HOUR_RATES_HZ if asked.hour else RATES_HZ
    if asked.hour:
        rows = [in_virtual_time(rate_hz, seconds) for rate_hz in rates]
    else:
        with TemporaryDirectory() as name:
            library = run_path(str(PRELOAD))["compile_library"](Path(name))
            rows = [in_real_time(rate_hz, seconds, library, Path(name)) for rate_hz in rates]
    clock = "virtual" if asked.hour else "real"
    table = Table(title=f"two SIMULATED chips on a {BUS_HZ // 1000} kHz bus, {seconds:g} s of {clock} time")
    for column in ("rate, Hz", "CPU of one core", "samples", "lost", "polls a second", "said"):
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(*row)
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
