"""A whole gym, or a chain of them, at once: how much of it reaches the coach's store, how late, and what that costs.

Simulated straps say recorded sessions, each as its own, to a real mosquitto; the dashboard's ingest brings them into an
SQLite file or a PostgreSQL. `measure` leaves them in peace. `campaign` kills ingest and broker and stops the database,
at moments drawn from a seed, and then looks for what is missing. Everything runs on this one machine.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from arrivals import Holes, Watch, complete, reader
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from postgres import Postgres
from program import Program, family, memory_mb, work_s
from rich.console import Console
from rich.table import Table
from rig import Broker
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from straps import GYM

from hinge_imu.config import PublishConfig
from hinge_imu.dashboard.store.models import MessageRow
from hinge_imu.publish.messages import message

FOLDER = Path(__file__).parent
INGEST = [sys.executable, str(FOLDER / "ingest.py")]
PATIENCE_S = 60.0
EVERY_S = (2.0, 8.0)
"""Time between two mishaps of a campaign. Chosen."""

AWAY_S = (0.2, 3.0)
"""For how long broker or database are away. Chosen."""

KINDS = ("ingest killed", "ingest stopped", "broker stopped", "database stopped", "database killed")
"""What may happen; `broker killed` is a campaign of its own, because a broker may lose what it has not written, which
straps without outbox and link have forgotten by then."""


class Mishap(NamedTuple):
    """What happens, how long after the one before it, and after how long it is mended."""

    what: str
    after_s: float
    away_s: float


class Gym:
    """Broker, database and ingest, each of which may be ended and started again; ``groups`` share the work."""

    def __init__(self, folder: Path, database: str = "sqlite", ingests: int = 1) -> None:
        self.folder = folder
        self._kind = database
        self._ingests = ingests

    def __enter__(self) -> Self:
        with ExitStack() as closing:
            self.broker = Broker(self.folder)
            self.broker.start()
            closing.callback(self.broker.kill)
            self.postgres = closing.enter_context(Postgres()) if self._kind == "postgresql" else None
            self.url = self.postgres.url if self.postgres else f"sqlite:///{self.folder / 'store.sqlite'}"
            group = ["--group", "fleet"] if self._ingests > 1 else []
            self.mqtt = f"mqtt://127.0.0.1:{self.broker.port}"
            self.ingests = [
                Program([*INGEST, self.url, self.mqtt, "--name", f"ingest-{number}", *group], self.folder / "log")
                for number in range(self._ingests)
            ]
            for ingest in self.ingests:
                closing.callback(ingest.stop)
                ingest.start()
            self.reader = reader(self.url)
            closing.callback(self.reader.dispose)
            self._listening()
            self._closing = closing.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    @property
    def said(self) -> Path:
        """Where the straps write down what they said."""
        return self.folder / "said.jsonl"

    @property
    def kept(self) -> Path:
        """Where they keep it, whole."""
        return self.folder / "kept"

    def straps(self, *options: str) -> subprocess.Popen[str]:
        """Let straps speak."""
        command = [sys.executable, str(FOLDER / "straps.py"), self.mqtt, "--said", str(self.said)]
        command += ["--keep", str(self.kept), *options]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - this program

    def parts(self) -> dict[str, list[int]]:
        """Return the processes of each part."""
        found = {"broker": [self.broker.pid], "ingest": [each.pid for each in self.ingests]}
        if self.postgres is not None:
            found["database"] = family(self.postgres.pid)
        return found

    def befall(self, mishap: Mishap) -> None:
        """Let something happen, and mend it."""
        ingest = self.ingests[0]
        how = {
            "ingest killed": ingest.kill,
            "ingest stopped": ingest.stop,
            "broker killed": self.broker.kill,
            "broker stopped": self.broker.stop,
        }
        if self.postgres is not None:
            how |= {"database stopped": self.postgres.stop, "database killed": self.postgres.kill}
        how[mishap.what]()
        time.sleep(mishap.away_s)
        self.mend()

    def mend(self) -> None:
        """Start what does not run."""
        self.broker.start()
        if self.postgres is not None:
            self.postgres.start()
        for ingest in self.ingests:
            ingest.start()

    def say_again(self) -> None:
        """Say all that the straps have said once more, under the same ids."""
        self._say(tuple(line.split(b"\t", 1)) for line in self.kept.read_bytes().splitlines())

    def _say(self, said: Iterable[tuple[bytes, bytes]]) -> None:
        client = Client(CallbackAPIVersion.VERSION2)
        client.connect("127.0.0.1", self.broker.port)
        client.loop_start()
        for topic, payload in said:
            client.publish(topic.decode(), payload, 1).wait_for_publish(PATIENCE_S)
        client.disconnect()
        client.loop_stop()

    def _listening(self) -> None:
        """Wait until what is said reaches the store."""
        notice = {"id": f"{time.time()}-notice-1", "text": "is anybody there?", "at_s": 0.0}
        said = message(PublishConfig(gym=GYM, strap="fleet"), "notice", None, notice)
        until_s = time.monotonic() + PATIENCE_S
        asked = select(MessageRow.id).where(MessageRow.id == said.id)
        while time.monotonic() < until_s:
            self._say([(said.topic.encode(), said.payload)])
            with suppress(SQLAlchemyError), self.reader.connect() as database:  # the tables are yet to come
                if database.scalar(asked) is not None:
                    return
            time.sleep(0.1)
        raise RuntimeError(f"nothing reaches the store: {(self.folder / 'log').read_text(errors='replace')[-500:]}")


class Cost(NamedTuple):
    """What a part took: processor time as a share of one core, and its memory in MB at the end."""

    share: float
    memory_mb: float


class Outcome(NamedTuple):
    """What came of a campaign: what happened how often, and how the store differs from what was said.

    ``healed`` is how it differs once all of it has been said again, as `hinge-imu replay --mqtt` says a recording.
    """

    happened: Counter[str]
    holes: Holes
    healed: Holes


class Measured(NamedTuple):
    """One run: how many straps, what came of it, how late reps were (s), what each part took."""

    straps: int
    angles: bool
    seconds: float
    holes: Holes
    late_s: list[float]
    costs: dict[str, Cost]
    said: str


def measure(gym: Gym, straps: int, sessions: int, *options: str, angles: bool = True) -> Measured:
    """Let so many straps speak in peace; ``options`` are more of `straps.py`'s."""
    live = "--angles" if angles else "--no-angles"
    gym.said.unlink(missing_ok=True)
    with Watch(gym.said, gym.reader) as watch:
        speaking = gym.straps("--straps", str(straps), "--sessions", str(sessions), live, *options)
        _until_said(gym.said)
        began_s, before = time.monotonic(), {name: work_s(pids) for name, pids in gym.parts().items()}
        said, _ = speaking.communicate()
        seconds = time.monotonic() - began_s
        costs = {
            name: Cost((work_s(pids) - before[name]) / seconds, memory_mb(pids)) for name, pids in gym.parts().items()
        }
        holes = complete(gym.said, gym.reader, PATIENCE_S)
    return Measured(straps, angles, seconds, holes, watch.late_s, costs, said.strip())


