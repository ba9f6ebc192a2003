"""How fast it is, and what it needs: an hour replayed, live work, a day's memory.

SIMULATED sets, made by the real driver on simulated chips, are repeated until they fill an hour: sets of eight with the
rests that belong to them, as people train, and one rep after the other, more than anyone does; the stages are those of
the latter. Replayed is the recording as it lies on disk, raw MCAP to reps; live are pushes of
20 ms, as a poll brings them; the day is pushed a minute at a time. Work is the processor's time, not the clock's.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from hinge_imu.app.replay import BLOCK, replay
from hinge_imu.app.simulation import record, simulate
from hinge_imu.config import load
from hinge_imu.events import RepEvent, SensorEvent
from hinge_imu.motion.alignment import Alignment
from hinge_imu.motion.orientation import Orientation
from hinge_imu.motion.timeline import Timeline
from hinge_imu.pipeline import Pipeline
from hinge_imu.recording import McapWriter, batched, open_recording
from hinge_imu.reps.counter import Counter
from hinge_imu.samples import NS, SEGMENTS, Flag, Header, RawArray
from hinge_imu.simulate import distractors, repertoire, styles
from hinge_imu.simulate.lifter import Lifter
from hinge_imu.simulate.stage import Stage

LIVE_NS = 20_000_000
PAUSE_NS = 2_000_000_000
"""Between two repetitions of the set nothing is recorded for so long, as after a lost connection."""

ROUND_S = 178.0
"""A set of eight and the rest after it; two more seconds without samples follow, as after a lost connection."""

STAGES = ("reading", "clock and grid", "orientation", "alignment", "reps")
MADGWICK_S = 20.0


class Stopwatch:
    """Adds up the seconds of work that calls take, by name."""

    def __init__(self) -> None:
        self.work_s = dict.fromkeys(STAGES, 0.0)

    def __call__(self, name: str, call: Callable[..., Any], *arguments: Any) -> Any:
        """Call, and return what comes."""
        began = time.process_time()
        result = call(*arguments)
        self.work_s[name] += time.process_time() - began
        return result


def one_set(folder: Path, reps: int) -> tuple[Header, RawArray]:
    """Return a simulated set, with its header."""
    path = folder / "set.mcap"
    simulate(path, load(), reps=reps, seed=1)
    recording = open_recording(path)
    return recording.header, np.concatenate(list(recording.blocks()))


def repeated(raw: RawArray, seconds: float) -> Iterator[RawArray]:
    """Yield the same samples again and again, later each time, until they fill so many seconds."""
    length_ns = int(raw["t_ns"][-1] - raw["t_ns"][0]) + PAUSE_NS
    for number in range(max(1, round(seconds / (length_ns * NS)))):
        again = raw.copy()
        again["t_ns"] += number * length_ns
        again["seq"] += number * (int(raw["seq"].max()) + 1)
        for sensor in range(len(SEGMENTS)):
            again["flags"][np.flatnonzero(raw["sensor"] == sensor)[:1]] |= np.uint8(Flag.AFTER_LOSS * (number > 0))
        yield again


def training(folder: Path, minutes: float) -> Path:
    """Write a session of so many minutes: eight Romanian deadlifts, and a rest, again and again."""
    rng = np.random.default_rng(3)
    stage = Stage(rng, 2.0)
    habits = styles.habits(rng, "rdl", None)
    repertoire.perform(stage, "rdl", [habits.rep(rng, i / 7) for i in range(8)], 1)
    repertoire.another(stage)
    distractors.rest(stage, ROUND_S - stage.now_s)
    lifter = Lifter(stage.script(2.0), rng, repertoire.SWAY_DEG, styles.body(rng, "rdl"))
    once, path = folder / "once.mcap", folder / "hour.mcap"
    record(once, lifter, load(), rng, session_id="hour", exercise="rdl")
    recording = open_recording(once)
    raw = np.concatenate(list(recording.blocks()))
    with McapWriter(path, recording.header) as writer:
        for piece in repeated(raw, minutes * 60):
            writer.samples(piece)
    return path


def stages(path: Path) -> dict[str, float]:
    """Return the work (s) of each stage of a replay."""
    watch, recording = Stopwatch(), open_recording(path)
    header = recording.header
    timeline, orientation, alignment, counter = (kind(header) for kind in (Timeline, Orientation, Alignment, Counter))
    stream = batched(recording.stream(), BLOCK)
    while (item := watch("reading", next, stream, None)) is not None:
        if isinstance(item, SensorEvent):
            continue
        frames = watch("clock and grid", timeline.push, item)
        poses = watch("orientation", orientation.push, frames)
        angles = watch("alignment", alignment.push, poses)
        watch("reps", lambda: list(counter.push(angles, poses)))  # noqa: B023 - called at once
    return watch.work_s


def replayed(path: Path) -> tuple[int, float]:
    """Return how many reps a recording has, and the work (s) that it takes to find them."""
    began = time.process_time()
    reps = sum(isinstance(event, RepEvent) for event in replay(open_recording(path)))
    return reps, time.process_time() - began


def live(header: Header, raw: RawArray) -> tuple[float, float]:
    """Return the work (s) of a push of 20 ms, and the share of a core that such pushes take."""
    pushes = np.split(raw, np.flatnonzero(np.diff(raw["t_ns"] // LIVE_NS)) + 1)
    pipeline = Pipeline(header)
    began = time.process_time()
    for push in pushes:
        pipeline.push(push)
    work_s = time.process_time() - began
    return work_s / len(pushes), work_s / (float(raw["t_ns"][-1] - raw["t_ns"][0]) * NS)


def growth(header: Header, raw: RawArray, hours: float) -> float:
    """Return by how many MB what is held grows, after the first tenth, over so many hours of stream time."""
    tracemalloc.start()
    pipeline, sizes = Pipeline(header), []
    for piece in repeated(raw, hours * 3600):
        for start in range(0, len(piece), BLOCK):
            pipeline.push(piece[start : start + BLOCK])
        sizes.append(tracemalloc.get_traced_memory()[0] / 1e6)
    tracemalloc.stop()
    return sizes[-1] - sizes[len(sizes) // 10]


def madgwick(header: Header, raw: RawArray) -> float:
    """Return the work (s) that the library's Madgwick needs for a sample."""
    from ahrs.filters import Madgwick

    mine = raw[raw["sensor"] == 0][: round(MADGWICK_S * header.rate_hz)]
    began = time.process_time()
    Madgwick(gyr=mine["gyr"] * header.gyr_scale, acc=mine["acc"] * header.acc_scale, frequency=header.rate_hz)
    return (time.process_time() - began) / len(mine)


