"""A simulated lifter with a strap, in a process of its own: several of them fill the demo's gym.

Each has its own chips, driver, pipeline, recording and outbox, as straps have; only the chips are simulated.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import msgspec
import numpy as np

from hinge_imu.app.live import live
from hinge_imu.config import load
from hinge_imu.simulate import repertoire
from hinge_imu.simulate.strap import strap
from hinge_imu.simulate.styles import Tempo

GYM = "demo"
REPS = 5
"""In a set. Chosen."""

LONGEST_S = 1800.0
"""After so long they have lifted enough, and stand still. Chosen."""


class Part(msgspec.Struct, frozen=True):
    """Who lifts what, and how well; every other rep has the ``fault``, by ``beyond`` more than its limit."""

    athlete: str
    exercise: str
    tempo: Tempo | None = None
    fault: str | None = None
    beyond: float | None = None
    seed: int = 0


PARTS = (
    Part("Ada", "rdl", tempo=(3.0, 1.0, 1.0, 1.0), seed=8),
    Part("Ben", "deadlift", fault="incomplete_lockout", seed=3),
    Part("Cleo", "hinge", fault="spine_rounding", beyond=8.0, seed=5),
)
"""One who keeps spine and tempo, one who is nearly there, and one who has much to learn. Chosen."""


class Order(msgspec.Struct, frozen=True):
    """What a process is to do: its part, at which broker, and where it records."""

    part: Part
    number: int
    url: str
    folder: str
    seconds: float | None


@contextmanager
def lifters(url: str, folder: Path, seconds: float | None, parts: Sequence[Part] = PARTS) -> Iterator[None]:
    """Let them all lift for so long, or until the end; then wait until their recordings are closed."""
    running = []
    for number, part in enumerate(parts, 1):
        order = msgspec.json.encode(Order(part, number, url, str(folder), seconds)).decode()
        command = [sys.executable, "-m", "hinge_imu.app.lifting", order]
        running.append(subprocess.Popen(command, stdin=subprocess.PIPE))  # noqa: S603 - this program
    try:
        yield
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.communicate()


def perform(order: Order) -> None:
    """Lift, and let the strap say it."""
    part, rng = order.part, np.random.default_rng(order.part.seed)
    lifter = repertoire.session(
        rng,
        part.exercise,
        sets=_sets(order.seconds or LONGEST_S),
        reps=REPS,
        tempo=part.tempo,
        fault=part.fault,
        beyond=part.beyond,
        with_distractors=False,
    )
    config = load()
    publish = msgspec.structs.replace(config.publish, gym=GYM, strap=f"strap-{order.number}", mqtt=order.url)
    config = msgspec.structs.replace(config, publish=publish)
    tempo = "-".join(f"{digit:g}" for digit in part.tempo) if part.tempo else None
    folder = Path(order.folder) / publish.strap
    with strap(lifter, config, rng, time.monotonic_ns).installed():
        live(
            config,
            tell=lambda _: None,
            seconds=order.seconds,
            recordings=folder,
            simulated=True,
            athlete=part.athlete,
            exercise=part.exercise,
            tempo=tempo,
        )


def _leave_with_who_started_it() -> None:
    """End as at a signal when nobody holds the other end of the standard input any more, however they ended."""
    os.read(sys.stdin.fileno(), 1)
    os.kill(os.getpid(), signal.SIGTERM)


def _sets(seconds: float) -> int:
    """Return enough for so long: no set with its rest is over within half a minute."""
    return max(1, round(seconds / 30.0))


if __name__ == "__main__":
    Thread(target=_leave_with_who_started_it, daemon=True).start()
    perform(msgspec.json.decode(sys.argv[1], type=Order))
