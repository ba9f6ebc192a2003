import json
from pathlib import Path

from hinge_imu.schema import json_schema

KEPT = Path(__file__).parents[1] / "docs" / "schema" / "events.json"


def test_the_schema_that_other_programs_read_is_that_of_the_code():
    assert json.loads(KEPT.read_text()) == json_schema(), "run: python docs/schema/make.py"
