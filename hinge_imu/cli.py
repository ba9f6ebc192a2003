"""Words and options only; the work is done in `hinge_imu.app`."""

from __future__ import annotations

import signal
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer.exceptions import TyperException

from hinge_imu.app.wearer_command import wearer
from hinge_imu.config import Config, Segment, load
from hinge_imu.events import AnyEvent, SensorEvent
from hinge_imu.profiles import choose, exercises

app = typer.Typer(
    name="hinge-imu",
    help="The coach's dowel as a wearable: hip-hinge reps, tempo, and where spine and hips part.\n\n"
    "Start with [bold]hinge-imu demo[/bold]: it needs no hardware.",
    epilog="A training aid, not medical advice. Two sensors on the back know nothing of knees, feet, head or load.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

calibrate = typer.Typer(
    help="Measure once what a sensor gets wrong, and how a wearer wears the strap, so that every session is right.",
    no_args_is_help=True,
)
app.add_typer(calibrate, name="calibrate")
calibrate.command()(wearer)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON Lines on standard output, and nothing else there.")]
Seconds = Annotated[float | None, typer.Option(min=1.0, help="Stop after so many seconds; without, at Ctrl-C.")]
Folder = Annotated[
    Path | None, typer.Option("--recordings", metavar="DIR", help="Where the session is recorded to.", file_okay=False)
]
ConfigFile = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="TOML laid over what ships.")]
Lift = Annotated[
    str | None,
    typer.Option(
        "--exercise", metavar="NAME", help=f"One of {', '.join(exercises())}; or the file of one of your own (.toml)."
    ),
]
Tempo = Annotated[
    str | None,
    typer.Option(
        "--tempo", metavar="3-1-1-0", help="Prescribed seconds: down, at the bottom, up, at the top; X is fast."
    ),
]


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(version("hinge-imu"))
        raise typer.Exit


