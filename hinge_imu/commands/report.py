"""The command `hinge-imu report`: words and options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hinge_imu.commands.options import Exercise, LimitsFile, Tempo, fail, lift_of
from hinge_imu.words import languages, words


def report(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Recordings: .mcap, .csv or .parquet.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", metavar="OUT", help="The page (.html), or a folder; without, beside each recording."
        ),
    ] = None,
    language: Annotated[str, typer.Option(metavar="NAME", help=f"One of {', '.join(languages())}.")] = "en",
    exercise: Exercise = None,
    tempo: Tempo = None,
    limits: LimitsFile = None,
    jobs: Annotated[int, typer.Option(min=1, help="How many recordings are worked on at a time.")] = 1,
    cluster: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="A Dask scheduler, tcp://HOST:PORT, which sees the same files; or local."),
    ] = None,
) -> None:
    """Make a page of each session, to look at in a browser, on a telephone, or on paper.

    One file holds all of it and opens without a network. Several recordings in one folder also get an index.html, with
    how each athlete's lifts went over the weeks.

    Try: hinge-imu report session.mcap, or hinge-imu report recordings/*.mcap -o pages --jobs 4
    """
    from hinge_imu.app.workers import workers

    words(language)
    lift = lift_of(exercise, tempo, limits)
    what = files[0].name if len(files) == 1 else f"{len(files)} recordings"
    with workers(files, jobs, cluster) as apply:
        from hinge_imu.app import report as wiring
        from hinge_imu.app import terminal

        with terminal.progress(what) as progress:
            written, wrong = wiring.report(files, out, language=language, lift=lift, apply=apply, progress=progress)
    for path in written:
        terminal.say(f"wrote {path}")
    if wrong:
        fail(*wrong)
