"""How well reps are found and timed, on drawn sessions of simulated lifters: every lift, and all that is no lift.

    python benchmarks/reps.py --sessions 1000 --first-seed 100000 --jobs 2
    python benchmarks/reps.py --sessions 200 --peer "python peer.py"

All of it is SIMULATED, with the errors of calibrated MPU-6050s. A rep counts as found where its bottom is within 0.5 s
of that of the truth, or in the rest there. With ``--auto`` nobody says which lift it is. A peer is a program that takes
``replay --json FILE.csv`` and prints reps as `hinge-imu replay` does; it gets the same sessions.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scipy.optimize import linear_sum_assignment

from hinge_imu.events import RepEvent, SetEvent
from hinge_imu.pipeline import Pipeline
from hinge_imu.samples import NS, Header, RawArray
from hinge_imu.simulate import fast, repertoire, truth

NEAR_S = 0.5
RATE_HZ = 100.0
TIMES = ("eccentric_s", "concentric_s")


@dataclass
class Score:
    """What came of one session, or of many."""

    made: int = 0
    found: int = 0
    wrong: int = 0
    sets: int = 0
    exact: int = 0
    named: int = 0
    errors: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in TIMES})
    late: list[float] = field(default_factory=list)
    distracted_s: float = 0.0
    ghosts: int = 0
    seeds: list[int] = field(default_factory=list)

    def add(self, other: Score) -> None:
        """Add another's numbers."""
        for name in ("made", "found", "wrong", "sets", "exact", "named", "distracted_s", "ghosts"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in TIMES:
            self.errors[name] += other.errors[name]
        self.late += other.late
        self.seeds += other.seeds

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.found / max(1, self.made + self.found + self.wrong)


def trial(seed: int, *, auto: bool, peer: str | None) -> tuple[str, Score]:
    """Draw a session, let it be replayed, and compare."""
    drawn = repertoire.draw(seed)
    rng = np.random.default_rng([seed, 1])
    exercise = "auto" if auto else drawn.exercise
    header, raw = fast.recorded(drawn.lifter, rng, RATE_HZ, exercise=exercise)
    labels = truth.labels(drawn.lifter, drawn.exercise)
    reps, sets = replayed(header, raw) if peer is None else asked(peer, raw)
    score = compare(labels, reps, sets)
    if score.wrong or score.found < score.made or score.exact < score.sets:
        score.seeds.append(seed)
    return drawn.exercise if drawn.kind != "distractors" else "nothing but distractors", score


def replayed(header: Header, raw: RawArray) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return what the pipeline says in the end of each rep and set."""
    pipeline = Pipeline(header)
    events = [*pipeline.push(raw), *pipeline.finish()]
    final = {event.id: event for event in events if isinstance(event, RepEvent)}.values()
    reps = [msgspec.to_builtins(rep) for rep in final if rep.status != "retracted"]
    return reps, [msgspec.to_builtins(event) for event in events if isinstance(event, SetEvent)]


def asked(peer: str, raw: RawArray) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return what another program says of the same session."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "session.csv"
        write_csv(path, raw)
        call = [*shlex.split(peer), "replay", "--json", str(path)]
        done = subprocess.run(call, capture_output=True, text=True, check=True)  # noqa: S603  # the caller named it
    lines = done.stdout.splitlines()
    events = [json.loads(line) for line in lines]
    return [each for each in events if each["event"] == "rep"], [each for each in events if each["event"] == "set"]


def write_csv(path: Path, raw: RawArray) -> None:
    """Write a recording of two boards, none of whose samples is missing, as a CSV."""
    pelvis, thorax = (raw[raw["sensor"] == sensor] for sensor in (0, 1))
    columns = [pelvis["t_ns"][:, None] * NS, *(board[kind] for board in (pelvis, thorax) for kind in ("acc", "gyr"))]
    names = [f"{board}_{kind}_{axis}" for board in ("pelvis", "thorax") for kind in ("acc", "gyr") for axis in "xyz"]
    np.savetxt(path, np.hstack(columns), "%.6f", ",", header=",".join(["t_s", *names]), comments="")


def compare(labels: dict[str, Any], reps: list[dict[str, Any]], sets: list[dict[str, Any]]) -> Score:
    """Match what was found with what was made."""
    made = labels["reps"]
    pairs = matched([bottom(made, number) for number in range(len(made))], [rep["bottom_s"] for rep in reps])
    score = Score(made=len(made), found=len(pairs), wrong=len(reps) - len(pairs))
    for one, other in pairs:
        for name in TIMES:
            if made[one].get(name) is not None:
                said = reps[other][name]
                score.errors[name].append(np.inf if said is None else abs(said - made[one][name]))
        if "said_s" in reps[other]:
            score.late.append(reps[other]["said_s"] - made[one]["end_s"])
    score.sets = len(labels["sets"])
    for each in labels["sets"]:
        mine = [s for s in sets if s["start_s"] < each["end_s"] and s["end_s"] > each["start_s"]]
        score.exact += [s["reps"] for s in mine] == [each["n"]]
        score.named += [s["exercise"] for s in mine] == [each.get("exercise", labels["exercise"])]
    hit = {other for _, other in pairs}
    if not made:
        score.distracted_s, score.ghosts = sum(d["end_s"] - d["start_s"] for d in labels["distractors"]), len(reps)
    else:
        within = [(d["start_s"], d["end_s"]) for d in labels["distractors"]]
        score.distracted_s = sum(end - start for start, end in within)
        score.ghosts = sum(
            any(start <= rep["bottom_s"] <= end for start, end in within)
            for number, rep in enumerate(reps)
            if number not in hit
        )
    return score


def bottom(reps: list[dict[str, Any]], number: int) -> tuple[float, float]:
    """Return from when to when (s) the bottom of a rep is: where it rests there, any moment of that is right."""
    rep = reps[number]
    if rep["order"] == "con":
        before = reps[number - 1] if number and reps[number - 1]["set"] == rep["set"] else {}
        lowered = before.get("eccentric_s") is not None
        down = before["end_s"] + before.get("top_pause_s", 0.0) + before["eccentric_s"] if lowered else rep["bottom_s"]
        return min(down, rep["bottom_s"]), max(rep["start_s"], rep["bottom_s"])
    down = rep["start_s"] + rep["eccentric_s"]
    return min(down, rep["bottom_s"]), max(down + rep["bottom_pause_s"], rep["bottom_s"])


def matched(bottoms: list[tuple[float, float]], found: list[float]) -> list[tuple[int, int]]:
    """Return which bottom (from, to) is which that was found, most of them first."""
    if not bottoms or not found:
        return []
    off = np.array([[max(0.0, start - at, at - end) for at in found] for start, end in bottoms])
    rows, columns = linear_sum_assignment(np.where(off > NEAR_S, 1e6, off))
    return [(int(i), int(j)) for i, j in zip(rows, columns, strict=True) if off[i, j] <= NEAR_S]


def table(scores: dict[str, Score], title: str) -> Table:
    """Return what came of it, a row a lift."""
    shown = Table(title=title, caption="errors and delays in s: median / 95 %")
    for column in (
        "lift",
        "reps",
        "missed",
        "wrong",
        "F1",
        "sets exact",
        "named",
        "eccentric",
        "concentric",
        "said after",
    ):
        shown.add_column(column, justify="left" if column == "lift" else "right")
    for name, score in scores.items():
        shown.add_row(
            name,
            f"{score.made}",
            f"{score.made - score.found}",
            f"{score.wrong}",
            f"{score.f1:.4f}" if score.made else "-",
            f"{score.exact / score.sets:.1%}" if score.sets else "-",
            f"{score.named / score.sets:.0%}" if score.sets else "-",
            *(spread(each) for each in (*score.errors.values(), score.late)),
        )
    return shown


def spread(values: Iterable[float]) -> str:
    """Return median and 95th percentile."""
    values = [float(value) for value in values]
    return f"{np.median(values):.3f} / {np.percentile(values, 95, method='higher'):.3f}" if values else "-"


def main() -> None:
    """Draw, replay, compare, and print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sessions", type=int, default=200)
    options.add_argument("--first-seed", type=int, default=0)
    options.add_argument("--jobs", type=int, default=1)
    options.add_argument("--auto", action="store_true", help="nobody says which lift it is")
    options.add_argument("--peer", metavar="COMMAND", help="another program, on the same sessions")
    options.add_argument("--seeds", action="store_true", help="print the seeds of sessions with a mistake")
    given = options.parse_args()
    seeds = range(given.first_seed, given.first_seed + given.sessions)
    scores: dict[str, Score] = defaultdict(Score)
    with ProcessPoolExecutor(given.jobs) as pool:
        results = pool.map(partial(trial, auto=given.auto, peer=given.peer), seeds, chunksize=4)
        for lift, score in track(results, "replaying", total=len(seeds)):
            scores[lift].add(score)
    total = Score()
    for score in scores.values():
        total.add(score)
    named = f"{len(seeds)} SIMULATED sessions, seeds {seeds[0]} to {seeds[-1]}{', by a peer' if given.peer else ''}"
    console = Console(width=160)
    console.print(table(dict(sorted(scores.items())) | {"all": total}, named))
    console.print(f"{total.ghosts} false reps in {total.distracted_s / 60:.0f} minutes of what is no lift")
    if given.seeds:
        for lift, score in sorted(scores.items()):
            console.print(lift, *score.seeds)


if __name__ == "__main__":
    main()
