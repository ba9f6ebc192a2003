import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_few_short_sessions_give_every_line_of_the_table():
    command = [
        sys.executable,
        "benchmarks/report.py",
        "--minutes",
        "1",
        "--recordings",
        "2",
        "--jobs",
        "2",
        "--runs",
        "1",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    for line in ("the command", "the second look", "MB", "--jobs 2", "2 commands", "--cluster local"):
        assert line in done.stdout
    assert " NO " not in done.stdout
