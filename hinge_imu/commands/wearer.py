"""The command `hinge-imu calibrate wearer`: words and options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hinge_imu.commands.options import AsJson, Bus, ConfigFile, StoreIn
from hinge_imu.config import load

if TYPE_CHECKING:
    from hinge_imu.app.wearer_verdicts import Moved
    from hinge_imu.events import SensorEvent


def wearer(
    *,
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="Find the hinges in a recording: .mcap, .csv or .parquet."),
    ] = None,
    athlete: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who wears it; without, who the recording says did.")
    ] = None,
    out: StoreIn = None,
    bus: Bus = 1,
    seconds: Annotated[float, typer.Option(min=1.0, help="Give up after so many seconds.")] = 300.0,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Stand still, do three slow hinges: forward is known from then on, before the first bend of every session.

    Without it the first bend of a session shows which way the boards are turned in the strap; with it that bend is
    measured like all others, also where the hips tilt the wrong way first. It is optional. To know how far your own
    spine goes as well, add a slow toe touch with a round back, then arch and round on all fours two or three times;
    stop where it hurts. It ends by itself once it has seen both, or after 15 seconds of standing.

    The result is stored as JSON, an older one is kept beside it, and [bold]hinge-imu live --athlete NAME[/bold] uses it
    from then on. A strap that leans another way by more than 20 degrees is noticed, and forward learnt anew; boards
    that are turned round the trunk, as front to back, show it in the first bend, and spoil its beginning.
    Exit status: 0 stored, 1 refused (the table says why), 2 the call or a file is wrong.
    """
    from msgspec import to_builtins

    from hinge_imu.app import calibrations, terminal, wearer_guide, wearers
    from hinge_imu.app import wearer as wiring

    def hear(event: Moved | SensorEvent) -> None:
        if (sentence := wearer_guide.said(event)) is not None:
            terminal.say(sentence)
        if as_json:
            terminal.print_json(to_builtins(event))

    if source is not None:
        with terminal.progress(source.name) as progress:
            result = wiring.from_recording(source, athlete, tell=hear, progress=progress)
    else:
        settings, name = load(config), wearers.named(athlete)
        with wearer_guide.Guide() as screen:
            result = wiring.live(settings, name, tell=hear, watch=screen.watch, bus_number=bus, seconds=seconds)
    kept = wiring.keep(result, out or calibrations.default_folder())
    if as_json:
        for said in (*result.lines, kept):
            terminal.print_json(to_builtins(said))
    else:
        terminal.out.print(wearer_guide.report(result))
        terminal.say(kept.text)
    raise typer.Exit(1 if result.stored is None else 0)
