"""The command `hinge-imu progression`: words and options."""

from __future__ import annotations

from typing import Annotated

import typer

from hinge_imu.commands.drill import Results, Speech
from hinge_imu.commands.options import AsJson
from hinge_imu.protocols.levels import levels


def progression(
    athlete: Annotated[str, typer.Option(metavar="NAME", help="Whose.")],
    *,
    results: Results = None,
    unlock: Annotated[
        str | None, typer.Option(metavar="LEVEL", help=f"Open a level all the same: one of {', '.join(levels())}.")
    ] = None,
    lock: Annotated[
        str | None, typer.Option(metavar="LEVEL", help="Take that back: the level opens when its drills are passed.")
    ] = None,
    by: Annotated[str | None, typer.Option(metavar="NAME", help="The coach who opens it, or takes it back.")] = None,
    language: Speech = "en",
    as_json: AsJson = False,
) -> None:
    """Say which levels of training are open to an athlete, by the drills that were passed.

    From drills without load to a light weight, more weight, one leg, and last to speed: each level asks for drills
    that were passed in so many sessions in a row, and for the level before it. The coach has the last word:
    [bold]--unlock LEVEL --by NAME[/bold] opens one, which is kept with name and time.
    Try: hinge-imu progression --athlete sam
    """
    from hinge_imu.app import progression as wiring
    from hinge_imu.app import terminal

    kept = wiring.look(athlete, results, unlock=unlock, lock=lock, by=by)
    if kept.damaged:
        lines = "line" if kept.damaged == 1 else "lines"
        terminal.say(f"note: {kept.damaged} {lines} of the results could not be read; the rest counts")
    if as_json:
        for gate in kept.gates:
            terminal.print_json(wiring.plain(gate, athlete))
    else:
        terminal.out.print(wiring.table(kept.gates, athlete, language, simulated=kept.simulated))
