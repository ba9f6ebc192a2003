"""The commands of `hinge-imu`, put together; each has its words and options in `hinge_imu.commands`."""

from __future__ import annotations

import signal
import sys
from importlib.metadata import version
from typing import Annotated, NoReturn

import typer
from typer.exceptions import TyperException

from hinge_imu.commands.check import check
from hinge_imu.commands.convert import convert
from hinge_imu.commands.cues import cues
from hinge_imu.commands.dashboard import dashboard
from hinge_imu.commands.dashboard_athlete import dashboard_athlete
from hinge_imu.commands.dashboard_strap import dashboard_strap
from hinge_imu.commands.dashboard_user import dashboard_user
from hinge_imu.commands.demo import demo
from hinge_imu.commands.doctor import doctor
from hinge_imu.commands.drill import drill
from hinge_imu.commands.live import live
from hinge_imu.commands.progression import progression
from hinge_imu.commands.recover import recover
from hinge_imu.commands.replay import replay
from hinge_imu.commands.report import report
from hinge_imu.commands.sensor import sensor
from hinge_imu.commands.simulate import simulate
from hinge_imu.commands.upload import upload
from hinge_imu.commands.wearer import wearer

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

app.command()(demo)
app.command()(live)
app.command()(cues)
app.command()(check)
app.command()(doctor)
app.add_typer(calibrate, name="calibrate")
calibrate.command()(sensor)
calibrate.command()(wearer)
app.command()(drill)
app.command()(progression)
app.command()(replay)
app.command()(report)
app.command()(simulate)
app.command()(convert)
app.command()(recover)
app.command()(upload)
app.command()(dashboard)
app.command()(dashboard_strap)
app.add_typer(dashboard_user, name="dashboard-user")
app.add_typer(dashboard_athlete, name="dashboard-athlete")


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
