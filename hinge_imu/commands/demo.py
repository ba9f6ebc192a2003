"""The command `hinge-imu demo`: words and options."""

from __future__ import annotations

import logging
from typing import Annotated, Any

import typer

from hinge_imu.commands.options import AsJson, Folder
from hinge_imu.config import load

SECONDS = 40.0


def demo(
    seconds: Annotated[
        float | None,
        typer.Option(help="How long they are at it; without, until Ctrl-C, and 40 with --headless or --json."),
    ] = None,
    headless: Annotated[
        bool, typer.Option("--headless", help="No dashboard: one lifter, and plain lines of what the coach hears.")
    ] = False,
    as_json: AsJson = False,
    recordings: Folder = None,
) -> None:
    """Watch simulated lifters on the coach's page: simulated chips, real driver, pipeline, recording, broker, store."""
    from hinge_imu.app import terminal

    if not headless and not as_json:
        from hinge_imu.app import log
        from hinge_imu.app.demo_gym import gym

        log.set_up()
        logging.getLogger("alembic").setLevel(logging.WARNING)
        gym(load(), seconds=seconds, say=terminal.say, recordings=recordings)
        return
    from hinge_imu.app import demo as wiring

    def hear(topic: str, message: dict[str, Any]) -> None:
        level = topic.rsplit("/", 1)[-1]
        if as_json and level in {"rep", "set"}:
            terminal.print_json(message)
        elif not as_json and level == "rep":
            screen.tell(wiring.rep_of(message))

    with terminal.Screen("What the coach hears from the broker", plain=True) as screen:
        done = wiring.demo(load(), seconds=seconds or SECONDS, hear=hear, say=screen.say, recordings=recordings)
    if not as_json:
        terminal.out.print(f"{done.arrived} of the {done.made} reps that the simulated lifter made reached the coach")
        terminal.out.print(
            f"recorded in {done.recording}\nreplay it: hinge-imu replay {done.recording}", soft_wrap=True
        )
    raise typer.Exit(1 if done.whole and done.arrived < done.made else 0)
