"""Straps that are not there: what a session says, said to a broker by many at once, at the pace at which it was said.

A recording goes through the pipeline once; then each strap says its messages under names and ids of its own, one
session after the other. Each has a connection of its own, and keeps in memory what the broker has not acknowledged; one
thread serves them all. With ``--links`` each has what a real strap has instead, outbox and link, and threads of its
own: for few of them. What was said, and when, is written down, a line a message of QoS 1.
"""

from __future__ import annotations

import argparse
import heapq
import random
import resource
import secrets
import select
import time
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, NamedTuple

import msgspec
import numpy as np
from arrivals import Note
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from rich.console import Console

from hinge_imu.app.session import Listeners, run
from hinge_imu.config import PublishConfig
from hinge_imu.events import Remark
from hinge_imu.mqtt import KEEPALIVE_S, parse
from hinge_imu.publish.greetings import Greetings
from hinge_imu.publish.link import Link
from hinge_imu.publish.messages import Message, Messages
from hinge_imu.publish.outbox import Outbox
from hinge_imu.recording import batched, open_recording
from hinge_imu.samples import NS, Header, Item
from hinge_imu.topics import ROOT, TOPICS, Level

RECORDING = Path(__file__).parent.parent / "recordings" / "simulated_hinge.mcap"
GYM = "fleet"

EVERY_S = 0.5
"""So often each connection is looked after, and tried again where there is none. Chosen."""

PAUSE_S = 1.0
"""Between two sessions of a strap. Chosen."""

LAST_S = 60.0
"""For what has not been acknowledged in the end. Chosen."""

KEEP_MB = 100.0
"""What waits for the broker, with ``--links``: as shipped."""

BLOCK = 8
"""Samples that the pipeline gets at once: 20 ms of two chips at 200 Hz, so that each message has its moment."""

SESSION, ATHLETE = b"0the-session0", b"0the-athlete0"  # to be filled in


class Line(NamedTuple):
    """One message of the play, at so many seconds of its session; names and ids are still to be filled in."""

    at_s: float
    level: Level
    payload: bytes


def note(line: Line, strap: str, at: float) -> Note:
    """Return what is written down of a line."""
    said = msgspec.json.decode(line.payload)
    rest = {name: said.get(name) for name in ("status", "rep_id")}
    rest["t_s"] = said["t_s"][-1] if line.level == "angles" else None
    return Note(at, line.level, strap, said["session_id"], said["id"], said["revision"], **rest)


def play(path: Path, *, angles: bool) -> list[Line]:
    """Return all that a recording says, in its order; ``angles``: the live traces too."""
    recording = open_recording(path)
    known = {
        "session_id": SESSION.decode(),
        "athlete": ATHLETE.decode(),
        "started_utc": datetime.now(UTC).isoformat(),
    }
    header: Header = msgspec.structs.replace(recording.header, **known)
    messages, greetings, lines = Messages(header), Greetings(header.config.publish), list[Line]()
    now_s = 0.0

    def say(said: list[Message]) -> None:
        lines.extend(Line(now_s, each.level, each.payload) for each in said if angles or each.level != "angles")

    def see(item: Item) -> None:
        nonlocal now_s
        now_s = item.at_s if isinstance(item, Remark) else max(now_s, float(np.max(item["t_ns"])) * NS)

    # Their ids are of the program's run; here there is one run a session.
    for each in greetings.status("online", header), greetings.meta(header):
        run_of = each.id.partition("-")[0].encode()
        say([each._replace(payload=each.payload.replace(run_of, SESSION))])
    listeners = Listeners(
        inputs=[see], angles=[lambda each: say(messages.angles(each))], events=[lambda each: say(messages.event(each))]
    )
    run(header, batched(recording.stream(), BLOCK), listeners)
    say(messages.finish())
    began_s = next(line.at_s for line in lines if line.at_s)
    return [line._replace(at_s=max(0.0, line.at_s - began_s)) for line in lines]


