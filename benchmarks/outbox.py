"""How fast what has waited goes out, and whether what waits disturbs the one who reads the sensors.

Messages of 1 kB go to a real mosquitto on this machine: from an outbox on disk through the link, and for comparison
from paho alone, which keeps nothing, and from the plainest outbox there could be: a row, a commit, a message, its
answer, a commit. Then a thread wakes every 5 ms, as the one does that empties FIFOs, and how late it is is measured:
alone, while messages are put as fast as it goes, and while those go out.
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event, Thread

import numpy as np
from paho.mqtt.client import Client
from rich.console import Console
from rich.table import Table

from hinge_imu.config import PublishConfig
from hinge_imu.mqtt import client, parse
from hinge_imu.publish import connection
from hinge_imu.publish.broker import PrivateBroker
from hinge_imu.publish.link import Link
from hinge_imu.publish.messages import Message
from hinge_imu.publish.outbox import Outbox

LIMIT_S = 5.0
"""10,000 messages have to be out within this."""

PERIOD_S = 0.005
FAR_S = 600.0


def messages(count: int) -> list[Message]:
    """Return so many messages of 1 kB."""
    return [Message("rep", "hinge/v1/gym/strap/rep", b"x" * 1000, f"session-{number}") for number in range(count)]


def linked(url: str, folder: Path, count: int, version: str = "auto") -> float:
    """Return the seconds that the outbox needs to empty itself, the connection included."""
    config = PublishConfig(mqtt=url, version=version)
    with Outbox(folder / f"{version}-{connection.WINDOW}.sqlite", 1000.0) as outbox:
        outbox.put(messages(count)).result()
        began = time.perf_counter()
        empty(config, outbox)
        return time.perf_counter() - began


def empty(config: PublishConfig, outbox: Outbox) -> None:
    """Send all that waits."""
    with Link(config, outbox) as link:
        if left := link.close(FAR_S):
            raise SystemExit(f"{left} messages are left")


@contextmanager
def connected(url: str, window: int) -> Iterator[Client]:
    """Give a client of paho's that is connected, with so many messages on their way at most."""
    made, up, address = client(parse(url)), Event(), parse(url)
    made.max_inflight_messages_set(window)
    made.on_connect = lambda *_: up.set()
    made.connect(address.host, address.port)
    made.loop_start()
    up.wait(FAR_S)
    yield made
    made.disconnect()
    made.loop_stop()


def paho_alone(url: str, count: int, window: int) -> float:
    """Return the seconds that paho needs for as many, which it only has in memory."""
    with connected(url, window) as made:
        began = time.perf_counter()
        sent = [made.publish(each.topic, each.payload, qos=1) for each in messages(count)]
        sent[-1].wait_for_publish(FAR_S)
        return time.perf_counter() - began


def plainest(url: str, folder: Path, count: int) -> float:
    """Return the seconds that an outbox needs that does one after the other."""
    with connected(url, 1) as made, closing(sqlite3.connect(folder / "plain.sqlite", isolation_level=None)) as file:
        file.execute("PRAGMA journal_mode = WAL")
        file.execute("PRAGMA synchronous = FULL")
        file.execute("CREATE TABLE waiting (seq INTEGER PRIMARY KEY, payload BLOB)")
        file.execute("BEGIN")
        file.executemany("INSERT INTO waiting (payload) VALUES (?)", [[each.payload] for each in messages(count)])
        file.execute("COMMIT")
        began = time.perf_counter()
        for seq in range(1, count + 1):
            (payload,) = file.execute("SELECT payload FROM waiting WHERE seq = ?", [seq]).fetchone()
            made.publish("hinge/v1/gym/strap/rep", payload, qos=1).wait_for_publish(FAR_S)
            file.execute("DELETE FROM waiting WHERE seq = ?", [seq])
        return time.perf_counter() - began


