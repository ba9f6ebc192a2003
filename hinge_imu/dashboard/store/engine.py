"""The way to the database: an SQLite file or a PostgreSQL, brought to the newest form of its tables."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError, SQLAlchemyError

from hinge_imu.config import ConfigError

MIGRATIONS = Path(__file__).parent / "migrations"

_BUSY_S = 10.0
"""How long another program may be writing to the file. Chosen."""

# A host that is gone is known to be so after some 10 s (libpq, "Database Connection Control Functions").
_PATIENCE = {"connect_timeout": 5, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
_PATIENCE["tcp_user_timeout"] = 10_000  # ms

# WAL: who reads does not wait for who writes. FULL: what is committed is on the disk, as the broker then forgets it.
# What is deleted is overwritten.
_PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON")

_LOCK = 0x68696E67  # any number, the same for all who migrate


class LateError(ConfigError):
    """A server that does not answer, or does not let in: the same URL may work later."""


def connect(url: str) -> Engine:
    """Return the way to a database whose tables are up to date.

    ``url`` is ``sqlite:///PATH``, a path alone, or ``postgresql://[USER@]HOST/NAME``.

    Raises
    ------
    ConfigError
        If the URL is none, or the database is of a later version; as `LateError` where its server does not answer yet.
    """
    address = _address(url)
    shown = address.render_as_string()
    try:
        engine = _engine(address)
    except ModuleNotFoundError as error:
        raise ConfigError(f"{shown}: {error.name} is not installed; pip install 'hinge-imu[postgres]'") from error
    except OSError as error:
        raise ConfigError(f"{shown}: the database cannot be used ({error}); choose a folder that is yours") from error
    try:
        with writing(engine).begin() as connection:
            _migrate(connection, shown)
    except ConfigError:
        engine.dispose()
        raise
    except SQLAlchemyError as error:
        engine.dispose()
        reason = " ".join(str(getattr(error, "orig", None) or error).split())
        late = engine.dialect.name == "postgresql" and isinstance(error, OperationalError | InterfaceError)
        raise (LateError if late else ConfigError)(
            f"{shown}: the database cannot be used ({reason}); is it running, and may you write?"
        ) from None
    return engine


def writing(engine: Engine) -> Engine:
    """Return the same for who is going to write: with SQLite one at a time, from the beginning of the transaction."""
    return engine.execution_options(writes=True)


def _address(url: str) -> URL:
    if "://" not in url:
        return URL.create("sqlite", database=str(Path(url).expanduser().absolute()))
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        address = None
    kind = None if address is None else address.get_backend_name()
    if address is None or kind not in {"sqlite", "postgresql"} or not address.database:
        raise ConfigError("the database's URL cannot be used; write sqlite:///PATH or postgresql://[USER@]HOST/NAME")
    return address if kind == "sqlite" else address.set(drivername="postgresql+psycopg")


def _engine(address: URL) -> Engine:
    sqlite = address.get_backend_name() == "sqlite"
    if sqlite:
        Path(str(address.database)).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        address,
        json_serializer=lambda value: msgspec.json.encode(value).decode(),
        json_deserializer=msgspec.json.decode,
        pool_pre_ping=not sqlite,
        connect_args={"timeout": _BUSY_S} if sqlite else _PATIENCE,
    )
    if sqlite:
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun here, not guessed at by sqlite3
    until = time.monotonic() + _BUSY_S
    for pragma in _PRAGMAS:
        while not _set(connection, pragma, until):
            time.sleep(0.02)


def _set(connection: Any, pragma: str, until: float) -> bool:
    """Set a pragma; return False where another program is in the way: at a change to WAL, SQLite itself waits not."""
    try:
        connection.execute(f"PRAGMA {pragma}")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
            raise
        return False
    return True


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _migrate(connection: Connection, shown: str) -> None:
    from alembic.command import upgrade
    from alembic.config import Config
    from alembic.util import CommandError

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        upgrade(config, "head")
    except CommandError as error:
        raise ConfigError(f"{shown}: was made by a later version of hinge-imu ({error}); install that one") from error
