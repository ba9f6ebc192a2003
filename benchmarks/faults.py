"""How surely each fault is found, and how rarely it is said of a rep that does not have it.

    python benchmarks/faults.py --sets 40 --jobs 2
    python benchmarks/faults.py --sets 4 --calibration

All of it is SIMULATED, with the errors of calibrated MPU-6050s: sets of eight reps of which every other one (of partial
reps every fourth) has one fault, graded from far inside its limit to far beyond. What a perfect observer would argue
about is left out: within 3 deg of the limit of rounding, for one (`hinge_imu/simulate/verdicts.py` has them all). A
sentence is wrong wherever it falls: each fault is looked for in the reps of all sets.

With ``--calibration`` the faults lie close to their limits, on both sides, and what is counted is how often a fault
that is said with so much confidence truly is beyond its limit, be it by ever so little.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise, product
from typing import Any, NamedTuple

import msgspec
import numpy as np
from reps import bottom, matched, replayed, spread
from rich.console import Console
from rich.progress import track
from rich.table import Table

from hinge_imu.simulate import fast, repertoire, truth
from hinge_imu.simulate.pathologies import PATHOLOGIES
from hinge_imu.simulate.styles import Tempo

REPS = 8
TEMPO: Tempo = (3.0, 1.0, 2.0, 1.0)
INSIDE, BEYOND = (-1.5, -0.4), (0.5, 2.0)
"""How far from its limit a fault is, in times of what is typical of it."""

ACROSS = (-0.5, 0.5)
"""The same, to see how sure is sure."""

SURE = (0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)
"""Edges between which confidence is counted together."""

UNSEEN: dict[str, Any] = {"faults": []}
"""What is said of a rep that is not found: nothing."""


class Trial(NamedTuple):
    """One set: its fault, whether it is beyond the limit, its lift, and the number of the lifter."""

    fault: str
    beyond: bool
    exercise: str
    seed: int


@dataclass
class Score:
    """What was said of one fault: found and missed where it is, said where it is not, and when."""

    there: int = 0
    found: int = 0
    absent: int = 0
    wrong: int = 0
    late: list[float] = field(default_factory=list)
    misses: list[Trial] = field(default_factory=list)
    ghosts: list[Trial] = field(default_factory=list)
    sure: list[tuple[float, bool]] = field(default_factory=list)
    """With how much confidence it was said, and whether it truly was beyond its limit."""


def done(trial: Trial, *, across: bool = False) -> tuple[Trial, list[tuple[dict[str, Any], dict[str, Any]]]]:
    """Let a set be done and replayed; return each rep's truth with what was said of it."""
    names = list(PATHOLOGIES)
    rng = np.random.default_rng([names.index(trial.fault), trial.beyond, trial.seed, *trial.exercise.encode()])
    graded = ACROSS if across else BEYOND if trial.beyond else INSIDE
    beyond = PATHOLOGIES[trial.fault].typical * float(rng.uniform(*graded))
    tempo = TEMPO if trial.fault == "off_tempo" else None
    lifter = repertoire.session(
        rng, trial.exercise, reps=REPS, tempo=tempo, fault=trial.fault, beyond=beyond, with_distractors=False
    )
    header, raw = fast.recorded(lifter, rng, exercise=trial.exercise)
    if tempo is not None:
        header = msgspec.structs.replace(header, tempo="-".join(f"{digit:g}" for digit in tempo))
    made = truth.labels(lifter, trial.exercise, tempo)["reps"]
    said, _ = replayed(header, raw)
    pairs = dict(matched([bottom(made, number) for number in range(len(made))], [rep["bottom_s"] for rep in said]))
    return trial, [(rep, said[pairs[number]] if number in pairs else UNSEEN) for number, rep in enumerate(made)]


