"""Databases as coaches have them, and what real sessions say, as it comes over the wire."""

import getpass
import os
import shutil
import subprocess
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile

import msgspec
import pytest

from hinge_imu.app.session import Listeners, run
from hinge_imu.dashboard.store import Store
from hinge_imu.dashboard.wire import parse
from hinge_imu.publish.greetings import Greetings
from hinge_imu.publish.messages import Messages
from hinge_imu.recording import batched, open_recording

RECORDINGS = Path(__file__).parents[2] / "recordings"
BEGAN = "2025-01-31T17:05:00+00:00"


@pytest.fixture(scope="session")
def recordings():
    return RECORDINGS


@pytest.fixture(scope="session")
def spoken():
    """Return all that a strap says of a shipped recording, as messages; ``about`` is more of its header."""
    known = {}

    def speak(name, *, angles=False, **about):
        path = RECORDINGS / f"simulated_{name}.mcap"
        key = name, angles, *sorted(about.items())
        if key not in known:
            recording = open_recording(path)
            header = msgspec.structs.replace(recording.header, **about)
            messages = Messages(header)
            said = [Greetings(header.config.publish).meta(header)]
            listeners = Listeners(
                angles=[lambda block: said.extend(messages.angles(block))],
                events=[lambda event: said.extend(messages.event(event))],
            )
            run(header, batched(recording.stream(), 4096), listeners)
            known[key] = [each for each in said if each.qos or angles]
        return known[key]

    return speak


@pytest.fixture(scope="session")
def heard():
    """Return messages as they are heard, and how others would have said them; the topic may be another strap's."""

    def hear(messages, topic=None, **fields):
        parsed = []
        for message in messages:
            payload = msgspec.json.encode({**msgspec.json.decode(message.payload), **fields})
            where = message.topic if topic is None else f"hinge/v1/{topic}/{message.level}"
            parsed.append(parse(where, payload))
        return parsed

    return hear


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL of the tests' own, which can be stopped and started."""
    # Not in pytest's folder: only root may look into that, and a socket's path is short.
    with TemporaryDirectory(prefix="hinge-imu-postgres-") as folder:
        server = Postgres(Path(folder))
        server.start()
        yield server
        server.stop()


class Postgres:
    """Debian's server, reached through a socket in its folder; root runs it as Debian's user, as it refuses root."""

    def __init__(self, folder):
        self.folder = folder
        self.databases = count(1)
        self.user = "postgres" if os.geteuid() == 0 else getpass.getuser()
        shutil.chown(folder, self.user)
        self._do("initdb", "-D", folder / "data", "-U", "coach", "-A", "trust", "--no-sync", "-E", "UTF8")

    def start(self):
        options = f"-k {self.folder} -c listen_addresses='' -c fsync=off"
        self._do("pg_ctl", "-D", self.folder / "data", "-w", "-o", options, "-l", self.folder / "log", "start")

    def stop(self):
        self._do("pg_ctl", "-D", self.folder / "data", "-w", "-m", "immediate", "stop")

    def database(self):
        """Make a new database, and return its URL."""
        name = f"gym{next(self.databases)}"
        self._do("createdb", "-h", self.folder, "-U", "coach", name)
        return f"postgresql://coach@/{name}?host={self.folder}"

    def _do(self, program, *arguments):
        places = [os.environ["PATH"], *map(str, Path("/usr/lib/postgresql").glob("*/bin"))]
        path = shutil.which(program, path=os.pathsep.join(places))
        become = ["setpriv", f"--reuid={self.user}", "--clear-groups"] if os.geteuid() == 0 else []
        with TemporaryFile("w+") as said:  # not a pipe: the server would keep it open
            done = subprocess.run([*become, path, *map(str, arguments)], stdout=said, stderr=said, cwd="/", check=False)
            said.seek(0)
            assert done.returncode == 0, said.read()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """A new database, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite'}"
    return request.getfixturevalue("postgres").database()


@pytest.fixture
def store(url, tmp_path):
    opened = Store(url, tmp_path / "uploads")
    yield opened
    opened.close()
