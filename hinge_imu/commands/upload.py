"""The command `hinge-imu upload`: words and options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hinge_imu.commands.options import ConfigFile
from hinge_imu.config import load


def upload(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE", help="Recordings; without, all that wait.")
    ] = None,
    recordings: Annotated[
        Path | None, typer.Option("--recordings", metavar="DIR", file_okay=False, help="Where those lie that wait.")
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Send recordings to the dashboard by hand; what has arrived before is not sent again.

    The strap does so by itself when a session is over, where a dashboard is configured: see docs/upload.md.

    Exit status: 0 the dashboard has them; 1 not all of them (it says why); 2 the call or the configuration is wrong.
    """
    from hinge_imu.app import terminal
    from hinge_imu.app import uploads as wiring
    from hinge_imu.app.folders import default_recordings
    from hinge_imu.publish.upload import UploadError, address
    from hinge_imu.recording import RecordingError

    settings = load(config)
    address(settings.upload)
    named = settings.recording.folder
    folder = recordings or (Path(named) if named else default_recordings())
    paths = files or list(wiring.waiting(folder, settings))
    failed = 0
    for number, path in enumerate(paths, 1):
        try:
            with terminal.progress(path.name) as progress:
                wiring.send(path, settings, progress=progress)
        except (UploadError, RecordingError) as error:
            failed += 1
            terminal.say(f"{path.name}: not sent: {error}")
            if isinstance(error, UploadError) and error.mend != "file":
                if number < len(paths):
                    terminal.say(f"the other {len(paths) - number} would fare no better, and were not tried")
                break
        else:
            terminal.out.print(f"{path.name}: the dashboard has it ({path.stat().st_size / 1e6:.1f} MB)")
    if not paths:
        terminal.say(f"nothing waits in {folder}")
    raise typer.Exit(1 if failed else 0)
