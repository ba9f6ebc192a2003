"""What a broker does not take: it waits, and is tried again, while the rest goes on."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from hinge_imu.publish.messages import Message
from hinge_imu.topics import Level

FIRST_S, LONGEST_S = 5.0, 300.0
"""How long a level waits after its first refusal, and at most. Chosen."""

_log = logging.getLogger(__name__)


@dataclass
class Hold:
    """A level that waits until a time of the monotonic clock, and for how long it was told to."""

    until_s: float
    wait_s: float


class Refusals:
    """Levels whose messages the broker has refused; only MQTT 5 tells. Rights are given by topic, so levels wait whole.

    ``trouble`` is called with a sentence when there is one, with None when there is none any more.
    """

    def __init__(self, trouble: Callable[[str | None], object]) -> None:
        self._trouble = trouble
        self._holds: dict[Level, Hold] = {}

    def levels(self) -> list[Level]:
        """Return which are not to be tried now."""
        return [level for level, hold in self._holds.items() if hold.until_s > time.monotonic()]

    def hold(self, message: Message, reason: str) -> None:
        """Let a refused message's level wait, each time for longer."""
        now, hold = time.monotonic(), self._holds.get(message.level)
        if hold is None:
            self._holds[message.level] = Hold(now + FIRST_S, FIRST_S)
            sentence = (
                f"the broker refuses {message.topic} ({reason}): what is said there waits, and is tried again; "
                "look at what this strap's user may write"
            )
            _log.warning("%s", sentence)
            self._trouble(sentence)
        elif hold.until_s <= now:
            wait_s = min(LONGEST_S, 2 * hold.wait_s)
            self._holds[message.level] = Hold(now + wait_s, wait_s)

    def lift(self, level: Level) -> None:
        """Take note that the broker has taken one of this level."""
        if self._holds.pop(level, None) is not None and not self._holds:
            self._trouble(None)
