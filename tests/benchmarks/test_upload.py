import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_round_of_the_campaign_ends_with_a_recording_that_is_whole():
    command = [sys.executable, "benchmarks/upload.py", "--rounds", "1", "--times", "1", "--megabytes", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "1 of 1 MB to localhost" in done.stdout
    table = {line.split("│")[1].strip(): line.split("│")[2].strip() for line in done.stdout.splitlines() if "│" in line}
    assert table["byte for byte equal"] == "1 of 1"
    assert int(table["attempts"]) >= 1
