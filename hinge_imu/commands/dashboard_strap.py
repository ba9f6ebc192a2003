"""The command `hinge-imu dashboard-strap`: words and options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def dashboard_strap(
    gym: Annotated[str, typer.Argument(metavar="GYM", help="As the strap's \\[publish] has it.")],
    strap: Annotated[str, typer.Argument(metavar="STRAP", help="As the strap's \\[publish] has it.")],
    uploads: Annotated[
        Path | None,
        typer.Option("--uploads", metavar="DIR", file_okay=False, help="Where the dashboard keeps recordings."),
    ] = None,
    take_back: Annotated[bool, typer.Option("--take-back", help="Take its token back: it sends nothing more.")] = False,
) -> None:
    """Give a strap the token by which it sends recordings, in place of the one it had; it is printed this once.

    The token goes into the strap's token_file: see docs/upload.md.
    """
    from hinge_imu.app.dashboard_users import default_uploads
    from hinge_imu.dashboard.tokens import Tokens

    tokens = Tokens((uploads or default_uploads()) / "tokens.json")
    if not take_back:
        typer.echo(tokens.new(gym, strap))
    elif tokens.take_back(gym, strap):
        typer.echo(f"{gym}/{strap} can send nothing more")
    else:
        raise ValueError(f"{gym}/{strap} has no token; nothing was changed")
