"""How soon a cue comes: from the moment a limit has been crossed for as long as its fault asks, to the pin going high.

A SIMULATED lifter rounds the back in every rep but the first, on simulated chips behind the real driver, in real time:
FIFO polls, grid, orientation, alignment, watch, the recording on the disk, the player's thread, and gpiozero's own mock
pin, as in `hinge-imu live`. The moment is told in two ways. ``own angles``: by the chips' own clock, when the strap's
own angles have been beyond the limit for 0.1 s. ``truth``: when the lifter's true angles have; what the sensors get
wrong is in it, and a back that is measured a degree too round is early. The chips are simulated in the same process,
and slow it down.

With ``--distractors`` it counts, instead, what is said to SIMULATED people who do all that one does in a gym but lift.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, get_args
from unittest.mock import patch

import msgspec
import numpy as np
from gpiozero import Device
from gpiozero.pins.mock import MockFactory, MockPin
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from hinge_imu.app import live as wiring
from hinge_imu.config import Config, load
from hinge_imu.events import AnyEvent, CueEvent, FaultName
from hinge_imu.pipeline import Pipeline
from hinge_imu.profiles import built_in
from hinge_imu.samples import NS, stretches
from hinge_imu.sensing.sampler import Sampler
from hinge_imu.simulate.fast import recorded
from hinge_imu.simulate.lifter import Lifter
from hinge_imu.simulate.plan import RepPlan, Timetable, for_tempo
from hinge_imu.simulate.repertoire import nothing_but_distractors
from hinge_imu.simulate.strap import strap

LIMIT_DEG, LASTING_S = 25.0, 0.1
ROUNDING = msgspec.structs.replace(
    built_in()["hinge"], name="rounding", never=frozenset(get_args(FaultName)) - {"spine_rounding"}
)
"""A hinge of which nothing but this is said: other words may come at the same time."""

BUZZER = 23
STILL_S, READY_S = 3.0, 1.0
LATEST_S = 1.0
"""A pin that goes high later than this after a crossing was not for it."""

Floats = NDArray[np.float64]


class Stamped(MockPin):  # type: ignore[misc]  # gpiozero has no types
    """A pin that writes down when it went high."""

    high_ns: list[int] = []  # noqa: RUF012 - one pin is watched

    def _set_state(self, value: float) -> None:
        if value and not self._get_state():
            self.high_ns.append(time.monotonic_ns())
        super()._set_state(value)


class Kept(Sampler):
    """A sampler that remembers when session time began."""

    began_ns = 0

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        Kept.began_ns = self._started_ns


class Latencies(NamedTuple):
    """Seconds from each crossing to its pin: by the strap's own angles, and by the truth; and what went wrong."""

    own: Floats
    truth: Floats
    missed: int
    wrong: int


def lifter(crossings: int, rng: np.random.Generator) -> Lifter:
    """Return who does one good rep, and then as many as asked with a round back, each in its own way."""

    def plan(spine: float) -> RepPlan:
        down, bottom, up, top = rng.uniform((1.2, 0.2, 0.9, 0.5), (2.4, 0.8, 1.6, 1.2))
        return for_tempo(rng.uniform(65, 80), spine, (down, bottom, up, top))

    return Lifter(Timetable((plan(8.0), *(plan(rng.uniform(31, 42)) for _ in range(crossings))), STILL_S), rng, 0.15)


def due_s(lifter: Lifter) -> Floats:
    """Return the moments (lifter's time) from which the true spine had been beyond the limit for long enough."""
    t = np.arange(0.0, lifter.timetable.duration_s, 1e-3)
    pelvis, thorax = (angle - angle[t < 1.0].mean() for angle in lifter.inclinations(t))
    beyond = stretches(thorax - pelvis > LIMIT_DEG)
    return np.array([t[start] + LASTING_S for start, stop in beyond if t[stop - 1] - t[start] >= LASTING_S])


