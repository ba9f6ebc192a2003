"""The options that several commands share, and how a call ends that is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from hinge_imu.profiles import choose, exercises, load_limits

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON Lines on standard output, and nothing else there.")]
Seconds = Annotated[float | None, typer.Option(min=1.0, help="Stop after so many seconds; without, at Ctrl-C.")]
Folder = Annotated[
    Path | None, typer.Option("--recordings", metavar="DIR", help="Where the session is recorded to.", file_okay=False)
]
ConfigFile = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="TOML laid over what ships.")]
Bus = Annotated[int, typer.Option(help="Number of the I2C bus: /dev/i2c-N.")]
StoreIn = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="DIR", file_okay=False, help="Store it here; without, where `live` finds it by itself."
    ),
]
Exercise = Annotated[
    str | None,
    typer.Option(
        "--exercise", metavar="NAME", help=f"One of {', '.join(exercises())}; or the file of one of your own (.toml)."
    ),
]
Tempo = Annotated[
    str | None,
    typer.Option(
        "--tempo", metavar="3-1-1-0", help="Prescribed seconds: down, at the bottom, up, at the top; X is fast."
    ),
]


LimitsFile = Annotated[
    Path | None,
    typer.Option(
        "--limits",
        metavar="FILE",
        help=r"TOML with limits of one's own, by exercise or for all: \[rdl], and below it spine_rounding_deg = 30.",
    ),
]


def lift_of(exercise: str | None, tempo: str | None, limits: Path | None = None) -> dict[str, Any]:
    """Return what a header says of the exercise; raises ValueError for one that there is not."""
    from hinge_imu.reps.tempo import Prescription

    if tempo is not None:
        Prescription.parse(tempo)
    name, own = choose(exercise) if exercise is not None else (None, None)
    told = {"exercise": name, "profile": own, "tempo": tempo, "limits": load_limits(limits) if limits else None}
    return {name: value for name, value in told.items() if value is not None}


def fail(*sentences: str) -> NoReturn:
    """Say what is wrong with a call or a file, a line each, and end with exit status 2."""
    for sentence in sentences:
        typer.echo(f"hinge-imu: {sentence}", err=True)
    raise typer.Exit(2)
