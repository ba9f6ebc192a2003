"""What goes over the wire, for other programs: the JSON Schema of every level's messages, and AsyncAPI of the tree."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

import msgspec

from hinge_imu.config import Segment
from hinge_imu.events import AnyEvent, TraceEvent
from hinge_imu.profiles import exercises
from hinge_imu.publish.commands import AnyCommand
from hinge_imu.schema import DIALECT, components
from hinge_imu.topics import ROOT, TOPICS, Level, schema

Utc = Annotated[str, msgspec.Meta(description="UTC, ISO 8601, in ms.", examples=["2025-01-31T17:05:16.520Z"])]
Revision = Annotated[int, msgspec.Meta(ge=1)]


class Common(msgspec.Struct, kw_only=True):
    """What every message of a strap says of itself: whoever receives keeps the highest revision of each id.

    ``time`` is null until the clock is known; a later ``session`` message has the UTC of session time 0. ``session_id``
    is null while no session runs, ``athlete`` while nobody has said who wears the strap.
    """

    session_id: str | None
    athlete: str | None
    id: str
    revision: Revision
    time: Utc | None


class Status(msgspec.Struct, kw_only=True):
    """Whether the strap is there: ``lost`` is said by the broker when it has not heard from it, and kept."""

    status: Literal["online", "offline", "lost"]


class Meta(msgspec.Struct, kw_only=True):
    """What the running session is, kept for whoever comes later."""

    rate_hz: float
    worn: tuple[Segment, ...]
    exercise: str
    tempo: str | None
    started_utc: str | None
    simulated: bool
    labels: dict[str, str]


class Batch(msgspec.Struct, kw_only=True):
    """Angles as they are measured, for a live picture: at most 50 a second in 20 messages, null where not valid."""

    t_s: list[float]
    pelvis_deg: list[float | None]
    thorax_deg: list[float | None]
    spine_deg: list[float | None]


_EVENTS: dict[str, Any] = {each.__struct_config__.tag: each for each in (*get_args(AnyEvent), TraceEvent)}
SAID: dict[Level, Any] = {
    level: {"status": Status, "meta": Meta, "angles": Batch}.get(level) or _EVENTS[level]
    for level in TOPICS
    if level != "command"
}
"""The type of what each of the strap's levels says, besides `Common`."""


def messages() -> dict[str, Any]:
    """Return the JSON Schema of the messages: ``#/$defs/{level}`` is that of a level."""
    (command, *_), definitions = components(AnyCommand, Common, *SAID.values())
    # The names that there are come with the package, as data.
    definitions["Exercise"]["properties"]["exercise"]["enum"] = list(exercises())
    levels = {level: _message(level, said) for level, said in SAID.items()}
    levels["command"] = {"description": "What a strap may be told.", **command}
    return {
        "$schema": DIALECT,
        "anyOf": [{"$ref": f"#/$defs/{level}"} for level in levels],
        "$defs": {**levels, **definitions},
    }


def _message(level: Level, said: type) -> dict[str, Any]:
    return {
        "description": _first_line(said),
        "type": "object",
        "properties": {"schema": {"const": schema(level)}},
        "required": ["schema"],
        "allOf": [{"$ref": "#/$defs/Common"}, {"$ref": f"#/$defs/{said.__name__}"}],
    }


def _first_line(said: type) -> str:
    return (said.__doc__ or "").splitlines()[0]


def asyncapi() -> dict[str, Any]:
    """Return the AsyncAPI 3.0 description of the tree; its messages are those of `messages`, kept in ``schema/``."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "hinge-imu",
            "version": "1.0.0",
            "description": "What a strap says and hears over MQTT; docs/mqtt.md says it in words.",
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "channels": {level: _channel(level) for level in TOPICS},
        "operations": {level: _operation(level) for level in TOPICS},
        "components": {
            "parameters": {
                "gym": {"description": "`gym` under `[publish]` of the strap's configuration."},
                "strap": {"description": "`strap` there: one name for each strap of a gym."},
            },
            "messages": {
                level: {"name": level, "payload": {"$ref": f"schema/messages.json#/$defs/{level}"}} for level in TOPICS
            },
        },
    }


def _channel(level: Level) -> dict[str, Any]:
    return {
        "address": f"{ROOT}/{{gym}}/{{strap}}/{level}",
        "parameters": {name: {"$ref": f"#/components/parameters/{name}"} for name in ("gym", "strap")},
        "messages": {level: {"$ref": f"#/components/messages/{level}"}},
    }


def _operation(level: Level) -> dict[str, Any]:
    how = TOPICS[level]
    return {
        "action": "receive" if level == "command" else "send",
        "summary": "What the strap is told." if level == "command" else _first_line(SAID[level]),
        "channel": {"$ref": f"#/channels/{level}"},
        "messages": [{"$ref": f"#/channels/{level}/messages/{level}"}],
        "bindings": {"mqtt": {"qos": how.qos, "retain": how.retained, "bindingVersion": "0.2.0"}},
    }
