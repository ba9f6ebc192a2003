"""The whole product without hardware: simulated chips, the real driver, recording, broker, and a coach who listens."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import msgspec
import numpy as np

from hinge_imu.app.folders import default_recordings
from hinge_imu.app.live import live
from hinge_imu.config import Config
from hinge_imu.events import RepEvent
from hinge_imu.publish.broker import PrivateBroker
from hinge_imu.publish.coach import Coach
from hinge_imu.simulate.lifter import Lifter
from hinge_imu.simulate.strap import fitting, strap

LEAST_S = 12.0
"""Two seconds of standing at either end, one rep between them, and the time it takes to be sure of it."""

READY_S = 1.0
"""The chips need a moment to start before the lifter's time begins to count."""

QUIET_S = 0.5
"""How long the broker must be silent, once the session is over, for the coach to have heard everything."""


@dataclass(frozen=True)
class Demonstration:
    """What came of it: reps made by the lifter, reps that reached the coach, where it is recorded.

    ``whole`` is false where somebody stopped it before its time.
    """

    made: int
    arrived: int
    recording: Path
    whole: bool


def demo(
    config: Config,
    *,
    seconds: float,
    hear: Callable[[str, dict[str, Any]], None],
    say: Callable[[str], None],
    recordings: Path | None = None,
) -> Demonstration:
    """Let a simulated lifter make as many reps as fit into ``seconds``; ``hear`` gets each message from the broker.

    Raises
    ------
    ValueError
        Where not even one rep fits.
    RuntimeError
        Where no broker is installed; the message says what to install.
    """
    if seconds < LEAST_S:
        raise ValueError(f"{seconds:g} s are too short for one rep; give at least {LEAST_S:g}")
    rng = np.random.default_rng()
    lifter = Lifter(fitting(rng, seconds - READY_S), rng)
    with ExitStack() as closing:
        broker = closing.enter_context(PrivateBroker())
        publish = msgspec.structs.replace(config.publish, gym="demo", strap="simulated", mqtt=broker.url)
        config = msgspec.structs.replace(config, publish=publish)
        coach = closing.enter_context(Coach(broker.url, publish.gym))
        heard = Hearing(coach, hear)
        closing.enter_context(strap(lifter, config, rng, time.monotonic_ns).installed())
        made = len(lifter.timetable.reps)
        what = f"{made} reps" if made > 1 else "one rep"
        say(f"a simulated lifter makes {what} in {seconds:.0f} s; {broker.name} carries what is said to the coach")
        began = time.monotonic()
        outcome = live(
            config,
            tell=lambda _: None,
            seconds=seconds,
            # Not among the sessions of people: their outbox is for another broker.
            recordings=recordings or default_recordings() / "demo",
            simulated=True,
            athlete="simulated lifter",
        )
        whole = time.monotonic() - began >= seconds
        return Demonstration(made, heard.finish(), outcome.recording, whole)


class Hearing:
    """Listens as a coach does, in a thread of its own, and counts the reps that stand."""

    def __init__(self, coach: Coach, hear: Callable[[str, dict[str, Any]], None]) -> None:
        self._coach = coach
        self._hear = hear
        self._status: dict[str, str] = {}
        self._over = False
        self._thread = Thread(target=self._listen, name="coach", daemon=True)
        self._thread.start()

    def finish(self) -> int:
        """Return how many reps have arrived, once nothing more comes."""
        self._over = True
        self._thread.join()
        return sum(status != "retracted" for status in self._status.values())

    def _listen(self) -> None:
        while True:
            over = self._over
            for topic, message in self._coach.messages(QUIET_S):
                self._hear(topic, message)
                if message.get("event") == "rep":
                    self._status[message["id"]] = message["status"]
            if over:
                return


def rep_of(message: dict[str, Any]) -> RepEvent:
    """Return the rep that a broker's message carries."""
    return msgspec.convert(message, RepEvent)