@app.callback()
def root(
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Take the options that stand before a command."""


@app.command()
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


@app.command()
def live(
    bus: Annotated[int, typer.Option(help="Number of the I2C bus: /dev/i2c-N.")] = 1,
    seconds: Seconds = None,
    gym: Annotated[str | None, typer.Option(help="First level of the topics.")] = None,
    strap: Annotated[str | None, typer.Option(help="Second level: this strap's name.")] = None,
    athlete: Annotated[
        str | None, typer.Option(help="Who wears it; `calibrate wearer` makes the first bend as right as the others.")
    ] = None,
    exercise: Lift = None,
    tempo: Tempo = None,
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
            **_lift(exercise, tempo),
        )
    if outcome.unacknowledged:
        terminal.say(f"{outcome.unacknowledged} messages did not reach the broker; the recording has everything")
    terminal.say(f"recorded in {outcome.recording}")


@app.command()
def check(
    bus: Annotated[int, typer.Option(help="Number of the I2C bus: /dev/i2c-N.")] = 1,
    seconds: Annotated[float, typer.Option(min=1.0, help="For how long both sensors run together.")] = 5.0,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """See whether both sensors are there, healthy and fast enough, and what to mend. Lay the strap down first."""
    from hinge_imu.app import check as wiring
    from hinge_imu.app import terminal
    from hinge_imu.app.checklist import Checklist

    with terminal.progress("checking, leave the strap alone") as progress:
        findings = wiring.check(load(config), bus, seconds=seconds, progress=progress)
    if as_json:
        for finding in findings:
            terminal.print_json(finding.plain())
    else:
        terminal.out.print(Checklist(f"/dev/i2c-{bus}", findings))
    raise typer.Exit(1 if wiring.failed(findings) else 0)


@calibrate.command()
def sensor(
    source: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="Find the positions in a recording: .mcap or .csv.")
    ] = None,
    segment: Annotated[
        Segment | None, typer.Option(metavar="NAME", help="pelvis or thorax alone; without, both.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", file_okay=False, help="Store it here; without, where `live` finds it by itself."),
    ] = None,
    bus: Annotated[int, typer.Option(help="Number of the I2C bus: /dev/i2c-N.")] = 1,
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


@app.command()
def replay(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Recordings: .mcap or .csv.")],
    as_json: AsJson = False,
    angles: Annotated[
        Path | None, typer.Option(metavar="OUT.csv", help="Write t_s,pelvis_deg,thorax_deg,spine_deg, a row a sample.")
    ] = None,
    exercise: Lift = None,
    tempo: Tempo = None,
    rename: Annotated[
        list[str] | None, typer.Option("--rename", metavar="SET=NAME", help="What one set was: 2=rdl. May be repeated.")
    ] = None,
    smooth: Annotated[
        bool,
        typer.Option("--smooth", help="A second pass, which may look ahead, refines the numbers of the same reps."),
    ] = False,
) -> None:
    """Run recordings through the very pipeline that runs live, as fast as it goes."""
    if angles is not None and len(files) > 1:
        _fail(f"{angles}: holds the angles of one recording, and {len(files)} were given; call once for each")
    lift = _lift(exercise, tempo) | ({"renamed": _renamed(rename)} if rename else {})
    wrong = [sentence for file in files if (sentence := _replay_one(file, as_json, angles, lift, smooth)) is not None]
    if wrong:
        _fail(*wrong)


def _replay_one(file: Path, as_json: bool, angles: Path | None, lift: dict[str, Any], smooth: bool) -> str | None:
    """Replay one file; return what is wrong with it, if anything is."""
    from hinge_imu.app import replay as wiring
    from hinge_imu.app import terminal
    from hinge_imu.recording import RecordingError, open_recording

    try:
        recording = open_recording(file)
        with terminal.progress(file.name) as progress, wiring.angles_csv(angles) as watch:
            said = wiring.replay(recording, watch, progress, smooth=smooth, **lift)
    except RecordingError as error:
        return str(error)
    table = terminal.RepTable(str(file))
    for event in said:
        if (sentence := terminal.note(event)) is not None:
            terminal.say(sentence)
        table.add(event)
        if as_json and event.__struct_config__.tag in {"rep", "set", "failed", "sensor", "session"}:
            terminal.print_json(event, file=str(file))
    if not as_json:
        terminal.out.print(table)
    return None


@app.command()
def simulate(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The recording to write: .mcap or .csv.")],
    exercise: Annotated[
        str, typer.Option(metavar="NAME", help=f"One of {', '.join(sorted(set(exercises()) - {'auto'}))}.")
    ] = "hinge",
    reps: Annotated[int, typer.Option(min=1, max=200, help="How many.")] = 8,
    tempo: Annotated[
        str | None, typer.Option(metavar="E-P-C-T", help="Prescribed seconds: down, at the bottom, up, at the top.")
    ] = None,
    fault: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What every other rep does wrong: spine_rounding, spine_arching, butt_wink, spine_first, "
            "incomplete_lockout, overextended_lockout, uncontrolled_lowering, bounce, partial_rep (every fourth), "
            "off_tempo (needs --tempo), not_square, squat_pattern. No lift knows them all.",
        ),
    ] = None,
    distractors: Annotated[
        bool, typer.Option("--distractors", help="Also pick-ups, walking, shoes to tie, rests, mishaps.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Another lifter, other sensors, another day.")] = 0,
) -> None:
    """Write a SIMULATED recording, with its truth beside it: labels as .json, angles as .npz.

    The labels say of every rep when it began, was deepest and ended, and which faults it clearly shows and clearly does
    not; `faults` and `faults_absent` leave out what could be argued about. The same options give the same files.

    Try: hinge-imu simulate practice.csv --exercise deadlift --fault bounce --distractors --seed 7
    """
    from hinge_imu.app import simulation, terminal

    with terminal.progress(out.name) as progress:
        written = simulation.simulate(
            out,
            load(),
            exercise=exercise,
            reps=reps,
            tempo=simulation.parse_tempo(tempo) if tempo else None,
            fault=fault,
            distractors=distractors,
            seed=seed,
            progress=progress,
        )
    terminal.say("wrote " + ", ".join(map(str, written)))


@app.command()
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


def _lift(exercise: str | None, tempo: str | None) -> dict[str, Any]:
    """Return what a header says of the exercise; raises ValueError for one that there is not."""
    from hinge_imu.reps.tempo import Prescription

    if tempo is not None:
        Prescription.parse(tempo)
    name, own = choose(exercise) if exercise is not None else (None, None)
    told = {"exercise": name, "profile": own, "tempo": tempo}
    return {name: value for name, value in told.items() if value is not None}


def _renamed(sets: list[str]) -> dict[int, str]:
    """Return the exercise by the number of its set; raises ValueError with what to write."""
    renamed = {}
    for each in sets:
        number, _, name = each.partition("=")
        if not number.isdecimal() or name not in exercises():
            raise ValueError(f"--rename {each}: write the set and one of {', '.join(exercises())}, as in 2=rdl")
        renamed[int(number)] = name
    return renamed


def _with_options(config: Config, **options: str | None) -> Config:
    """Return the configuration with the options that were given laid over it, checked like the rest."""
    import msgspec

    given = {name: value for name, value in options.items() if value is not None}
    publish = {**msgspec.to_builtins(config.publish), **given}
    try:
        return msgspec.structs.replace(config, publish=msgspec.convert(publish, type(config.publish)))
    except msgspec.ValidationError as error:
        _fail(f"--{', --'.join(given)}: {error}; a name has no spaces, slashes, + or #")


def _fail(*sentences: str) -> NoReturn:
    for sentence in sentences:
        typer.echo(f"hinge-imu: {sentence}", err=True)
    raise typer.Exit(2)


def main() -> None:
    """Run the command line; what is wrong with a call or a file is one line on standard error, and exit status 2."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: what is open gets closed
    try:
        sys.exit(app(standalone_mode=False))
    except TyperException as error:
        _complain(getattr(error, "format_message", error.__str__)())
    except (ValueError, OSError, RuntimeError) as error:
        _complain(str(error))
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)


def _complain(sentence: str) -> NoReturn:
    if sentence:  # a call without a command has been shown the help instead
        typer.echo(f"hinge-imu: {sentence}", err=True)
    sys.exit(2)