def measured(crossings: int, seed: int) -> Latencies:
    """Wear the strap for one session, and return how late its cues were."""
    rng = np.random.default_rng(seed)
    shipped = load()
    config: Config = msgspec.structs.replace(shipped, cues=msgspec.structs.replace(shipped.cues, buzzer_pin=BUZZER))
    who = lifter(crossings, rng)
    Device.pin_factory = MockFactory(pin_class=Stamped)
    Stamped.high_ns.clear()
    said: list[tuple[int, CueEvent]] = []

    def tell(event: AnyEvent) -> None:
        if isinstance(event, CueEvent) and not event.serious:
            said.append((time.monotonic_ns(), event))

    began_ns = time.monotonic_ns()
    # Transfers take as long as they do at 400 kHz.
    chips = strap(who, config, rng, time.monotonic_ns, busy=lambda ns: time.sleep(ns * NS))
    with TemporaryDirectory() as folder, chips.installed(), patch.object(wiring, "Sampler", Kept):
        seconds = who.timetable.duration_s + READY_S
        wiring.live(
            config,
            tell=tell,
            seconds=seconds,
            recordings=Path(folder),
            publish=False,
            exercise="rounding",
            profile=ROUNDING,
            simulated=True,
        )
    pins = np.array(Stamped.high_ns)
    words = pins[np.diff(pins, prepend=0) * NS > 0.4]  # a word is two short ones
    in_truth = (words - began_ns) * NS
    due = due_s(who)
    late = [float(after[0]) for at in due if len(after := in_truth[np.abs(in_truth - at) < LATEST_S] - at)]
    own_ns = np.array([Kept.began_ns + round(event.at_s / NS) for _, event in said])
    own = [float(after[0]) * NS for at in own_ns if len(after := words[words >= at] - at)]
    found = sum(bool((np.abs(at - due) < LATEST_S).any()) for at in in_truth)
    return Latencies(np.array(own), np.array(late), len(due) - len(late), len(in_truth) - found)


def disturbed(seeds: range, exercise: str) -> tuple[float, int, int]:
    """Return the minutes of sessions without a lift, how many cues were said, and in how many sessions."""
    minutes, cues, with_cues = 0.0, 0, 0
    for seed in seeds:
        rng = np.random.default_rng(seed)
        who = nothing_but_distractors(rng)
        header, raw = recorded(who, rng, exercise=exercise)
        pipeline = Pipeline(header)
        said = [*pipeline.push(raw), *pipeline.finish()]
        told = sum(isinstance(event, CueEvent) and (not event.serious or event.rep_id is not None) for event in said)
        minutes, cues, with_cues = minutes + who.timetable.duration_s / 60, cues + told, with_cues + bool(told)
    return minutes, cues, with_cues


def in_peace(seeds: range) -> Table:
    """Return what is said to people who do not lift, by the lift that was named."""
    shown = Table(title=f"{len(seeds)} SIMULATED sessions without a lift")
    for name in ("named", "minutes", "cues", "sessions with one"):
        shown.add_column(name, justify="left" if name == "named" else "right")
    for exercise in ("auto", "hinge", "rdl", "deadlift"):
        minutes, cues, with_cues = disturbed(seeds, exercise)
        shown.add_row(exercise, f"{minutes:.0f}", str(cues), str(with_cues))
    return shown


def main() -> None:
    """Measure, and print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--crossings", type=int, default=120, help="how many reps are rounded, of some 4 s each")
    options.add_argument("--seed", type=int, default=0, help="of the first session, where there are several")
    options.add_argument("--distractors", type=int, metavar="SESSIONS", help="count cues where nobody lifts")
    asked = options.parse_args()
    if asked.distractors:
        Console(width=100).print(in_peace(range(asked.seed, asked.seed + asked.distractors)))
        return
    found = measured(asked.crossings, asked.seed)
    shown = Table(title=f"{asked.crossings} SIMULATED crossings, in real time: ms to the pin")
    for name in ("from", "cues", "median", "95 %", "99 %", "longest"):
        shown.add_column(name, justify="left" if name == "from" else "right")
    for name, late_s in (("own angles", found.own), ("truth", found.truth)):
        figures = (*np.percentile(late_s, (50, 95, 99)), late_s.max())
        shown.add_row(name, str(len(late_s)), *(f"{1e3 * each:.0f}" for each in figures))
    shown.caption = f"crossings without a cue: {found.missed}; cues without a crossing: {found.wrong}"
    Console(width=100).print(shown)


if __name__ == "__main__":
    main()
