"""The command `hinge-imu calibrate sensor`: words and options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hinge_imu.commands.options import AsJson, Bus, ConfigFile, StoreIn
from hinge_imu.config import Segment, load
from hinge_imu.events import SensorEvent


def sensor(
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="Find the positions in a recording: .mcap, .csv or .parquet."),
    ] = None,
    segment: Annotated[
        Segment | None, typer.Option(metavar="NAME", help="pelvis or thorax alone; without, both.")
    ] = None,
    out: StoreIn = None,
    bus: Bus = 1,
    seconds: Annotated[float, typer.Option(min=1.0, help="Give up after so many seconds.")] = 600.0,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Lay the sensors on each of six sides, roughly and in any order; two minutes make angles right to 0.3 degrees.

    A board as bought may be 5 % of gravity off on each axis, which turns into degrees of lean. Gravity itself is what
    it is measured against: lying still, a sensor must read 9.81 m/s^2 whichever way it is turned. Let the sensors warm
    up for five minutes; then put the strap, or a board, down on one side, let go, wait for the word, and turn it
    slowly to the next. When more is needed after the sixth, it says how to lean it.

    The result is stored as JSON, an older one is kept beside it, and [bold]hinge-imu live[/bold] uses it from then on.
    Exit status: 0 stored, 1 refused (the table says why), 2 the call or a file is wrong.
    """
    from hinge_imu.app import calibrate as wiring
    from hinge_imu.app import calibrations, guide, terminal
    from hinge_imu.app.sides import Side

    wanted = () if segment is None else (segment,)

    def hear(event: Side | SensorEvent) -> None:
        if (sentence := guide.said(event)) is not None:
            terminal.say(sentence)
        if as_json:
            terminal.print_json(event.plain() if isinstance(event, Side) else event)

    if source is not None:
        with terminal.progress(source.name) as progress:
            results = wiring.from_recording(source, wanted, tell=hear, progress=progress)
    else:
        with guide.Guide() as screen:
            results = wiring.live(load(config), wanted, tell=hear, watch=screen.watch, bus_number=bus, seconds=seconds)
    if not as_json:
        terminal.out.print(guide.report(results))
    for result in results:
        kept = wiring.keep(result, out or calibrations.default_folder())
        if as_json:
            for fields in (*(line.plain() for line in result.lines), kept.plain()):
                terminal.print_json(fields)
        else:
            terminal.say(kept.text)
    raise typer.Exit(1 if any(result.stored is None for result in results) else 0)
