"""The commands `hinge-imu dashboard-user`: words and options."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

dashboard_user = typer.Typer(
    help="Who may look at the dashboard, and at what: add, remove and list users, give a password or a link.",
    no_args_is_help=True,
)

Database = Annotated[
    str | None, typer.Option("--database", metavar="URL", help="The dashboard's; without, where it is by itself.")
]
User = Annotated[
    str, typer.Argument(metavar="NAME", help="What one logs in by; small and capital letters are the same.")
]


@dashboard_user.command()
def add(
    name: User,
    role: Annotated[str, typer.Option("--role", help="coach, athlete, wall (a screen that shows, no more) or admin.")],
    athlete: Annotated[
        str | None,
        typer.Option("--athlete", metavar="NAME", help="For role athlete: whose sessions, as straps name it."),
    ] = None,
    gym: Annotated[str | None, typer.Option("--gym", help="The only gym that is seen; without, all of them.")] = None,
    link: Annotated[
        bool, typer.Option("--link", help="Ask for no password: print a link by which the user chooses one.")
    ] = False,
    database: Database = None,
) -> None:
    """Add a user. The password is asked for; from a pipe, it is the first line."""
    from hinge_imu.app.dashboard_users import open_users, say_link

    with open_users(database) as users:
        viewer = users.add(name, role, None if link else _password(), athlete=athlete, gym=gym)
        if link:
            say_link(users.link(viewer.name))
        else:
            typer.echo(f"{viewer.name} can log in now, as {viewer.role}")


@dashboard_user.command()
def password(name: User, database: Database = None) -> None:
    """Give a user another password, and log it out everywhere. It is asked for; from a pipe, it is the first line."""
    from hinge_imu.app.dashboard_users import open_users

    with open_users(database) as users:
        users.set_password(name, _password())
    typer.echo(f"{name} has another password, and is logged out everywhere")


@dashboard_user.command()
def link(name: User, database: Database = None) -> None:
    """Print a link by which a user chooses a password; it can be used once, within a day."""
    from hinge_imu.app.dashboard_users import open_users, say_link

    with open_users(database) as users:
        say_link(users.link(name))


@dashboard_user.command()
def remove(name: User, database: Database = None) -> None:
    """Remove a user, and log it out everywhere. What was recorded of an athlete stays."""
    from hinge_imu.app.dashboard_users import open_users

    with open_users(database) as users:
        users.remove(name)
    typer.echo(f"{name} can no longer log in")


@dashboard_user.command("list")
def list_(database: Database = None) -> None:
    """Print every user: name, role, and what it is bound to."""
    from hinge_imu.app.dashboard_users import open_users

    with open_users(database) as users:
        everybody = users.all()
    for user in everybody:
        bound = [f"athlete {user.athlete}" if user.athlete else "", f"gym {user.gym}" if user.gym else ""]
        typer.echo("  ".join([user.name, user.role, *filter(None, bound)]))


def _password() -> str:
    """Ask for a password, on the terminal alone: an argument could be read by everybody on this computer."""
    if sys.stdin.isatty():
        return str(typer.prompt("password", hide_input=True, confirmation_prompt="once more"))
    return sys.stdin.readline().rstrip("\r\n")
