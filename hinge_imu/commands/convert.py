"""The command `hinge-imu convert`: words and options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def convert(
    source: Annotated[Path, typer.Argument(metavar="IN", help="A recording: .mcap or .csv.")],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="The same as .mcap or .csv.")],
) -> None:
    """Write a recording in another format; nothing is lost on the way into MCAP."""
    from hinge_imu.app import convert as wiring
    from hinge_imu.app import terminal

    with terminal.progress(source.name) as progress:
        recording = wiring.convert(source, target, progress)
    for warning in recording.warnings:
        terminal.say(f"note: {warning}")
