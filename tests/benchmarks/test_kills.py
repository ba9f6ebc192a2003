"""A short kill campaign, on the installed program: killed twice in a session, once with its broker."""

import importlib
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def kills():
    sys.path.insert(0, str(FOLDER))
    try:
        yield importlib.import_module("kills")
    finally:
        sys.path.remove(str(FOLDER))


def test_what_was_confirmed_arrives_once_with_its_trace_whatever_is_killed(kills, monkeypatch):
    monkeypatch.setattr(kills, "LIVE_S", (0.0, 1.0))
    monkeypatch.setattr(kills, "AWAY_S", (0.1, 0.5))
    done = kills.piece(["strap and broker", "disk and strap"], seed=3, lifted=True)
    assert done["settled"]
    assert (done["status"], done["ended_by_itself"], done["starts"]) == (0, 0, 3)
    assert done["confirmed"] >= 1
    assert (done["missing"], done["without_trace"]) == ([], [])
    assert done["kills_in_a_session"] >= 1
    assert done["longest_missing_s"] <= kills.LOST_S
