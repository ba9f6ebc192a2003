"""The command `hinge-imu drill`: words and options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hinge_imu.commands.options import AsJson, Bus, ConfigFile, Folder
from hinge_imu.config import Config, load
from hinge_imu.events import AnyEvent, RepEvent, SetEvent
from hinge_imu.protocols.protocol import ORDER, Language, Protocol

if TYPE_CHECKING:
    from hinge_imu.app.drill import Judged

Speech = Annotated[Language, typer.Option("--language", help="What the verdict is said in.")]
Results = Annotated[
    Path | None,
    typer.Option("--results", metavar="DIR", file_okay=False, help="Where verdicts are kept, for the progression."),
]


def drill(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help=f"One of {', '.join(ORDER)}.")] = None,
    *,
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="Judge a recording: .mcap, .csv, .parquet; else it is live."),
    ] = None,
    compare: Annotated[
        Path | None, typer.Option("--compare", metavar="FILE", help="Of kneeling: a recording of the standing hinges.")
    ] = None,
    before: Annotated[
        Path | None, typer.Option("--before", metavar="FILE", help="An earlier recording: say what has changed since.")
    ] = None,
    athlete: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who does it; without, who the recording says did.")
    ] = None,
    results: Results = None,
    language: Speech = "en",
    list_: Annotated[bool, typer.Option("--list", help="Say which drills there are, and end.")] = False,
    bus: Bus = 1,
    seconds: Annotated[float, typer.Option(min=1.0, help="Live: give up after so many seconds.")] = 300.0,
    recordings: Folder = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Be guided through a drill or a screen, and get its verdict.

    Live, every step is shown, counted, and it ends by itself; the recording stays, and is what is judged. With
    [bold]--from[/bold] any recording that begins with a second of standing is judged the same way. Each verdict gives
    the numbers it rests on, their limits, every rep, what to practise next, and what two sensors cannot see.

    [bold]hinge-imu drill --list[/bold] says what each drill asks for. With a name for the athlete the verdict is kept,
    and [bold]hinge-imu progression[/bold] says which level of training it opens. With [bold]--before[/bold] a change is
    said only where it is larger than two tests of one person differ anyway.

    Try: hinge-imu simulate touch.mcap --drill toe_touch, then hinge-imu drill toe_touch --from touch.mcap

    Exit status: 0 judged, whatever the verdict; 1 could not be judged (it says why); 2 the call or a file is wrong.
    """
    from msgspec import to_builtins

    from hinge_imu.app import drill as wiring
    from hinge_imu.app import drill_words, terminal, wearers
    from hinge_imu.protocols.protocol import find

    if list_ or name is None:
        terminal.out.print(drill_words.listing(language))
        return
    protocol = find(name)
    who = None if athlete is None else wearers.named(athlete)
    live = {"bus_number": bus, "seconds": seconds, "recordings": recordings, "athlete": who}
    path = source or _guided(protocol, load(config), language, live, as_json=as_json)
    with terminal.progress(path.name) as progress:
        judged = wiring.from_recording(path, protocol, athlete=who, standing=compare, before=before, progress=progress)
    verdict = drill_words.told(judged.verdict, protocol, language)
    if as_json:
        # What was said live has been printed as it was said.
        for event in judged.said if source is not None else ():
            if isinstance(event, RepEvent | SetEvent):
                terminal.print_json(event, file=str(path))
        terminal.print_json(to_builtins(verdict), file=str(path))
    else:
        terminal.out.print(drill_words.report(verdict, protocol, language))
    terminal.say(_keep(judged._replace(verdict=verdict), results, language))
    raise typer.Exit(1 if verdict.verdict == "unsure" else 0)


def _guided(protocol: Protocol, config: Config, language: Language, live: dict[str, Any], *, as_json: bool) -> Path:
    """Guide somebody through a drill; return the recording."""
    from hinge_imu.app import drill as wiring
    from hinge_imu.app import drill_guide, terminal
    from hinge_imu.app.calibrations import default_folders

    def tell(event: AnyEvent) -> None:
        if (sentence := terminal.note(event)) is not None:
            terminal.say(sentence)
        if as_json and isinstance(event, RepEvent | SetEvent):
            terminal.print_json(event)

    with drill_guide.Guide(protocol, language) as screen:
        return wiring.live(
            config, protocol, tell=tell, watch=screen.watch, calibrations=tuple(default_folders()), **live
        )


def _keep(judged: Judged, folder: Path | None, language: Language) -> str:
    """Keep a verdict where somebody is said to have earned it; return the sentence about that."""
    from hinge_imu.app import drill_results
    from hinge_imu.protocols.protocol import common, say

    if judged.verdict.athlete is None:
        return say(common()["not_stored"], language)
    result = drill_results.Result(
        athlete=judged.verdict.athlete,
        made_utc=judged.made_utc,
        made_from=judged.made_from,
        simulated=judged.simulated,
        verdict=judged.verdict,
    )
    path = drill_results.add(result, folder or drill_results.default_results())
    return say(common()["stored"], language).format(path=path)
