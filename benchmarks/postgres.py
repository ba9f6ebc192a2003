"""A PostgreSQL of one's own, from Debian's package, which can be stopped, killed and started again."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from itertools import count
from pathlib import Path
from typing import Self

USER = "postgres"
"""As whom it runs where this program runs as root, which it refuses; Debian's package makes that user."""


class Postgres:
    """Context manager around a cluster that keeps its files in a folder of its own, reached by a socket in there only.

    ``url`` is how SQLAlchemy finds it, with psycopg.

    Parameters
    ----------
    settings
        Lines of its ``postgresql.conf``.

    Raises
    ------
    RuntimeError
        Where it is not installed, or does not start.
    """

    def __init__(self, *settings: str) -> None:
        self._programs = programs()
        self._settings = settings
        self._databases = count(1)
        self._user = USER if os.geteuid() == 0 else None

    def __enter__(self) -> Self:
        # Not in a test's folder: those are closed to the user that it runs as.
        self.folder = Path(tempfile.mkdtemp(prefix="hinge-imu-postgres-"))
        if self._user is not None:
            shutil.chown(self.folder, self._user, self._user)
        self.url = f"postgresql+psycopg://{self._user or ''}@/postgres?host={self.folder}"
        name = ["--username", self._user] if self._user else []
        self._run("initdb", "--pgdata", self._data, "--auth", "trust", "--encoding", "UTF8", "--no-sync", *name)
        settings = f"listen_addresses = ''\nunix_socket_directories = '{self.folder}'\n"
        settings += "recovery_init_sync_method = syncfs\n"  # else a start after a crash syncs file by file, for seconds
        with (self.folder / "data" / "postgresql.conf").open("a") as file:
            file.write(settings + "\n".join([*self._settings, ""]))
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        shutil.rmtree(self.folder)

    def database(self) -> str:
        """Make another database, and return its URL."""
        name = f"gym{next(self._databases)}"
        self._run("createdb", "--host", str(self.folder), *(["--username", self._user] if self._user else []), name)
        return f"postgresql://{self._user or ''}@/{name}?host={self.folder}"

    def start(self) -> None:
        """Start it, where it does not run, and wait until it answers."""
        if self.alive:
            return
        self._run("pg_ctl", "start", "--wait", "--silent", "--pgdata", self._data, "--log", str(self.folder / "log"))

    def stop(self) -> None:
        """Stop it as an administrator does: whoever is connected is cut off, what was committed is written out."""
        self._end("fast")

    def kill(self) -> None:
        """Stop it as a crash does: nothing is written out, and the next start recovers from its log."""
        self._end("immediate")

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return (self.folder / "data" / "postmaster.pid").exists()

    @property
    def pid(self) -> int:
        """The number of its first process, the parent of all others."""
        return int((self.folder / "data" / "postmaster.pid").read_text().splitlines()[0])

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def _end(self, mode: str) -> None:
        if self.alive:
            self._run("pg_ctl", "stop", "--wait", "--silent", "--mode", mode, "--pgdata", self._data)

    def _run(self, name: str, *options: str) -> None:
        # Nothing is captured through a pipe: the server would inherit it, and hold it open.
        with tempfile.TemporaryFile() as said:
            command = [str(self._programs / name), *options]
            done = subprocess.run(  # noqa: S603 - a program of the system
                command, check=False, stdout=said, stderr=said, user=self._user, group=self._user, cwd="/"
            )
            if done.returncode:
                said.seek(0)
                last = said.read().decode(errors="replace").strip().splitlines()[-1:]
                raise RuntimeError(f"{name} fails: {' '.join(last) or 'it says nothing'}")


def programs() -> Path:
    """Return where the newest PostgreSQL's programs are; Debian keeps them off the PATH."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    on_path = shutil.which("initdb")
    if on_path is not None:
        found.append(Path(on_path).parent)
    if not found:
        raise RuntimeError("PostgreSQL is not installed; run `sudo apt install postgresql`")
    return max(found, key=lambda path: [int(number) for number in re.findall(r"\d+", str(path))])
