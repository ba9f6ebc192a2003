"""Every input that ever broke something, those the fuzzers begin with, and changes of both: none breaks anything."""

from pathlib import Path
from runpy import run_path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

FOLDER = Path(__file__).parent
TARGETS = run_path(str(FOLDER / "targets.py"))["TARGETS"]
INPUTS = sorted(FOLDER.glob("corpus/*/*"))


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_an_input_is_used_or_refused_with_the_right_error(path):
    TARGETS[path.parent.name](path.read_bytes())


def test_there_are_inputs_for_every_target():
    assert {path.parent.name for path in INPUTS} == set(TARGETS)


@st.composite
def changed(draw, target):
    """An input with some of its bytes changed, taken out, or said twice."""
    data = bytearray(draw(st.sampled_from([path for path in INPUTS if path.parent.name == target])).read_bytes())
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        data[at : at + draw(st.integers(0, 8))] = draw(st.binary(max_size=8))
    return bytes(data)


@pytest.mark.parametrize("target", TARGETS)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_changed_input_is_used_or_refused_as_well(target, data):
    TARGETS[target](data.draw(changed(target)))
