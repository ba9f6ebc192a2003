"""The command `hinge-imu dashboard`: words and options."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

from hinge_imu.commands.options import ConfigFile
from hinge_imu.config import load


def dashboard(
    mqtt: Annotated[str | None, typer.Option(metavar="URL", help=r"The broker: mqtt\[s]://[USER@]HOST[:PORT]")] = None,
    database: Annotated[
        str | None, typer.Option(metavar="URL", help="sqlite:///PATH or postgresql://...; a file of its own without.")
    ] = None,
    host: Annotated[str, typer.Option(help="Where to be heard: 0.0.0.0 for the whole network.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for any that is free.")] = 8080,
    uploads: Annotated[
        Path | None, typer.Option(metavar="DIR", file_okay=False, help="Where recordings that straps send come to be.")
    ] = None,
    gym: Annotated[str | None, typer.Option(help="The only gym that is heard; without, all of them.")] = None,
    group: Annotated[
        str | None, typer.Option(help="Share the work of storing with the other dashboards of that group (MQTT 5).")
    ] = None,
    proxy: Annotated[
        list[str] | None, typer.Option(metavar="ADDRESS", help="A reverse proxy to be believed; repeatable.")
    ] = None,
    base: Annotated[str, typer.Option(metavar="PATH", help="The path that the proxy serves it under.")] = "",
    config: ConfigFile = None,
) -> None:
    """Serve the coach's page and its store: who lifts now, rep by rep, and all that there was. Ctrl-C ends it."""
    import msgspec

    from hinge_imu.app import dashboard as wiring
    from hinge_imu.app import log, terminal

    log.set_up()
    logging.getLogger("alembic").setLevel(logging.WARNING)
    publish = load(config).publish
    if mqtt is not None:
        publish = msgspec.structs.replace(publish, mqtt=mqtt)
    about = {"host": host, "port": port, "gym": gym, "group": group, "trusted": tuple(proxy or ()), "base": base}
    wiring.dashboard(publish, wiring.Place(database=database, uploads=uploads, **about), say=terminal.say)  # type: ignore[arg-type]
