"""How accurate and how fast the whole chain is, from raw samples to the angle of the spine, with each filter.

Given folders, their labelled recordings are taken: NAME.mcap or NAME.csv with NAME.npz beside it (t_s, pelvis_deg,
thorax_deg, spine_deg) and, where reps are to be compared, NAME.json, as `hinge-imu simulate` writes them. Without any,
SIMULATED sessions are made: another lifter each, other boards mounted another way, other sensor errors.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, get_args

import msgspec
import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from hinge_imu.app.replay import replay
from hinge_imu.app.simulation import simulate
from hinge_imu.config import Filter, load
from hinge_imu.events import RepEvent
from hinge_imu.recording import Recording, open_recording
from hinge_imu.samples import SagittalAngles

ANGLES = ("pelvis", "thorax", "spine")
TIMES = ("eccentric_s", "concentric_s")


class Way(NamedTuple):
    """A filter, live or with the second pass that may look ahead."""

    filter: str
    smooth: bool = False

    @property
    def name(self) -> str:
        """What the table calls it."""
        return f"{self.filter}, 2nd pass" if self.smooth else self.filter


@dataclass
class Score:
    """What one way got wrong over all sessions, in degrees and s, and how long it took."""

    rmse: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in ANGLES})
    times: list[float] = field(default_factory=list)
    found: int = 0
    made: int = 0
    work_s: float = 0.0
    recorded_s: float = 0.0


def score(path: Path, way: Way, total: Score) -> None:
    """Replay one session and add its errors up."""
    recording = with_filter(open_recording(path), way.filter)
    seen: list[SagittalAngles] = []
    began = time.perf_counter()
    said = replay(recording, watch=lambda angles: seen.append(angles.sagittal), smooth=way.smooth)
    total.work_s += time.perf_counter() - began
    with np.load(path.with_suffix(".npz")) as truth:
        t = np.concatenate([angles.t_s for angles in seen])
        total.recorded_s += t[-1] - t[0]
        for key in ANGLES:
            angle = np.degrees(np.concatenate([getattr(angles, key) for angles in seen]))
            error = (angle - np.interp(t, truth["t_s"], truth[f"{key}_deg"]))[np.isfinite(angle)]
            total.rmse[key].append(float(np.sqrt(np.mean(error**2))))
    if path.with_suffix(".json").exists():
        true_reps = msgspec.json.decode(path.with_suffix(".json").read_bytes())["reps"]
        compare([event for event in said if isinstance(event, RepEvent)], true_reps, total)


def with_filter(recording: Recording, name: str) -> Recording:
    """Return a recording that asks for another filter."""
    config = recording.header.config
    motion = msgspec.structs.replace(config.motion, filter=name)
    config = msgspec.structs.replace(config, motion=motion)
    recording.header = msgspec.structs.replace(recording.header, config=config)
    return recording


def compare(reps: list[RepEvent], true_reps: list[dict], total: Score) -> None:
    """Count reps, and where there are as many as were made, how far their phases are off."""
    total.found, total.made = total.found + len(reps), total.made + len(true_reps)
    if len(reps) == len(true_reps):
        for rep, true in zip(reps, true_reps, strict=True):
            total.times += [abs((getattr(rep, key) or 0.0) - true[key]) for key in TIMES if true.get(key) is not None]


@contextmanager
def sessions(folders: list[Path], count: int, first_seed: int) -> Iterator[list[Path]]:
    """Give the labelled recordings of the folders, or as many simulated ones."""
    if folders:
        found = [path for folder in folders for path in sorted(folder.rglob("*")) if path.suffix in {".mcap", ".csv"}]
        yield [path for path in found if path.with_suffix(".npz").exists()]
        return
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{first_seed + number}.mcap" for number in range(count)]
        for seed, path in track(list(enumerate(paths, first_seed)), "simulating"):
            simulate(path, load(), reps=8, rounded=bool(seed % 2), seed=seed)
        yield paths


def table(title: str, scores: dict[Way, Score]) -> Table:
    """Return what came of it, a row a way."""
    shown = Table(title=title, caption="degrees: root mean square, mean of sessions (worst session)")
    for column in ("filter", *ANGLES, "reps", "phases, median / 95 %", "x real time"):
        shown.add_column(column, justify="right")
    for way, total in scores.items():
        times = f"{np.median(total.times):.3f} / {np.percentile(total.times, 95):.3f} s" if total.times else "-"
        shown.add_row(
            way.name,
            *(f"{np.mean(total.rmse[key]):.2f} ({np.max(total.rmse[key]):.2f})" for key in ANGLES),
            f"{total.found} of {total.made}" if total.made else "-",
            times,
            f"{total.recorded_s / total.work_s:.0f}",
        )
    return shown


def main() -> None:
    """Replay every session with every filter, and print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folders", type=Path, nargs="*", help="of labelled recordings")
    options.add_argument("--sessions", type=int, default=20, help="how many to simulate where no folder is given")
    options.add_argument("--first-seed", type=int, default=1000)
    options.add_argument("--filters", nargs="+", choices=get_args(Filter), default=list(get_args(Filter)))
    asked = options.parse_args()
    ways = [way for name in asked.filters for way in ([Way(name)] + [Way(name, smooth=True)] * (name == "inclination"))]
    scores = {way: Score() for way in ways}
    with sessions(asked.folders, asked.sessions, asked.first_seed) as paths:
        if not paths:
            options.error("no NAME.mcap or NAME.csv with a NAME.npz beside it in these folders")
        for path in track(paths, "replaying"):
            for way, total in scores.items():
                score(path, way, total)
    title = f"{len(paths)} recordings" if asked.folders else f"{len(paths)} SIMULATED sessions of 8 hinges"
    Console(width=120).print(table(title, scores))


if __name__ == "__main__":
    main()
