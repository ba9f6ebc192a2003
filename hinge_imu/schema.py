"""The JSON Schema of all that is said, made from the code."""

from __future__ import annotations

import inspect
from typing import Any

import msgspec

from hinge_imu.events import AnyEvent
from hinge_imu.verdict import DrillEvent


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of what is said; it is kept under ``docs/schema/`` for other programs."""
    schema = msgspec.json.schema(AnyEvent | DrillEvent)
    for definition in schema["$defs"].values():
        if "description" in definition:
            # How docstrings are indented depends on Python's version.
            definition["description"] = inspect.cleandoc(definition["description"])
    return schema
