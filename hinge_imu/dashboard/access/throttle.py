"""How often somebody may try: so many times at once, then one more each so many seconds, in bounded memory."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from threading import Lock

KEYS = 10_000
"""So many names or addresses are remembered; whoever has not tried for longest is forgotten first. Chosen."""


class Throttle:
    """Each key may try ``most`` times at once, and once more each ``refill_s`` seconds."""

    def __init__(
        self, most: int, refill_s: float, *, keys: int = KEYS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = most
        self._refill_s = refill_s
        self._keys = keys
        self._clock = clock
        self._full_at: OrderedDict[str, float] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._full_at)

    def take(self, key: str) -> float:
        """Count a try and return 0; or return in how many seconds there may be one, and count nothing."""
        with self._lock:
            now = self._clock()
            full_at = max(self._full_at.get(key, now), now) + self._refill_s
            wait_s = full_at - now - self._most * self._refill_s
            if wait_s > 0:
                return wait_s
            self._full_at[key] = full_at
            self._full_at.move_to_end(key)
            if len(self._full_at) > self._keys:
                self._full_at.popitem(last=False)
            return 0.0

    def forgive(self, key: str) -> None:
        """Forget all tries of a key."""
        with self._lock:
            self._full_at.pop(key, None)


def neighbourhood(address: str) -> str:
    """Return what counts as one address: all of a /64 in IPv6, of which every household has one (RFC 6177)."""
    try:
        found = ip_address(address)
    except ValueError:
        return address[:64]
    if found.version == 4:
        return str(found)
    mapped = found.ipv4_mapped
    return str(mapped) if mapped else str(ip_network((found, 64), strict=False))
