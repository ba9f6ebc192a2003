import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_few_straps_give_a_line_for_each_database_in_which_nothing_is_missing():
    command = [
        sys.executable,
        "benchmarks/fleet.py",
        "--straps",
        "2",
        "--quiet",
        "--sessions",
        "1",
        "--speed",
        "20",
        "--over",
        "0",
    ]
    done = subprocess.run([*command, "--database", "sqlite"], cwd=ROOT, capture_output=True, text=True, check=True)
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("│ 2 ")]
    assert [cell.strip() for cell in line.split("│")[2:6]] == ["sqlite", "8", "0", "0"]


def test_what_a_rep_takes_is_told_of_both_databases():
    command = [sys.executable, "benchmarks/sizes.py", "--sessions", "2"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("8 reps in 2 sessions")
    assert "│ sqlite " in done.stdout
    assert "│ postgresql " in done.stdout
