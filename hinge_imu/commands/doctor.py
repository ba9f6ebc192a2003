"""The command `hinge-imu doctor`: words and options."""

from __future__ import annotations

import typer

from hinge_imu.commands.options import AsJson, Bus, ConfigFile


def doctor(bus: Bus = 1, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Look at the whole installation, from the configuration to the broker, and say what to mend."""
    from hinge_imu.app import doctor as wiring
    from hinge_imu.app import terminal
    from hinge_imu.app.checklist import Checklist

    findings = wiring.diagnose(wiring.Installation.found(config_file=config, bus_number=bus))
    if as_json:
        for finding in findings:
            terminal.print_json(finding.plain())
    else:
        terminal.out.print(Checklist("This installation", findings))
    raise typer.Exit(1 if wiring.failed(findings) else 0)
