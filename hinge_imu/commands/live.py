"""The command `hinge-imu live`: words and options."""

from __future__ import annotations

from typing import Annotated

import typer

from hinge_imu.commands.options import (
    AsJson,
    Bus,
    ConfigFile,
    Exercise,
    Folder,
    LimitsFile,
    Seconds,
    Tempo,
    fail,
    lift_of,
)
from hinge_imu.config import Config, load
from hinge_imu.events import AnyEvent


def live(
    bus: Bus = 1,
    seconds: Seconds = None,
    gym: Annotated[str | None, typer.Option(help="First level of the topics.")] = None,
    strap: Annotated[str | None, typer.Option(help="Second level: this strap's name.")] = None,
    athlete: Annotated[
        str | None, typer.Option(help="Who wears it; `calibrate wearer` makes the first bend as right as the others.")
    ] = None,
    exercise: Exercise = None,
    tempo: Tempo = None,
    limits: LimitsFile = None,
    recordings: Folder = None,
    mqtt: Annotated[str | None, typer.Option(metavar="URL", help=r"mqtt\[s]://[USER@]HOST[:PORT]")] = None,
    no_publish: Annotated[bool, typer.Option("--no-publish", help="Keep it to this device.")] = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Wear the strap: reads both sensors, records, says reps, publishes. Stand still for a second, then lift."""
    from hinge_imu.app import live as wiring
    from hinge_imu.app import terminal
    from hinge_imu.app.calibrations import default_folders

    settings = _with_options(load(config), gym=gym, strap=strap, mqtt=mqtt)

    def tell(event: AnyEvent) -> None:
        if (sentence := terminal.note(event)) is not None:
            screen.say(sentence)
        if as_json:
            terminal.print_json(event)
        else:
            screen.tell(event)

    with terminal.Screen("This session", plain=as_json) as screen:
        outcome = wiring.live(
            settings,
            tell=tell,
            bus_number=bus,
            seconds=seconds,
            recordings=recordings,
            publish=not no_publish,
            say=screen.say,
            calibrations=default_folders(),
            athlete=athlete,
            **lift_of(exercise, tempo, limits),
        )
    if outcome.unacknowledged:
        terminal.say(f"{outcome.unacknowledged} messages did not reach the broker; the recording has everything")
    terminal.say(f"recorded in {outcome.recording}")


def _with_options(config: Config, **options: str | None) -> Config:
    """Return the configuration with the options that were given laid over it, checked like the rest."""
    import msgspec

    given = {name: value for name, value in options.items() if value is not None}
    publish = {**msgspec.to_builtins(config.publish), **given}
    try:
        return msgspec.structs.replace(config, publish=msgspec.convert(publish, type(config.publish)))
    except msgspec.ValidationError as error:
        fail(f"--{', --'.join(given)}: {error}; a name has no spaces, slashes, + or #")
