import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_short_session_gives_every_line_of_the_table():
    command = [sys.executable, "benchmarks/speed.py", "--minutes", "0.5", "--hours", "0.05", "--reps", "2"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    for line in ("replay, raw MCAP to", "reading", "clock and grid", "alignment", "Madgwick", "live", "memory"):
        assert line in done.stdout
    assert "to 0 reps" not in done.stdout
