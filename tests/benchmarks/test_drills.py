import subprocess
import sys
from pathlib import Path

from hinge_imu.simulate.drills import DRILLS

ROOT = Path(__file__).parents[2]


def test_one_seed_gives_a_line_for_every_drill():
    command = [sys.executable, "benchmarks/drills.py", "--seeds", "1", "--first-seed", "7"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    lines = {line.split("|")[1].strip(): line for line in done.stdout.splitlines()[2:]}
    assert list(lines) == [f"`{name}`" for name in DRILLS]
    assert all("| 1 of 1 |" in line for line in lines.values())