def starting() -> float:
    """Return the seconds that it takes to start Python and import what a replay needs."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import hinge_imu.app.replay, hinge_imu.recording.mcap"], check=True)
    return time.perf_counter() - began


def main() -> None:
    """Make the hour, measure, and print the tables."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--minutes", type=float, default=60.0, help="how long the replayed session is")
    options.add_argument("--hours", type=float, default=24.0, help="how long the day is (0: leave it out)")
    options.add_argument("--reps", type=int, default=20, help="of the set that is repeated")
    asked = options.parse_args()
    shown = Table(title=f"{asked.minutes:g} SIMULATED minutes of two chips")
    shown.add_column("what")
    shown.add_column("measured", justify="right")
    with tempfile.TemporaryDirectory() as folder:
        header, raw = one_set(Path(folder), asked.reps)
        path, samples = Path(folder) / "session.mcap", 0
        with McapWriter(path, header) as writer:
            for piece in repeated(raw, asked.minutes * 60):
                writer.samples(piece)
                samples += len(piece)
                seconds = float(piece["t_ns"][-1]) * NS
        for kind, each in (("sets and rests", training(Path(folder), asked.minutes)), ("without a pause", path)):
            reps, whole_s = replayed(each)
            speed = f"{whole_s:.2f} s, {seconds / whole_s:.0f} x real time"
            shown.add_row(f"replay, raw MCAP to {reps} reps, {kind}", speed)
        for name, work_s in stages(path).items():
            shown.add_row(f"  of which {name}", f"{work_s:.2f} s")
        each_s = madgwick(header, raw)
        shown.add_row(f"ahrs Madgwick alone (scaled from {MADGWICK_S:g} s of one chip)", f"{each_s * samples:.1f} s")
        shown.add_row("start of Python and imports", f"{starting():.2f} s")
        push_s, share = live(header, raw)
        shown.add_row(f"live, a push of {LIVE_NS // 1_000_000} ms", f"{push_s * 1e3:.2f} ms, {share:.1%} of a core")
        if asked.hours:
            grown = growth(header, raw, asked.hours)
            shown.add_row(f"memory, growth over {asked.hours:g} h of stream after the first tenth", f"{grown:+.1f} MB")
    Console(width=100).print(shown)


if __name__ == "__main__":
    main()
