"""What makes Home Assistant find a strap by itself: a retained message for each thing that it can show or press.

The form is that of its MQTT discovery, ``{prefix}/{component}/{node}/{object}/config``
(https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery); values are taken from the levels as they are.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

import msgspec

from hinge_imu.config import PublishConfig
from hinge_imu.publish.messages import Message
from hinge_imu.topics import Level, topic

PREFIX = "homeassistant"
"""Where Home Assistant looks, unless it was told otherwise."""

_ONLINE = "value_json.status == 'online'"
_DEGREES = {"unit_of_measurement": "°", "state_class": "measurement"}
_SHOWN: dict[str, tuple[str, Level, str, dict[str, Any]]] = {
    # A rep that is taken back was counted before.
    "reps": (
        "Reps of the set",
        "rep",
        "{{ value_json.rep - (1 if value_json.status == 'retracted' else 0) }}",
        {"icon": "mdi:counter"},
    ),
    "exercise": ("Exercise", "rep", "{{ value_json.exercise }}", {"icon": "mdi:weight-lifter"}),
    "tempo": ("Tempo of the last rep", "rep", "{{ value_json.tempo }}", {"icon": "mdi:metronome"}),
    "spine_flexion": ("Spine flexion of the last rep", "rep", "{{ value_json.spine_flexion_peak_deg }}", _DEGREES),
    "pelvis_rom": ("Hip hinge of the last rep", "rep", "{{ value_json.pelvis_rom_deg }}", _DEGREES),
    "fault": ("Last fault", "fault", "{{ value_json.name }}", {"icon": "mdi:alert-outline"}),
    "sets": ("Sets of the session", "session", "{{ value_json.sets }}", {"icon": "mdi:format-list-numbered"}),
    # A state of Home Assistant has at most 255 characters.
    "notice": ("Last notice", "notice", "{{ value_json.text[:255] }}", {"icon": "mdi:message-outline"}),
}
_PRESSED = {"start": "Start a session or a set", "stop": "End the session"}


def discovery(config: PublishConfig) -> list[Message]:
    """Return the messages, to be retained; none where ``discovery`` is off."""
    if not config.discovery:
        return []
    return [*_connectivity(config), *_sensors(config), *_buttons(config)]


def node(config: PublishConfig) -> str:
    """Return the strap's name as Home Assistant allows one; other than letters, digits and - get it a number."""
    plain = "_".join(re.sub(r"[^A-Za-z0-9-]", "-", name) for name in (config.gym, config.strap))
    exact = f"{config.gym}/{config.strap}"
    number = "" if plain == exact.replace("/", "_") else f"-{hashlib.sha256(exact.encode()).hexdigest()[:8]}"
    return f"hinge-{plain}{number}"


def _connectivity(config: PublishConfig) -> list[Message]:
    template = f"{{{{ 'ON' if {_ONLINE} else 'OFF' }}}}"
    state = {"state_topic": topic(config, "status"), "value_template": template, "device_class": "connectivity"}
    return [_message(config, "binary_sensor", "status", {"name": "Connection", **state})]


def _sensors(config: PublishConfig) -> list[Message]:
    return [
        _message(
            config,
            "sensor",
            key,
            {"name": name, "state_topic": topic(config, level), "value_template": template, **more, **_there(config)},
        )
        for key, (name, level, template, more) in _SHOWN.items()
    ]


def _buttons(config: PublishConfig) -> list[Message]:
    return [
        _message(
            config,
            "button",
            command,
            {
                "name": name,
                "command_topic": topic(config, "command"),
                "payload_press": msgspec.json.encode({"command": command}).decode(),
                "qos": 1,
                **_there(config),
            },
        )
        for command, name in _PRESSED.items()
    ]


def _there(config: PublishConfig) -> dict[str, Any]:
    """Return when it is to be believed: only while the strap is there."""
    return {
        "availability_topic": topic(config, "status"),
        "availability_template": f"{{{{ 'online' if {_ONLINE} else 'offline' }}}}",
    }


def _message(config: PublishConfig, component: str, key: str, fields: dict[str, Any]) -> Message:
    strap = node(config)
    common = {
        "unique_id": f"{strap}-{key}",
        "device": {
            "identifiers": [strap],
            "name": f"Strap {config.strap} ({config.gym})",
            "manufacturer": "hinge-imu",
            "model": "two MPU-6050 on a Raspberry Pi",
        },
        "origin": {"name": "hinge-imu"},
    }
    where = f"{PREFIX}/{component}/{strap}/{key}/config"
    # Sent and kept as `meta` is.
    return Message("meta", where, msgspec.json.encode({**fields, **common}), where)
