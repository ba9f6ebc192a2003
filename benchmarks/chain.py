"""How accurate and how fast the whole chain is on SIMULATED sessions, with each filter.

Every session is another lifter, other boards mounted another way, other sensor errors; the truth is the simulator's.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from hinge_imu.app.session import Listeners, run
from hinge_imu.app.simulation import simulate
from hinge_imu.config import load
from hinge_imu.events import RepEvent
from hinge_imu.recording import batched, open_recording
from hinge_imu.simulate.truth import RATE_HZ

FILTERS = ("inclination", "madgwick", "mahony")
ANGLES = ("pelvis", "thorax", "spine")
TIMES = ("eccentric_s", "concentric_s")


@dataclass
class Score:
    """What one filter got wrong over all sessions, in degrees and s, and how long it took."""

    squares: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in ANGLES})
    times: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in TIMES})
    found: int = 0
    made: int = 0
    exact: int = 0
    work_s: float = 0.0
    recorded_s: float = 0.0


def score(path: Path, name: str, total: Score) -> None:
    """Replay one session with the named filter and add its errors up."""
    recording = open_recording(path)
    motion = msgspec.structs.replace(recording.header.config.motion, filter=name)
    config = msgspec.structs.replace(recording.header.config, motion=motion)
    header = msgspec.structs.replace(recording.header, config=config)
    blocks, seen, said = list(batched(recording.blocks(), 24_000)), [], []
    began = time.perf_counter()
    run(header, blocks, Listeners(angles=[seen.append], events=[said.append]))
    total.work_s += time.perf_counter() - began
    true_reps = msgspec.json.decode(path.with_suffix(".json").read_bytes())["reps"]
    reps = [event for event in said if isinstance(event, RepEvent) and event.status == "confirmed"]
    total.found, total.made = total.found + len(reps), total.made + len(true_reps)
    total.exact += len(reps) == len(true_reps)
    if len(reps) == len(true_reps):
        for rep, true in zip(reps, true_reps, strict=True):
            for key in TIMES:
                total.times[key].append(abs((getattr(rep, key) or 0.0) - true[key]))
    with np.load(path.with_suffix(".npz")) as truth:
        for key in ANGLES:
            t = np.concatenate([angles.t_s for angles in seen])
            angle = np.degrees(np.concatenate([getattr(angles, key) for angles in seen]))
            error = (angle - np.interp(t, truth["t_s"], truth[f"{key}_deg"]))[np.isfinite(angle)]
            total.squares[key].append(float(np.mean(error**2)))
        total.recorded_s += len(truth["t_s"]) / RATE_HZ


def main() -> None:
    """Simulate, replay with every filter, and print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sessions", type=int, default=20)
    options.add_argument("--first-seed", type=int, default=1000)
    asked = options.parse_args()
    scores = {name: Score() for name in FILTERS}
    with tempfile.TemporaryDirectory() as folder:
        for seed in track(range(asked.first_seed, asked.first_seed + asked.sessions), "simulating and replaying"):
            path = Path(folder) / f"{seed}.mcap"
            simulate(path, load(), reps=8, rounded=bool(seed % 2), seed=seed)
            for name, total in scores.items():
                score(path, name, total)
    table = Table(title=f"{asked.sessions} SIMULATED sessions of 8 hinges, seeds from {asked.first_seed}")
    columns = [
        "filter",
        *(f"{name} RMSE" for name in ANGLES),
        "reps",
        "sets exact",
        "phase error, median / 95 %",
        "speed",
    ]
    for column in columns:
        table.add_column(column, justify="right")
    for name, total in scores.items():
        errors = np.concatenate([total.times[key] for key in TIMES])
        table.add_row(
            name,
            *(f"{np.mean(np.sqrt(total.squares[key])):.2f}°" for key in ANGLES),
            f"{total.found} of {total.made}",
            f"{total.exact} of {asked.sessions}",
            f"{np.median(errors):.3f} s / {np.percentile(errors, 95):.3f} s",
            f"{total.recorded_s / total.work_s:.0f} x real time",
        )
    Console(width=132).print(table)


if __name__ == "__main__":
    main()
