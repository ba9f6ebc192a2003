"""Writes the JSON Schema of the events anew: `python docs/schema/make.py`."""

import json
from pathlib import Path

from hinge_imu.schema import json_schema

if __name__ == "__main__":
    text = json.dumps(json_schema(), indent=1) + "\n"
    (Path(__file__).parent / "events.json").write_text(text, encoding="utf-8")
