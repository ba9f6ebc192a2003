"""The command `hinge-imu check`: words and options."""

from __future__ import annotations

from typing import Annotated

import typer

from hinge_imu.commands.options import AsJson, Bus, ConfigFile
from hinge_imu.config import load


def check(
    bus: Bus = 1,
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
