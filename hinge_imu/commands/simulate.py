"""The command `hinge-imu simulate`: words and options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hinge_imu.commands.options import fail
from hinge_imu.config import load
from hinge_imu.profiles import exercises
from hinge_imu.protocols.protocol import ORDER


def simulate(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The recording to write: .mcap or .csv.")],
    exercise: Annotated[
        str, typer.Option(metavar="NAME", help=f"One of {', '.join(sorted(set(exercises()) - {'auto'}))}.")
    ] = "hinge",
    reps: Annotated[int, typer.Option(min=1, max=200, help="How many.")] = 8,
    tempo: Annotated[
        str | None, typer.Option(metavar="E-P-C-T", help="Prescribed seconds: down, at the bottom, up, at the top.")
    ] = None,
    fault: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What every other rep does wrong: spine_rounding, spine_arching, butt_wink, spine_first, "
            "incomplete_lockout, overextended_lockout, uncontrolled_lowering, bounce, partial_rep (every fourth), "
            "off_tempo (needs --tempo), not_square, squat_pattern. No lift knows them all.",
        ),
    ] = None,
    distractors: Annotated[
        bool, typer.Option("--distractors", help="Also pick-ups, walking, shoes to tie, rests, mishaps.")
    ] = False,
    drill: Annotated[
        str | None, typer.Option(metavar="NAME", help=f"A whole drill instead: one of {', '.join(ORDER)}.")
    ] = None,
    athlete: Annotated[str | None, typer.Option(metavar="NAME", help="Whose drill it is said to be.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Another lifter, other sensors, another day.")] = 0,
) -> None:
    """Write a SIMULATED recording, with its truth beside it: labels as .json, angles as .npz.

    The labels say of every rep when it began, was deepest and ended, and which faults it clearly shows and clearly does
    not; `faults` and `faults_absent` leave out what could be argued about. The same options give the same files.

    With --drill the truth says which verdict it calls for; --fault is then one of that drill's own, and a wrong name
    lists them.

    Try: hinge-imu simulate practice.csv --exercise deadlift --fault bounce --distractors --seed 7
    """
    from hinge_imu.app import simulation, terminal

    if drill is not None and (tempo is not None or distractors):
        fail(f"--drill {drill}: has a tempo of its own, and no distractors; leave --tempo and --distractors out")
    if drill is not None:
        with terminal.progress(out.name) as progress:
            written = simulation.simulate_drill(
                out, load(), drill, fault=fault, athlete=athlete, seed=seed, progress=progress
            )
        terminal.say("wrote " + ", ".join(map(str, written)))
        return
    with terminal.progress(out.name) as progress:
        written = simulation.simulate(
            out,
            load(),
            exercise=exercise,
            reps=reps,
            tempo=simulation.parse_tempo(tempo) if tempo else None,
            fault=fault,
            distractors=distractors,
            seed=seed,
            progress=progress,
        )
    terminal.say("wrote " + ", ".join(map(str, written)))