class Notes:
    """What was said and when, of live angles those of one strap alone; where it is wanted, every message as it was."""

    def __init__(self, said: IO[bytes] | None, kept: IO[bytes] | None) -> None:
        self._said, self._kept = said, kept

    def write(self, line: Line, strap: str, topic: str) -> None:
        """Write down a line that has been said."""
        if self._said is not None:
            self._said.write(msgspec.json.encode(note(line, strap, time.time())) + b"\n")
        if self._kept is not None and TOPICS[line.level].qos:
            self._kept.write(topic.encode() + b"\t" + line.payload + b"\n")


class Strap:
    """One strap: says the play, and then again as another session, so many times."""

    def __init__(self, number: int, url: str, lines: list[Line], sessions: int, notes: Notes) -> None:
        self.name, self._athlete = f"strap-{number}", f"lifter {number}"
        self._lines, self._notes, self._left = lines, notes, sessions
        self._first = number == 1
        self._place, self._session = 0, secrets.token_hex(6)
        self.open: set[int] = set()
        self._address = parse(url)
        self.client = Client(CallbackAPIVersion.VERSION2, client_id=f"{GYM}-{self.name}", clean_session=False)
        self.client.max_inflight_messages_set(100)
        self.client.on_publish = lambda _c, _d, mid, *_: self.open.discard(mid)

    def speak(self) -> float | None:
        """Say the next line; return in how many s the one after it is due, None where this was the last."""
        line = self._lines[self._place]
        payload = line.payload.replace(SESSION, self._session.encode()).replace(ATHLETE, self._athlete.encode())
        spoken = TOPICS[line.level]
        topic = f"{ROOT}/{GYM}/{self.name}/{line.level}"
        self.say(line.level, topic, payload)
        if spoken.qos or (self._first and line.level == "angles"):
            self._notes.write(line._replace(payload=payload), self.name, topic)
        self._place += 1
        if self._place == len(self._lines):
            self._place, self._session, self._left = 0, secrets.token_hex(6), self._left - 1
            return PAUSE_S if self._left else None
        return self._lines[self._place].at_s - line.at_s

    def say(self, level: Level, topic: str, payload: bytes) -> None:
        """Hand a message to whoever brings it to the broker."""
        sent = self.client.publish(topic, payload, TOPICS[level].qos, TOPICS[level].retained)
        if TOPICS[level].qos:
            self.open.add(sent.mid)

    def left(self) -> int:
        """Return how many messages the broker has not acknowledged."""
        return len(self.open)

    def leave(self) -> None:
        """Say goodbye."""
        self.client.disconnect()

    def look_after(self) -> None:
        """Let the connection be kept alive, and connect again where it is gone."""
        if self.client.socket() is not None:
            self.client.loop_misc()
            return
        with suppress(OSError):
            self.client.connect(self._address.host, self._address.port, keepalive=KEEPALIVE_S)

    def hear(self) -> None:
        """Take what has come, and send what could not be sent at once."""
        self.client.loop_read()
        while self.client.want_write() and self.client.loop_write() == 0:
            pass


class LinkedStrap(Strap):
    """One that has a real strap's outbox and link."""

    def __init__(self, number: int, url: str, lines: list[Line], sessions: int, notes: Notes) -> None:
        super().__init__(number, url, lines, sessions, notes)
        self._outbox = Outbox(None, KEEP_MB)
        self._link = Link(PublishConfig(mqtt=url, gym=GYM, strap=self.name), self._outbox)
        self._link.__enter__()

    def say(self, level: Level, topic: str, payload: bytes) -> None:
        """Send it as a real strap does."""
        said = msgspec.json.decode(payload)
        self._link.send([Message(level, topic, payload, said["id"], said["revision"])])

    def left(self) -> int:
        """Return how many wait; those that are kept a while longer, too."""
        return len(self._outbox)

    def leave(self) -> None:
        """Say goodbye."""
        self._link.close()
        self._outbox.close()

    def look_after(self) -> None:
        """Leave it to the link."""


