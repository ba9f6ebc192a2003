"""The dashboard's users, for the command line: where they are kept, and how a link is said."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from hinge_imu.dashboard.access.users import Users


def default_database() -> str:
    """Return the URL of the database that is used where none is named: a file in the user's own folder."""
    folder = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share")
    return f"sqlite:///{folder / 'hinge-imu' / 'dashboard' / 'dashboard.db'}"


def open_users(database: str | None) -> Users:
    """Return the users in a database; raises ValueError where it cannot be opened."""
    try:
        from sqlalchemy import create_engine, make_url
        from sqlalchemy.exc import SQLAlchemyError

        from hinge_imu.dashboard.access.users import Users
    except ModuleNotFoundError as error:
        raise ValueError(f"{error.name} is missing; install it: pip install 'hinge-imu[dashboard]'") from error
    url = database or default_database()
    try:
        made = make_url(url)
        if made.drivername.startswith("sqlite") and made.database:
            Path(made.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return Users(create_engine(made))
    except SQLAlchemyError as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"--database: cannot be opened ({reason}); is its server running?") from error


def say_link(token: str) -> None:
    """Print a link; it is written below whatever address the dashboard has."""
    typer.echo(f"open once, within a day, below the dashboard's address: {path_of(token)}")


def path_of(token: str) -> str:
    """Return the path that a link leads to."""
    return f"/setup?link={token}"
