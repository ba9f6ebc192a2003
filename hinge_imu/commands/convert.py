"""The command `hinge-imu convert`: words and options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def convert(
    source: Annotated[Path, typer.Argument(metavar="IN", help="A recording: .mcap, .csv or .parquet.")],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="The same as .mcap, .csv or .parquet.")],
    ros: Annotated[
        bool, typer.Option("--ros", help="Write sensor_msgs/Imu, for Foxglove, PlotJuggler and ROS 2 (OUT.mcap).")
    ] = False,
) -> None:
    """Write a recording in another format; nothing is lost on the way into MCAP."""
    from hinge_imu.app import convert as wiring
    from hinge_imu.app import terminal

    with terminal.progress(source.name) as progress:
        recording = wiring.convert(source, target, progress, ros=ros)
    for warning in recording.warnings:
        terminal.say(f"note: {warning}")
