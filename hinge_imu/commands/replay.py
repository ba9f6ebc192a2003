"""The command `hinge-imu replay`: words and options."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from hinge_imu.commands.options import AsJson, Exercise, LimitsFile, Tempo, fail, lift_of
from hinge_imu.profiles import exercises

SHOWN = 10
"""So many differences are said; --json prints all."""


def replay(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Recordings: .mcap, .csv or .parquet.")],
    as_json: AsJson = False,
    angles: Annotated[
        Path | None, typer.Option(metavar="OUT.csv", help="Write t_s,pelvis_deg,thorax_deg,spine_deg, a row a sample.")
    ] = None,
    exercise: Exercise = None,
    tempo: Tempo = None,
    rename: Annotated[
        list[str] | None, typer.Option("--rename", metavar="SET=NAME", help="What one set was: 2=rdl. May be repeated.")
    ] = None,
    limits: LimitsFile = None,
    smooth: Annotated[
        bool,
        typer.Option("--smooth", help="A second pass, which may look ahead, refines the numbers of the same reps."),
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Compare with what was said live; exit status 1 where it is not the same.")
    ] = False,
    mqtt: Annotated[
        str | None, typer.Option(metavar="URL", help=r"Publish it again: mqtt\[s]://[USER@]HOST[:PORT]")
    ] = None,
    gym: Annotated[str | None, typer.Option(help="With --mqtt: another gym than the recording's.")] = None,
    strap: Annotated[str, typer.Option(help="With --mqtt: as which strap.")] = "replay",
    speed: Annotated[
        float | None, typer.Option(min=0.0, help="With --mqtt: times as fast as it was; 0 as fast as it goes.")
    ] = None,
) -> None:
    """Run recordings through the very pipeline that runs live, as fast as it goes."""
    if angles is not None and len(files) > 1:
        fail(f"{angles}: holds the angles of one recording, and {len(files)} were given; call once for each")
    others = {
        "--smooth": smooth,
        "--angles": angles,
        "--exercise": exercise,
        "--tempo": tempo,
        "--rename": rename,
        "--limits": limits,
        "--mqtt": mqtt,
    }
    if check:
        _refuse("--check", others)
        _check(files, as_json)
        return
    lift = lift_of(exercise, tempo, limits) | ({"renamed": _renamed(rename)} if rename else {})
    if mqtt is not None:
        _refuse("--mqtt", {"--smooth": smooth, "--angles": angles})
        _publish(files, mqtt, gym=gym, strap=strap, speed=speed or None, **lift)
        return
    wrong = [sentence for file in files if (sentence := _replay_one(file, as_json, angles, lift, smooth)) is not None]
    if wrong:
        fail(*wrong)


def _refuse(option: str, others: Mapping[str, object]) -> None:
    """End the call where another option is given that does not go with this one."""
    if given := [name for name, value in others.items() if value]:
        fail(f"{given[0]}: does not go with {option}, which takes a session as it was live; leave one of them out")


def _check(files: list[Path], as_json: bool) -> None:
    from hinge_imu.app import same, terminal
    from hinge_imu.recording import RecordingError

    wrong, different = [], False
    for file in files:
        try:
            with terminal.progress(file.name) as progress:
                found = same.check(file, progress)
        except RecordingError as error:
            wrong.append(str(error))
            continue
        different |= not found.same
        for sentence in [*found.notes, f"{file}: {found}", *([] if as_json else map(str, found.differences[:SHOWN]))]:
            terminal.say(sentence)
        for each in found.differences if as_json else ():
            terminal.print_json(each.fields, file=str(file))
    if wrong:
        fail(*wrong)
    raise typer.Exit(int(different))


def _publish(files: list[Path], url: str, *, gym: str | None, strap: str, speed: float | None, **lift: Any) -> None:
    from hinge_imu.app import terminal
    from hinge_imu.app.republish import republish
    from hinge_imu.recording import open_recording

    left = 0
    for file in files:
        with terminal.progress(file.name) as progress:
            recording = open_recording(file)
            left += republish(recording, url, gym=gym, strap=strap, speed=speed, progress=progress, **lift)
    if left:
        terminal.say(f"{url}: {left} messages were not acknowledged; is the broker there? Publish it once more")
        raise typer.Exit(1)


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
        if as_json and event.__struct_config__.tag in {"rep", "set", "failed", "cue", "mark", "sensor", "session"}:
            terminal.print_json(event, file=str(file))
    if not as_json:
        terminal.out.print(table)
    return None


def _renamed(sets: list[str]) -> dict[int, str]:
    """Return the exercise by the number of its set; raises ValueError with what to write."""
    renamed = {}
    for each in sets:
        number, _, name = each.partition("=")
        if not number.isdecimal() or name not in exercises():
            raise ValueError(f"--rename {each}: write the set and one of {', '.join(exercises())}, as in 2=rdl")
        renamed[int(number)] = name
    return renamed
