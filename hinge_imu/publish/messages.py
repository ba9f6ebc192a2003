"""What a session says, as messages: pure, so that a session that is worked through again says the very same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypeAlias

import msgspec

from hinge_imu.config import PublishConfig
from hinge_imu.events import AnyEvent, ClockEvent, RepEvent, SessionEvent, TraceEvent, to_dict
from hinge_imu.publish.angles import AngleBatches
from hinge_imu.publish.trace import Traces
from hinge_imu.samples import Angles, Header
from hinge_imu.topics import TOPICS, Level, schema, topic

Key: TypeAlias = tuple[str, int]
"""What a message is known by: its id and revision."""


class Message(NamedTuple):
    """One message as a broker takes it; ``id`` and ``revision`` stand in the payload as well."""

    level: Level
    topic: str
    payload: bytes
    id: str
    revision: int = 1

    @property
    def key(self) -> Key:
        """What it is known by."""
        return self.id, self.revision

    @property
    def qos(self) -> int:
        """MQTT's quality of service: 0 for the moment only, 1 until the broker has it."""
        return TOPICS[self.level].qos

    @property
    def retained(self) -> bool:
        """Whether the broker keeps the last for whoever comes later."""
        return TOPICS[self.level].retained


class Messages:
    """Makes messages of what one session says; ids follow from the session, the level, and the order within it.

    ``header`` is the session's, with its start and its athlete as they are known by now.
    """

    def __init__(self, header: Header) -> None:
        self.header = header
        self._said = dict.fromkeys(TOPICS, 0)
        self._angles = AngleBatches()
        self._traces = Traces()

    def event(self, event: AnyEvent) -> list[Message]:
        """Return the message of an event; after a confirmed rep its trace, and none of the clock.

        That the clock is known is said by the session's event that follows.
        """
        if isinstance(event, ClockEvent):
            return []
        if isinstance(event, SessionEvent):
            known = {"started_utc": event.started_utc, "athlete": event.athlete}
            self.header = msgspec.structs.replace(self.header, **known)
        told: list[AnyEvent | TraceEvent] = [event]
        if isinstance(event, RepEvent) and event.status == "confirmed":
            told.append(self._traces.trace(event))
        return [self._message(fields["event"], fields) for fields in map(to_dict, told)]

    def angles(self, angles: Angles) -> list[Message]:
        """Return the angles that came, thinned to 50 a second and gathered to 20 messages a second."""
        self._traces.push(angles.sagittal)
        return [self._message("angles", fields) for fields in self._angles.push(angles.sagittal)]

    def finish(self) -> list[Message]:
        """Return the angles that are left."""
        return [self._message("angles", fields) for fields in self._angles.finish()]

    def _message(self, level: Level, fields: dict[str, Any]) -> Message:
        self._said[level] += 1
        at_s = fields[TOPICS[level].clock]
        if isinstance(at_s, list):
            at_s = at_s[0] if at_s else None
        common = {
            "id": f"{self.header.session_id}-{level}-{self._said[level]}",
            "time": utc(self.header.started_utc, at_s),
        }
        return message(self.header.config.publish, level, self.header, {**common, **fields})


def message(config: PublishConfig, level: Level, header: Header | None, fields: dict[str, Any]) -> Message:
    """Return the message of these fields, which include its ``id``, with those that all messages share."""
    common = {
        "schema": schema(level),
        "session_id": header.session_id if header is not None else None,
        "athlete": header.athlete if header is not None else None,
        "id": None,
        "revision": 1,
        "time": None,
    }
    whole = {**common, **fields}
    return Message(level, topic(config, level), msgspec.json.encode(whole), whole["id"], whole["revision"])


def utc(started_utc: str | None, t_s: float | None) -> str | None:
    """Return the UTC of session time ``t_s`` as ISO 8601 in ms; None where the clock was not known."""
    if started_utc is None or t_s is None:
        return None
    started = datetime.fromisoformat(started_utc)
    if started.tzinfo is None:
        started = started.replace(tzinfo=UTC)
    moment = started.astimezone(UTC) + timedelta(seconds=t_s)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
