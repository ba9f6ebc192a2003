"""The closed set of things the pipeline says: frozen structs, in degrees and seconds because people read these.

The public JSON, and its schema, are made from these classes; field names are fixed, adding is fine.
"""

from __future__ import annotations

import inspect
from typing import Any, Literal, TypeAlias

import msgspec

from hinge_imu.config import Exercise, Segment

Status = Literal["provisional", "confirmed", "retracted"]
FaultName = Literal["spine_rounding"]


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event"):
    """What all events share: frozen, named fields, and the name of its kind under ``event``."""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One fault of a rep with its evidence: how much, against which limit, and when (s)."""

    name: FaultName
    value: float
    limit: float
    unit: Literal["deg"]
    at_s: float


class RepEvent(_Event, frozen=True, kw_only=True, tag="rep"):
    """One rep; whoever receives keeps the highest revision of each id. What could not be measured is null.

    ``said_s`` is the time of the last sample that had arrived when the rep was first said. ``spine_share`` is
    spine flexion over thorax inclination at the bottom.
    """

    id: str
    revision: int
    set: int
    rep: int
    exercise: Exercise
    status: Status
    said_s: float
    start_s: float
    bottom_s: float
    end_s: float
    eccentric_s: float | None
    bottom_pause_s: float | None
    concentric_s: float | None
    top_pause_s: float | None
    tempo: str
    pelvis_rom_deg: float | None
    thorax_rom_deg: float | None
    spine_flexion_peak_deg: float | None
    spine_share: float | None
    faults: tuple[Fault, ...]


class FaultEvent(_Event, frozen=True, kw_only=True, tag="fault"):
    """A fault, said by itself with the first revision of its rep that shows it."""

    rep_id: str
    name: FaultName
    value: float
    limit: float
    unit: Literal["deg"]
    at_s: float


class SetEvent(_Event, frozen=True, kw_only=True, tag="set"):
    """A set that has ended: its number, how many reps, from the first onset to the last lockout (s)."""

    id: str
    set: int
    exercise: Exercise
    reps: int
    start_s: float
    end_s: float


class SensorEvent(_Event, frozen=True, kw_only=True, tag="sensor"):
    """A sensor's stream had a hole from ``at_s`` on that was too wide to bridge, ``lost_s`` long."""

    segment: Segment
    what: Literal["gap"]
    at_s: float
    lost_s: float


class NoticeEvent(_Event, frozen=True, kw_only=True, tag="notice"):
    """A plain sentence about the session that a person should read."""

    text: str
    at_s: float


AnyEvent: TypeAlias = RepEvent | FaultEvent | SetEvent | SensorEvent | NoticeEvent


_DECODER: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


Said: TypeAlias = tuple[float, AnyEvent]
"""An event, and the time (s) of the sample that decided it."""


def to_dict(event: AnyEvent) -> dict[str, Any]:
    """Return the event as plain values, its kind under ``event``."""
    built: dict[str, Any] = msgspec.to_builtins(event)
    return built


def decode(data: bytes) -> AnyEvent:
    """Read an event back from its JSON; raises `msgspec.ValidationError` where it is not one."""
    return _DECODER.decode(data)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of what is said; it is kept under ``docs/schema/`` for other programs."""
    schema = msgspec.json.schema(AnyEvent)
    for definition in schema["$defs"].values():
        if "description" in definition:
            # How docstrings are indented depends on Python's version.
            definition["description"] = inspect.cleandoc(definition["description"])
    return schema
