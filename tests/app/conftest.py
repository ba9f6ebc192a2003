"""Recordings made once for all tests of the wiring, by the simulated lifter on real driver code."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hinge_imu.app.simulation import simulate
from hinge_imu.config import load


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A session of six reps, every other one rounded, as MCAP with its truth beside it."""
    path = tmp_path_factory.mktemp("made") / "session.mcap"
    simulate(path, load(), reps=6, rounded=True, seed=11)
    return path


@pytest.fixture(scope="session")
def truth(made):
    return json.loads(made.with_suffix(".json").read_text())


@pytest.fixture(scope="session")
def hinge_imu():
    """The installed program, run as a process."""
    program = Path(sys.executable).parent / "hinge-imu"

    def run(*arguments, **options):
        return subprocess.run(
            [program, *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False, **options
        )

    return run


@pytest.fixture(scope="session")
def lines():
    return lambda process: [json.loads(line) for line in process.stdout.splitlines()]
