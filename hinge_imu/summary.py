"""What is left to say when a session is over: how many sets and reps, and how the sensors did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from hinge_imu.config import Segment
from hinge_imu.events import (
    AnyEvent,
    ClockEvent,
    MarkEvent,
    RepEvent,
    SensorEvent,
    SensorSummary,
    SessionEvent,
    SetEvent,
)
from hinge_imu.motion.health import Health
from hinge_imu.samples import Header


class Summary:
    """Counts everything that is said."""

    def __init__(self, header: Header) -> None:
        self._session = header.session_id
        self._worn = header.worn
        self._sets = self._reps = self._revision = 0
        self._started_utc, self._athlete = header.started_utc, header.athlete
        self._facts: dict[Segment | None, Counter[str]] = {segment: Counter() for segment in (None, *header.worn)}
        self._lost_s: dict[Segment | None, float] = dict.fromkeys((None, *header.worn), 0.0)

    def count(self, events: Iterable[AnyEvent]) -> list[AnyEvent]:
        """Take the next events, and return them."""
        events = list(events)
        for event in events:
            if isinstance(event, RepEvent):
                self._reps += (event.revision == 1) - (event.status == "retracted")
            elif isinstance(event, SetEvent):
                self._sets += 1
            elif isinstance(event, SensorEvent):
                self._facts[event.segment][event.what] += 1
                self._lost_s[event.segment] += (event.lost_s or 0.0) if event.what == "gap" else 0.0
            elif isinstance(event, ClockEvent):
                self._started_utc = event.started_utc
            elif isinstance(event, MarkEvent) and event.what == "athlete":
                self._athlete = event.text
        return events

    def session(self, health: Health) -> SessionEvent:
        """Return the summary of all that was counted."""
        so_far = self.so_far(health.end_s)
        sensors = {segment: self._sensor(segment, health) for segment in self._worn}
        counted = {"sets": self._sets, "reps": self._reps, "sensors": sensors, "bus": dict(self._facts[None])}
        return msgspec.structs.replace(so_far, state="ended", **counted)

    def so_far(self, at_s: float) -> SessionEvent:
        """Return what is known of the session by then; how much was counted depends on how far the work is."""
        self._revision += 1
        return SessionEvent(
            id=f"{self._session}-session",
            end_s=at_s,
            sets=None,
            reps=None,
            sensors={},
            bus={},
            revision=self._revision,
            state="open",
            started_utc=self._started_utc,
            athlete=self._athlete,
        )

    def _sensor(self, segment: Segment, health: Health) -> SensorSummary:
        return SensorSummary(
            samples=health.samples[segment],
            left_out=health.left_out[segment],
            lost_s=self._lost_s[segment],
            events=dict(self._facts[segment]),
        )
