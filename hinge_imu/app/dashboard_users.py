"""The dashboard's store and users, for the command line: where they are kept, and how a link is said."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from hinge_imu.dashboard.access.users import Users
    from hinge_imu.dashboard.store import Store


def default_folder() -> Path:
    """Return where the dashboard keeps what it has: systemd's state directory in a service, else the user's own."""
    state = os.environ.get("STATE_DIRECTORY")
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return Path(state) if state else data / "hinge-imu" / "dashboard"


def default_database() -> str:
    """Return the path of the database that is used where none is named."""
    return str(default_folder() / "dashboard.db")


def default_uploads() -> Path:
    """Return where recordings are uploaded to, with the straps' tokens, where nothing else is named."""
    return default_folder() / "recordings"


@contextmanager
def open_users(database: str | None) -> Iterator[Users]:
    """Open the users in a database (None: the default one).

    Raises
    ------
    ValueError
        The database cannot be opened, or fails, or what the dashboard needs is not installed.
    """
    try:
        from sqlalchemy.exc import SQLAlchemyError

        from hinge_imu.dashboard.access.users import Users
        from hinge_imu.dashboard.store.engine import connect
    except ModuleNotFoundError as error:
        raise ValueError(f"{error.name} is not installed; pip install 'hinge-imu[dashboard]'") from error
    if database is None:
        default_folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = connect(database or default_database())
    try:
        yield Users(engine)
    except SQLAlchemyError as error:
        reason = " ".join(str(getattr(error, "orig", None) or error).split())
        raise ValueError(f"the dashboard's database fails ({reason}); try again once it answers") from error
    finally:
        engine.dispose()


@contextmanager
def open_store(database: str | None, uploads: Path | None = None) -> Iterator[tuple[Store, Users]]:
    """Open the store, and the users in it (None: the default places); raises as `open_users` does."""
    with open_users(database) as users:
        from hinge_imu.dashboard.store import AwayError, Store

        store = Store(database or default_database(), uploads or default_uploads())
        try:
            yield store, users
        except AwayError as error:
            raise ValueError(f"the dashboard's database fails ({error}); try again once it answers") from error
        finally:
            store.close()


def say_link(token: str) -> None:
    """Print a link; it is written below whatever address the dashboard has."""
    from hinge_imu.dashboard.access.users import path_of

    typer.echo(f"open once, within a day, below the dashboard's address: {path_of(token)}")
