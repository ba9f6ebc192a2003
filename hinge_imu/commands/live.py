"""The command `hinge-imu live`: words and options."""

from __future__ import annotations

from typing import Annotated, Any

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
from hinge_imu.config import Beats, Config, Mode, load
from hinge_imu.events import AnyEvent
from hinge_imu.profiles import exercises


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
    cues: Annotated[
        Mode | None, typer.Option(help="Which faults are told on buzzer, motor and LED; `hinge-imu cues` plays them.")
    ] = None,
    metronome: Annotated[
        Beats | None, typer.Option(help="Tick the phases of --tempo: from each rep's own onset, or freely.")
    ] = None,
    then: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="What follows at the press of the button; repeatable.")
    ] = None,
    standby: Annotated[
        bool,
        typer.Option("--standby", help="Stay ready: sessions begin when the wearer stands, and end by themselves."),
    ] = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Wear the strap: reads both sensors, records, says reps, publishes. Stand still for a second, then lift."""
    from hinge_imu.app import live as wiring
    from hinge_imu.app import terminal
    from hinge_imu.app.calibrations import default_folders
    from hinge_imu.app.cueing import Wishes
    from hinge_imu.app.log import set_up

    settings = _with_cues(_with_options(load(config), gym=gym, strap=strap, mqtt=mqtt), cues, metronome)
    wishes = Wishes(metronome, [_known(name) for name in then or ()])

    def tell(event: AnyEvent) -> None:
        if (sentence := terminal.note(event)) is not None:
            screen.say(sentence)
        if as_json:
            terminal.print_json(event)
        else:
            screen.tell(event)

    with terminal.Screen("This session", plain=as_json) as screen:
        how: dict[str, Any] = {
            "tell": tell,
            "bus_number": bus,
            "seconds": seconds,
            "recordings": recordings,
            "publish": not no_publish,
            "say": screen.say,
            "calibrations": default_folders(),
            "wishes": wishes,
            "athlete": athlete,
            **lift_of(exercise, tempo, limits),
        }
        if standby:
            set_up()
            poweroff = wiring.standby(settings, **how)
        else:
            outcome = wiring.live(settings, **how)
            poweroff = outcome.poweroff
    if not standby:
        if outcome.unacknowledged:
            terminal.say(f"{outcome.unacknowledged} messages wait for the broker, and go out when it is there")
        if outcome.recording.exists():
            terminal.say(f"recorded in {outcome.recording}")
    if poweroff:
        wiring.power_off()


def _with_cues(config: Config, mode: Mode | None, metronome: Beats | None) -> Config:
    """Return the configuration in another mode; what is asked for on pins that there are not ends the call."""
    import msgspec

    asked = {"--cues": mode, "--metronome": metronome}
    if not config.cues.pins.keys() - {"button_pin"} and (given := [name for name, value in asked.items() if value]):
        fail(f"{given[0]}: no buzzer, motor or LED is configured; name their pins under [cues], see docs/cues.md")
    return (
        config
        if mode is None
        else msgspec.structs.replace(config, cues=msgspec.structs.replace(config.cues, mode=mode))
    )


def _known(exercise: str) -> str:
    if exercise not in exercises():
        fail(f"--then {exercise}: is not known; name one of {', '.join(exercises())}")
    return exercise


def _with_options(config: Config, **options: str | None) -> Config:
    """Return the configuration with the options that were given laid over it, checked like the rest."""
    import msgspec

    given = {name: value for name, value in options.items() if value is not None}
    publish = {**msgspec.to_builtins(config.publish), **given}
    try:
        return msgspec.structs.replace(config, publish=msgspec.convert(publish, type(config.publish)))
    except msgspec.ValidationError as error:
        fail(f"--{', --'.join(given)}: {error}; a name has no spaces, slashes, + or #")
