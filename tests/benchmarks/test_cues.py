import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_one_crossing_gives_every_line_of_the_table():
    command = [sys.executable, "benchmarks/cues.py", "--crossings", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    for line in ("own angles", "truth", "99 %", "crossings without a cue: 0"):
        assert line in done.stdout


def test_cues_are_counted_where_nobody_lifts():
    command = [sys.executable, "benchmarks/cues.py", "--distractors", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    for line in ("1 SIMULATED sessions without a lift", "auto", "deadlift"):
        assert line in done.stdout