class Stage:
    """Where they all speak: one thread, one `epoll`."""

    def __init__(self, straps: list[Strap]) -> None:
        self._straps = straps
        self._poll = select.epoll()
        self._by_socket: dict[int, Strap] = {}
        self._looked_s = 0.0
        for strap in straps:
            strap.client.on_socket_open = lambda _c, _d, socket, strap=strap: self._open(socket, strap)
            strap.client.on_socket_close = lambda _c, _d, socket: self._close(socket)

    def perform(self, speed: float, over_s: float, seed: int) -> float:
        """Let all speak, the first lines by chance within ``over_s``; return how late the latest line was, in s."""
        chance = random.Random(seed)  # noqa: S311 - no secret
        began_s, late_s = time.monotonic(), 0.0
        agenda = [(began_s + chance.uniform(0.0, over_s), number) for number in range(len(self._straps))]
        heapq.heapify(agenda)
        while agenda:
            due_s, number = agenda[0]
            now_s = time.monotonic()
            self._serve(max(0.0, due_s - now_s))
            if now_s < due_s:
                continue
            late_s = max(late_s, now_s - due_s)
            heapq.heappop(agenda)
            then_s = self._straps[number].speak()
            if then_s is not None:
                heapq.heappush(agenda, (due_s + then_s / speed, number))
        return late_s

    def wait(self, patience_s: float) -> int:
        """Wait until the broker has acknowledged all; return how many messages it has not."""
        until_s = time.monotonic() + patience_s
        while (left := sum(strap.left() for strap in self._straps)) and time.monotonic() < until_s:
            self._serve(0.1)
        for strap in self._straps:
            strap.leave()
        return left

    def _serve(self, wait_s: float) -> None:
        for number, _ in self._poll.poll(min(wait_s, 0.1)):
            if number in self._by_socket:
                self._by_socket[number].hear()
        if time.monotonic() - self._looked_s > EVERY_S:
            self._looked_s = time.monotonic()
            for strap in self._straps:
                strap.look_after()

    def _open(self, socket: Any, strap: Strap) -> None:
        self._by_socket[socket.fileno()] = strap
        self._poll.register(socket.fileno(), select.EPOLLIN)

    def _close(self, socket: Any) -> None:
        if self._by_socket.pop(socket.fileno(), None) is not None:
            self._poll.unregister(socket.fileno())


def main() -> int:
    """Perform; the exit status says whether the broker has acknowledged everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help="the broker")
    parser.add_argument("--straps", type=int, default=3, help="(default: %(default)s)")
    parser.add_argument("--sessions", type=int, default=1, help="of each (default: %(default)s)")
    parser.add_argument("--angles", action=argparse.BooleanOptionalAction, default=True, help="the live traces too")
    parser.add_argument("--links", action="store_true", help="each with outbox and link, as a real strap")
    parser.add_argument("--speed", type=float, default=1.0, help="times as fast as it was (default: %(default)s)")
    parser.add_argument(
        "--over", type=float, default=10.0, help="seconds within which all begin (default: %(default)s)"
    )
    parser.add_argument("--recording", type=Path, default=RECORDING, help="what they all do (default: %(default)s)")
    parser.add_argument("--said", type=Path, help="where it is written down what was said, and when")
    parser.add_argument("--keep", type=Path, help="where every message of QoS 1 is kept, so that it can be said again")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    lines = play(given.recording, angles=given.angles)
    with ExitStack() as closing:
        said, kept = (
            closing.enter_context(path.open("wb", buffering=0)) if path else None for path in (given.said, given.keep)
        )
        notes = Notes(said, kept)
        made = LinkedStrap if given.links else Strap
        straps = [made(number, given.url, lines, given.sessions, notes) for number in range(1, given.straps + 1)]
        stage = Stage(straps)
        late_s = stage.perform(given.speed, given.over, given.seed)
        left = stage.wait(LAST_S)
    said = f"{given.straps} straps, {given.sessions} sessions each, {lines[-1].at_s:.1f} s a session; "
    said += f"the latest line was {1000 * late_s:.0f} ms late; {left} messages were not acknowledged"
    Console().print(said, highlight=False, soft_wrap=True)
    return int(left > 0)


if __name__ == "__main__":
    raise SystemExit(main())
