"""The tree ``hinge/v1/{gym}/{strap}/{level}``: what is said on which level, and how surely it arrives."""

from __future__ import annotations

from typing import Literal, NamedTuple

from hinge_imu.config import PublishConfig

ROOT = "hinge/v1"

Level = Literal[
    "status",
    "meta",
    "angles",
    "rep",
    "trace",
    "set",
    "fault",
    "failed",
    "cue",
    "mark",
    "sensor",
    "notice",
    "session",
    "command",
]


class Topic(NamedTuple):
    """How one level is sent: MQTT's QoS (0 at most once, 1 at least once), and whether the broker keeps the last.

    ``clock`` is the field of its events that says when it was said, in session seconds; of several times the first.
    """

    qos: Literal[0, 1]
    retained: bool = False
    clock: str = "at_s"


# A level is named as the kind of its events.
TOPICS: dict[Level, Topic] = {
    "status": Topic(qos=1, retained=True),
    "meta": Topic(qos=1, retained=True),
    "angles": Topic(qos=0, clock="t_s"),
    "rep": Topic(qos=1, clock="said_s"),
    "trace": Topic(qos=1, clock="t_s"),
    "set": Topic(qos=1, clock="end_s"),
    "fault": Topic(qos=1),
    "failed": Topic(qos=1),
    "cue": Topic(qos=0, clock="said_s"),
    "mark": Topic(qos=1),
    "sensor": Topic(qos=1),
    "notice": Topic(qos=1),
    "session": Topic(qos=1, clock="end_s"),
    "command": Topic(qos=1),  # the only one that is said to the strap
}


def topic(config: PublishConfig, level: str) -> str:
    """Return the full topic of a strap's level."""
    return f"{ROOT}/{config.gym}/{config.strap}/{level}"


def schema(level: str) -> str:
    """Return the name of the JSON Schema that a level's messages follow."""
    return f"{ROOT}/{level}"
