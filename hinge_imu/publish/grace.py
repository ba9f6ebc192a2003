"""What the broker has acknowledged and may not have written down: it is kept until a broker that dies would have it."""

from __future__ import annotations

import time
from collections import deque

from hinge_imu.publish.messages import Key

GRACE_S = 3.0
"""So long after its acknowledgement a message is kept: mosquitto writes down what waits within 2 s
(``autosave_interval 1`` in firmware_config/mosquitto/hinge-imu.conf), and has a second for the writing itself."""

EVERY_S = 1.0
"""They are let go of so often, each for at most so long too late: one transaction for many. Chosen."""

MOST = 20_000
"""No more are kept, the oldest go before their time: some 5 MB, at 7000 messages a second. Chosen."""


class Grace:
    """Keys of messages, in the order in which they were acknowledged; for one connection, and one thread."""

    def __init__(self) -> None:
        self._keys: deque[tuple[float, Key]] = deque()

    def add(self, key: Key) -> None:
        """Keep one that has just been acknowledged."""
        self._keys.append((time.monotonic(), key))

    def over(self) -> list[Key]:
        """Let go of those whose time is over, and return them."""
        until_s = time.monotonic() - GRACE_S
        if not self._keys or (self._keys[0][0] > until_s - EVERY_S and len(self._keys) <= MOST):
            return []
        gone = []
        while self._keys and (self._keys[0][0] <= until_s or len(self._keys) > MOST):
            gone.append(self._keys.popleft()[1])
        return gone

    def all(self) -> list[Key]:
        """Let go of all, and return them."""
        gone = [key for _, key in self._keys]
        self._keys.clear()
        return gone
