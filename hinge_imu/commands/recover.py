"""The command `hinge-imu recover`: words and options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def recover(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A torn recording: .mcap.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", metavar="OUT", help="Write it here; without, in its place, and the torn one becomes .torn."
        ),
    ] = None,
) -> None:
    """Make a torn recording whole, and say how much was saved; one that is whole is left alone."""
    from hinge_imu.app import recover as wiring
    from hinge_imu.app import terminal
    from hinge_imu.recording.recover import recover as save

    with terminal.progress(file.name) as progress:
        done = save(file, out, progress)
    terminal.say(wiring.told(done))
