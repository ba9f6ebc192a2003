"""Receives a recording again and again, killed (SIGKILL) at each step that touches the disk; prints what came of each.

A program of its own: it forks, which a process with threads may not.
"""

import hashlib
import json
import os
import signal
import sys
from pathlib import Path

import msgspec
import numpy as np

from hinge_imu.dashboard.incoming import About, Incoming

CONTENT = np.random.default_rng(1).bytes(5000)
STEPS = {"open", "os.rename", "os.remove", "os.mkdir"}


def receive(folder):
    def note(path, _about):
        with (folder / "told").open("a") as file:
            file.write(f"{path.name}\n")

    names = {"session_id": "monday", "name": "monday.mcap", "gym": "gym", "strap": "strap"}
    about = msgspec.convert({**names, "sha256": hashlib.sha256(CONTENT).hexdigest()}, About)
    incoming = Incoming(folder / "store", note, keep_days=1.0)
    upload = incoming.create(about, len(CONTENT))
    for _ in range(2):
        offset = incoming.offset(upload)
        with incoming.open(upload) as part:
            part.write(CONTENT[offset : offset + 3000])
    incoming.finish(upload)


def attempt(folder, step):
    """Receive, killed at a step; return whether it came to its end."""
    child = os.fork()
    if child == 0:
        steps = iter(range(1, 1000))

        def hook(event, _arguments):
            if event in STEPS and next(steps) == step:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        receive(folder)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def main(folder):
    rng = np.random.default_rng(2)
    for step in range(1, 1000):
        place = folder / str(step)
        place.mkdir()
        whole = attempt(place, step)
        attempt(place, int(rng.integers(1, 20)))
        receive(place)
        files = [path.relative_to(place / "store") for path in (place / "store").rglob("*.mcap")]
        equal = all((place / "store" / path).read_bytes() == CONTENT for path in files)
        told = (place / "told").read_text().splitlines()
        sys.stdout.write(json.dumps({"files": [*map(str, files)], "equal": equal, "told": told}) + "\n")
        if whole:
            return


main(Path(sys.argv[1]))
