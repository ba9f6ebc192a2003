import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_few_messages_give_every_line_of_the_tables():
    command = [sys.executable, "benchmarks/outbox.py", "--messages", "100", "--waiting", "1000", "--still", "0.1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    for line in (
        "MQTT 5",
        "MQTT 3.1.1, 100 at once",
        "paho alone",
        "plainest",
        "nothing",
        "are put",
        "go out",
        "the call",
    ):
        assert line in done.stdout