def drains(url: str, folder: Path, count: int) -> tuple[Table, float]:
    """Measure how fast messages go out, each way; return the seconds of the first besides."""
    table = Table("way", "s", "messages/s", title=f"{count} messages of 1 kB to mosquitto, QoS 1")

    def row(way: str, seconds: float) -> None:
        table.add_row(way, f"{seconds:.2f}", f"{count / seconds:.0f}")

    row("outbox and link, MQTT 5 (the broker asks for at most 20 at once)", ours := linked(url, folder, count))
    usual = connection.WINDOW
    for window in (20, usual, 1000):
        connection.WINDOW = window
        row(f"outbox and link, MQTT 3.1.1, {window} at once", linked(url, folder, count, "3.1.1"))
    connection.WINDOW = usual
    for window in (20, usual, 1000):
        row(f"paho alone, nothing kept, {window} at once", paho_alone(url, count, window))
    fewer = count // 10
    row("the plainest outbox, one after the other (a tenth of them, times 10)", 10 * plainest(url, folder, fewer))
    return table, ours


class Ticker:
    """A thread that wakes every `PERIOD_S` and notes how late it was, in ms."""

    def __init__(self) -> None:
        self.late_ms: list[float] = []
        self._over = Event()
        self._thread = Thread(target=self._run)

    def __enter__(self) -> list[float]:
        self._thread.start()
        return self.late_ms

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        due = time.perf_counter()
        while not self._over.is_set():
            due += PERIOD_S
            time.sleep(max(0.0, due - time.perf_counter()))
            self.late_ms.append(1000 * (time.perf_counter() - due))
            due = max(due, time.perf_counter() - PERIOD_S)


def lateness(url: str, folder: Path, count: int, still_s: float) -> Table:
    """Measure how late the sensors' thread would be, alone and beside an outbox at work."""
    table = Table(
        "meanwhile", "s", "median ms", "99 % ms", "most ms", title="how late a thread is that wakes every 5 ms"
    )

    def row(what: str, work: Callable[[], object]) -> None:
        began = time.perf_counter()
        with Ticker() as late_ms:
            work()
        median, most, worst = np.percentile(late_ms, [50, 99, 100])
        table.add_row(what, f"{time.perf_counter() - began:.1f}", f"{median:.2f}", f"{most:.2f}", f"{worst:.1f}")

    waiting = messages(count)
    puts_ms: list[float] = []

    def put() -> None:
        for pair in zip(waiting[::2], waiting[1::2], strict=True):
            began = time.perf_counter()
            kept = outbox.put(pair)
            puts_ms.append(1000 * (time.perf_counter() - began))
        kept.result()

    def drain() -> None:
        empty(PublishConfig(mqtt=url), outbox)

    with Outbox(folder / "late.sqlite", 10_000.0) as outbox:
        row("nothing", lambda: time.sleep(still_s))
        row(f"{count} messages are put, two at a time, as fast as it goes", put)
        row(f"{count} messages go out", drain)
    median, most, worst = np.percentile(puts_ms, [50, 99, 100])
    table.caption = f"the call that puts two messages: median {median:.3f} ms, 99 % {most:.3f} ms, most {worst:.1f} ms"
    return table


def main() -> int:
    """Measure and print; the exit status says whether the limit was kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=10_000, help="how many go out (default: %(default)s)")
    parser.add_argument("--waiting", type=int, default=100_000, help="how many are put (default: %(default)s)")
    parser.add_argument("--still", type=float, default=5.0, help="seconds of nothing (default: %(default)s)")
    parser.add_argument("--folder", type=Path, help="a folder on the disk to measure (default: a temporary one)")
    given = parser.parse_args()
    console = Console()
    with PrivateBroker() as broker, tempfile.TemporaryDirectory(dir=given.folder) as name:
        table, seconds = drains(broker.url, Path(name), given.messages)
        console.print(table, lateness(broker.url, Path(name), given.waiting, given.still))
    return int(seconds > LIMIT_S * max(1.0, given.messages / 10_000))


if __name__ == "__main__":
    raise SystemExit(main())
