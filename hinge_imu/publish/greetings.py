"""What the broker keeps of a strap for whoever comes later: whether it is there, and what it is doing."""

from __future__ import annotations

import secrets
from itertools import count
from typing import Literal

from hinge_imu.config import PublishConfig
from hinge_imu.publish.messages import Message, message
from hinge_imu.samples import Header

Status = Literal["online", "offline", "lost"]
SHOWN = ("rate_hz", "worn", "exercise", "tempo", "started_utc", "simulated", "labels")
"""What ``meta`` tells of a session."""


class Greetings:
    """Makes them, for one run of the program: each has an id of its own, as what they say changes."""

    def __init__(self, config: PublishConfig) -> None:
        self._config = config
        self._run = secrets.token_hex(6)
        self._number = count(1)

    def status(self, status: Status, header: Header | None) -> Message:
        """Return how the strap is; its ``session_id`` is null while it has no session."""
        return message(self._config, "status", header, {"id": self._id("status"), "status": status})

    def meta(self, header: Header) -> Message:
        """Return what a session is."""
        fields = {name: getattr(header, name) for name in SHOWN}
        return message(self._config, "meta", header, {"id": self._id("meta"), **fields})

    def _id(self, level: str) -> str:
        return f"{self._run}-{level}-{next(self._number)}"
