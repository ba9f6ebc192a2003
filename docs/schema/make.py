"""Writes anew what other programs read of the messages: `python docs/schema/make.py`."""

import json
from pathlib import Path

from hinge_imu.publish.schemas import asyncapi, messages
from hinge_imu.schema import json_schema

if __name__ == "__main__":
    here = Path(__file__).parent
    for path, made in {
        here / "events.json": json_schema(),
        here / "messages.json": messages(),
        here.parent / "asyncapi.json": asyncapi(),
    }.items():
        path.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
