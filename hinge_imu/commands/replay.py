"""The command `hinge-imu replay`: words and options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hinge_imu.commands.options import AsJson, Exercise, LimitsFile, Tempo, fail, lift_of
from hinge_imu.profiles import exercises


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
) -> None:
    """Run recordings through the very pipeline that runs live, as fast as it goes."""
    if angles is not None and len(files) > 1:
        fail(f"{angles}: holds the angles of one recording, and {len(files)} were given; call once for each")
    lift = lift_of(exercise, tempo, limits) | ({"renamed": _renamed(rename)} if rename else {})
    wrong = [sentence for file in files if (sentence := _replay_one(file, as_json, angles, lift, smooth)) is not None]
    if wrong:
        fail(*wrong)


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