def campaign(gym: Gym, mishaps: Iterable[Mishap], *options: str) -> Outcome:
    """Let straps speak while one thing after the other befalls the gym; then look what is missing."""
    happened = Counter[str]()
    speaking = gym.straps(*options)
    _until_said(gym.said)
    for mishap in mishaps:
        with suppress(subprocess.TimeoutExpired):
            speaking.wait(mishap.after_s)
        if speaking.poll() is not None:
            break
        gym.befall(mishap)
        happened[mishap.what] += 1
    speaking.communicate()
    # As a service manager would: what began while the database was away has ended by itself.
    gym.mend()
    holes = healed = complete(gym.said, gym.reader, PATIENCE_S)
    if not holes.none:
        gym.say_again()
        healed = complete(gym.said, gym.reader, PATIENCE_S)
    return Outcome(happened, holes, healed)


def drawn(seed: int, kinds: Sequence[str]) -> Iterator[Mishap]:
    """Yield mishaps without end."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    while True:
        yield Mishap(chance.choice(kinds), chance.uniform(*EVERY_S), chance.uniform(*AWAY_S))


def _until_said(path: Path) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while not (path.exists() and path.stat().st_size) and time.monotonic() < until_s:
        time.sleep(0.05)


def _row(table: Table, database: str, done: Measured) -> None:
    median, most, worst = (f"{1000 * each:.0f}" for each in np.percentile(done.late_s, [50, 99, 100]))
    costs = [f"{100 * cost.share:.0f} %, {cost.memory_mb:.0f} MB" for cost in done.costs.values()]
    table.add_row(
        f"{done.straps}{'' if done.angles else ', no live traces'}",
        database,
        str(done.holes.reps),
        str(done.holes.lost + done.holes.stale),
        str(done.holes.strange),
        f"{median} / {most} / {worst}",
        *costs,
    )


def main() -> int:
    """Measure and print; the exit status says whether everything was there, once."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--straps", type=int, nargs="*", default=[30], help="with live traces (default: 30)")
    parser.add_argument("--quiet", type=int, nargs="*", default=[400], help="without (default: 400)")
    parser.add_argument("--sessions", type=int, default=2, help="of each, of 30 s (default: %(default)s)")
    parser.add_argument("--speed", type=float, default=1.0, help="times as fast as people lift (default: %(default)s)")
    parser.add_argument("--over", type=float, default=10.0, help="s within which all begin (default: %(default)s)")
    parser.add_argument("--kills", type=int, default=0, help="sessions of each strap while parts are killed")
    parser.add_argument("--ingests", type=int, default=1, help="that share the work (default: %(default)s)")
    parser.add_argument("--database", nargs="*", default=["sqlite", "postgresql"], help="(default: both)")
    parser.add_argument("--links", action="store_true", help="the straps of --kills have outbox and link, as real ones")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that no database is left behind
    console, options = (
        Console(width=150),
        ["--speed", str(given.speed), "--over", str(given.over), "--seed", str(given.seed)],
    )
    whole = in_peace(console, given, options)
    for database in given.database if given.kills else ():
        kinds = [each for each in KINDS if database != "sqlite" or not each.startswith("database")]
        for these in kinds, ["broker killed"]:
            with tempfile.TemporaryDirectory() as name, Gym(Path(name), database, given.ingests) as gym:
                more = ["--straps", "10", "--sessions", str(given.kills), *(["--links"] if given.links else [])]
                outcome = campaign(gym, drawn(given.seed, these), *more, *options)
            happened = ", ".join(f"{each} {count}" for each, count in sorted(outcome.happened.items()))
            console.print(f"{database}: {happened}: {outcome.holes}", highlight=False)
            if not outcome.holes.none:
                console.print(f"    once it was said again: {outcome.healed}", highlight=False)
            whole &= outcome.healed.none and (outcome.holes.none or (these == ["broker killed"] and not given.links))
    return int(not whole)


def in_peace(console: Console, given: argparse.Namespace, options: list[str]) -> bool:
    """Measure every number of straps with every database; return whether nothing was missing."""
    whole = True
    head = ("straps", "database", "reps", "lost", "strange", "ms to the store: median / 99 % / most")
    table = Table(*head, "broker", "ingest", "database's", title="in peace", title_justify="left")
    for database in given.database:
        for straps, angles in [(each, True) for each in given.straps] + [(each, False) for each in given.quiet]:
            with tempfile.TemporaryDirectory() as name, Gym(Path(name), database, given.ingests) as gym:
                done = measure(gym, straps, given.sessions, *options, angles=angles)
            console.print(database, done.said, highlight=False)
            _row(table, database, done)
            whole &= done.holes.none
    if table.row_count:
        console.print(table)
    return whole


if __name__ == "__main__":
    raise SystemExit(main())
