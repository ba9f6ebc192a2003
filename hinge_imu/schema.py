"""The JSON Schema of all that is said, made from the code."""

from __future__ import annotations

import inspect
from typing import Any

import msgspec

from hinge_imu.events import AnyEvent
from hinge_imu.verdict import DrillEvent

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a line of ``--json``; it is kept under ``docs/schema/`` for other programs."""
    [schema], definitions = components(AnyEvent | DrillEvent)
    file = {"type": "string", "description": "Which of the recordings that were replayed said it."}
    return {"$schema": DIALECT, "properties": {"file": file}, **schema, "$defs": definitions}


def components(*types: Any) -> tuple[tuple[dict[str, Any], ...], dict[str, Any]]:
    """Return the JSON Schema of each type, and the definitions that they share, for ``#/$defs/``."""
    schemas, definitions = msgspec.json.schema_components(types, ref_template="#/$defs/{name}")
    for definition in definitions.values():
        if "description" in definition:
            # How docstrings are indented depends on Python's version.
            definition["description"] = inspect.cleandoc(definition["description"])
    return schemas, definitions