def add(scores: dict[str, Score], trial: Trial, reps: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    """Add what was said of a set's reps to the scores of all faults."""
    for made, said in reps:
        told = {fault["name"]: fault["at_s"] for fault in said["faults"]}
        for fault in said["faults"]:
            # Where readings of a definition disagree nobody can be right.
            if truly := made["faults_beyond"].get(fault["name"]):
                scores[fault["name"]].sure.append((fault["confidence"], truly > 0))
        for name in made["faults"]:
            score = scores[name]
            score.there += 1
            if name in told:
                score.found += 1
                score.late.append(abs(told[name] - made["faults_at_s"][name]))
            else:
                score.misses.append(trial)
        for name in made["faults_absent"]:
            scores[name].absent += 1
            if name in told:
                scores[name].wrong += 1
                scores[name].ghosts.append(trial)


def table(scores: dict[str, Score], title: str) -> Table:
    """Return what came of it, a row a fault."""
    shown = Table(title=title, caption="time off, in s: median / 95 %")
    for column in ("fault", "reps beyond", "found", "reps inside", "said all the same", "time off"):
        shown.add_column(column, justify="left" if column == "fault" else "right")
    for name in PATHOLOGIES:
        score = scores[name]
        found = f"{score.found / score.there:.1%}" if score.there else "-"
        wrong = f"{score.wrong / score.absent:.2%}" if score.absent else "-"
        shown.add_row(name, f"{score.there}", found, f"{score.absent}", wrong, spread(score.late))
    return shown


def calibration(scores: dict[str, Score], title: str) -> Table:
    """Return how often a fault was true that was said with so much confidence, a row a fault, and one for all."""
    shown = Table(title=title, caption="truly beyond the limit, of how many that were said")
    spans = list(pairwise(SURE))
    for column in ("fault", *(f"{low:g} to {high:g}" for low, high in spans)):
        shown.add_column(column, justify="left" if column == "fault" else "right")
    pooled = [each for score in scores.values() for each in score.sure]
    for name, said in [*((name, scores[name].sure) for name in PATHOLOGIES), ("all", pooled)]:
        true = [[is_so for sure, is_so in said if low <= sure < high or sure == high == 1] for low, high in spans]
        shown.add_row(name, *(f"{np.mean(each):.0%} of {len(each)}" if each else "-" for each in true))
    return shown


def main() -> None:
    """Draw, replay, compare, and print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sets", type=int, default=10, help="of each fault in each lift, beyond and inside alike")
    options.add_argument("--first-seed", type=int, default=0)
    options.add_argument("--jobs", type=int, default=1)
    options.add_argument("--fault", choices=list(PATHOLOGIES), help="only sets with this one")
    options.add_argument("--calibration", action="store_true", help="how sure is sure, with faults at their limits")
    options.add_argument("--which", action="store_true", help="print the sets with a mistake")
    given = options.parse_args()
    seeds = range(given.first_seed, given.first_seed + given.sets)
    asked = [given.fault] if given.fault else list(PATHOLOGIES)
    trials = [
        Trial(fault, beyond, exercise, seed)
        for fault in asked
        for exercise, beyond, seed in product(sorted(PATHOLOGIES[fault].lifts), (True, False), seeds)
    ]
    scores: dict[str, Score] = defaultdict(Score)
    with ProcessPoolExecutor(given.jobs) as pool:
        for trial, reps in track(
            pool.map(partial(done, across=given.calibration), trials, chunksize=4), "replaying", total=len(trials)
        ):
            add(scores, trial, reps)
    console = Console(width=160)
    title = f"{len(trials)} SIMULATED sets, seeds {seeds[0]} to {seeds[-1]}"
    console.print(calibration(scores, title) if given.calibration else table(scores, title))
    if given.which:
        for name, score in scores.items():
            console.print(name, "missed in", *(f"{tuple(each)}\n" for each in score.misses))
            console.print(name, "said wrongly in", *(f"{tuple(each)}\n" for each in score.ghosts))


if __name__ == "__main__":
    main()
