"""The command `hinge-imu demo`: words and options."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from hinge_imu.commands.options import AsJson, Folder
from hinge_imu.config import load


def demo(
    seconds: Annotated[float, typer.Option(help="How long the simulated lifter is at it.")] = 40.0,
    headless: Annotated[bool, typer.Option("--headless", help="Plain lines instead of a table that fills.")] = False,
    as_json: AsJson = False,
    recordings: Folder = None,
) -> None:
    """Watch a simulated lifter: simulated chips, real driver, pipeline, recording, broker, and a coach who listens."""
    from hinge_imu.app import demo as wiring
    from hinge_imu.app import terminal

    def hear(topic: str, message: dict[str, Any]) -> None:
        level = topic.rsplit("/", 1)[-1]
        if as_json and level in {"rep", "set"}:
            terminal.print_json(message)
        elif not as_json and level == "rep":
            screen.tell(wiring.rep_of(message))

    with terminal.Screen("What the coach hears from the broker", plain=headless or as_json) as screen:
        done = wiring.demo(load(), seconds=seconds, hear=hear, say=screen.say, recordings=recordings)
    if not as_json:
        terminal.out.print(f"{done.arrived} of the {done.made} reps that the simulated lifter made reached the coach")
        terminal.out.print(
            f"recorded in {done.recording}\nreplay it: hinge-imu replay {done.recording}", soft_wrap=True
        )
    raise typer.Exit(1 if done.whole and done.arrived < done.made else 0)
