"""How much room a rep takes: on the wire, and in a store of SQLite and of PostgreSQL, by what takes it."""

from __future__ import annotations

import argparse
import tempfile
import time

from postgres import Postgres
from rich.console import Console
from rich.table import Table
from sqlalchemy import text
from straps import RECORDING, SESSION, Line, play

from hinge_imu.dashboard.store import Store
from hinge_imu.dashboard.wire import parse

_PARTS = {
    "reps as they stand": "SELECT sum(length(CAST(data AS TEXT))) FROM reps",
    "every revision": "SELECT sum(length(CAST(data AS TEXT))) FROM messages",
    "traces": "SELECT sum(length(packed)) FROM traces",
}
"""What is asked of a store: characters of JSON, and bytes of what is compressed."""


def fill(store: Store, lines: list[Line], sessions: int) -> float:
    """Let a store take so many sessions, each in one transaction; return in how many s."""
    began_s = time.monotonic()
    for number in range(sessions):
        name = f"{number:012x}".encode()
        said = [parse(f"hinge/v1/gym/strap/{line.level}", line.payload.replace(SESSION, name)) for line in lines]
        store.take_all(said)
    return time.monotonic() - began_s


def main() -> None:
    """Fill both, and print what a rep takes, in kB."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=250, help="of four reps (default: %(default)s)")
    sessions = parser.parse_args().sessions
    lines = play(RECORDING, angles=False)
    reps = sessions * len({line.payload for line in lines if line.level == "trace"})
    wire = sum(len(line.payload) for line in lines) * sessions
    console = Console(width=120, highlight=False)
    console.print(f"{reps} reps in {sessions} sessions; on the wire {wire / reps / 1000:.1f} kB a rep")
    table = Table("store", "kB a rep", *_PARTS, "reps/s taken", title="kB a rep", title_justify="left")
    with tempfile.TemporaryDirectory() as name, Postgres() as postgres:
        for url in f"sqlite:///{name}/store.sqlite", postgres.url.replace("+psycopg", ""):
            store = Store(url)
            size = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
            if store.engine.dialect.name != "sqlite":
                size = "SELECT pg_database_size(current_database())"
            with store.engine.connect() as database:
                empty = database.execute(text(size)).scalar_one()
            seconds = fill(store, lines, sessions)
            with store.engine.connect() as database:
                whole = database.execute(text(size)).scalar_one() - empty
                parts = [database.execute(text(asked)).scalar_one() for asked in _PARTS.values()]
            kept = [f"{each / reps / 1000:.1f}" for each in (whole, *parts)]
            table.add_row(store.engine.dialect.name, *kept, f"{reps / seconds:.0f}")
            store.close()
    console.print(table)


if __name__ == "__main__":
    main()
