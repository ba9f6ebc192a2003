"""The commands `hinge-imu dashboard-athlete`: words and options."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

dashboard_athlete = typer.Typer(
    help="What the dashboard holds of an athlete: write it into a table, or delete it for good.", no_args_is_help=True
)

Athlete = Annotated[str, typer.Argument(metavar="NAME", help="As the athletes' page has it.")]
Gym = Annotated[str | None, typer.Option("--gym", help="What was done in this gym only; without, in all of them.")]
Database = Annotated[
    str | None, typer.Option("--database", metavar="URL", help="The dashboard's; without, where it is by itself.")
]


@dashboard_athlete.command()
def export(
    name: Athlete,
    path: Annotated[Path, typer.Argument(metavar="FILE", dir_okay=False, help="Ends in .csv or .parquet.")],
    gym: Gym = None,
    database: Database = None,
) -> None:
    """Write every rep that stands, with all its numbers, into a CSV or Parquet file."""
    from hinge_imu.app.dashboard_users import open_store

    with open_store(database) as (store, _):
        if not store.sessions(name, 1, gym=gym):
            raise ValueError(f"nothing of {name!r} is in the store; write the name as the athletes' page has it")
        reps = store.export(path, athlete=name, gym=gym)
    typer.echo(f"{path}: {reps} reps")


@dashboard_athlete.command()
def delete(
    name: Athlete,
    gym: Gym = None,
    database: Database = None,
    uploads: Annotated[
        Path | None, typer.Option("--uploads", metavar="DIR", file_okay=False, help="Where recordings come to be.")
    ] = None,
) -> None:
    """Delete everything of an athlete: sessions, notes, uploaded recordings, and the users who see nothing else.

    The name is asked for once more; from a pipe, it is the first line. The dashboard may go on running.
    """
    from hinge_imu.app.dashboard_users import open_store

    with open_store(database, uploads) as (store, users):
        extent = store.extent(name, gym=gym)
        typer.echo(
            f"{extent.sessions} sessions with {extent.reps} reps, and {extent.recordings} recordings will be gone"
        )
        if _again() != name:
            raise ValueError("that is another name; nothing was deleted")
        users.remove_athlete(name, gym)
        gone = store.delete(name, gym=gym)
    typer.echo(f"{gone} sessions are gone; what is on the straps and in backups is not: see docs/dashboard.md")


def _again() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("to be sure, the name again"))
    return sys.stdin.readline().rstrip("\r\n")
