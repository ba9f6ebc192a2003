import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
DRILLS = ("wall", "single_leg", "plank")


def test_one_seed_gives_a_line_for_each_drill_that_is_asked_for():
    asked = [option for name in DRILLS for option in ("--drill", name)]
    command = [sys.executable, "benchmarks/drills.py", "--seeds", "1", "--first-seed", "7", *asked]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    lines = {line.split("|")[1].strip(): line for line in done.stdout.splitlines()[2:]}
    assert list(lines) == [f"`{name}`" for name in DRILLS]
    assert all("| 1 of 1 |" in line for line in lines.values())
