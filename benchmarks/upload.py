"""Uploads to a dashboard on this machine: how fast, at what cost, and what is left of a recording after kills.

Everything is real: the client as the strap runs it, TLS with a CA of its own, the server in a process of its own. In
the campaign every round sends one recording of random numbers (SIMULATED: nothing in it shrinks), while, at moments
drawn from the seed, the server or the client is killed (SIGKILL) or the link between them is cut, in mid-piece or while
an answer is under way; whoever is dead is started again until the dashboard has acknowledged. Then both files are
compared, byte for byte, and it is counted how often the dashboard was told of the recording.
"""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
from receiver import GYM, SEND, STRAP, Cable, Certificates, Dashboard, recording
from rich.console import Console
from rich.table import Table

from hinge_imu.config import load
from hinge_imu.publish.upload import token, upload

EVENTS = ("server killed", "client killed", "link cut", "server killed at its answer", "server killed any time")

MISHAPS = 5
"""At most so many befall one recording."""


class Round(NamedTuple):
    """What happened while one recording was sent."""

    size: int
    sent: int
    attempts: int
    happened: Counter[str]
    equal: bool
    told: int


def one_round(folder: Path, dashboard: Dashboard, cable: Cable, number: int, rng: np.random.Generator) -> Round:
    """Send a recording through whatever is drawn."""
    path = recording(folder / f"session-{number}.mcap", rng.uniform(0.1, 3.0), int(rng.integers(1 << 30)))
    settings = dashboard.settings(folder, cable.port)
    size, before = path.stat().st_size, cable.sent
    happened: Counter[str] = Counter()
    attempts = 0
    left = int(rng.integers(1, MISHAPS + 1))
    while attempts < 50:
        attempts += 1
        if not dashboard.alive:
            dashboard.start()
        command = [sys.executable, "-c", SEND, settings, path]
        client = subprocess.Popen(command, stderr=subprocess.PIPE)  # noqa: S603 - this very program
        if left:
            left -= 1
            _plan(EVENTS[rng.integers(len(EVENTS))], rng, size, (dashboard, cable, client), happened)
        _, said = client.communicate()
        if client.returncode == 0:
            break
        if client.returncode > 0 and b"Traceback" in said:
            raise RuntimeError(said.decode())
    cable.after(1 << 62, lambda: None)
    equal = dashboard.arrived().get(path.name) == path.read_bytes()
    told = sum(each["session_id"] == path.stem for each in dashboard.received())
    return Round(size, cable.sent - before, attempts, happened, equal, told)


def _plan(
    what: str,
    rng: np.random.Generator,
    size: int,
    ends: tuple[Dashboard, Cable, subprocess.Popen[bytes]],
    happened: Counter[str],
) -> None:
    """Let something happen: after so many bytes up (headers and handshake included), or down; or any time."""
    dashboard, cable, client = ends
    does = {"client killed": client.kill, "link cut": lambda: None}.get(what, lambda: os.kill(dashboard.pid, 9))

    def act() -> None:
        happened[what] += 1
        does()

    if what == EVENTS[4]:
        timer = threading.Timer(rng.uniform(0.0, 1.0), lambda: dashboard.alive and client.poll() is None and act())
        timer.daemon = True
        timer.start()
    elif what == EVENTS[3]:
        cable.after(int(rng.uniform(1_500, 2_500 + size / 900)), act, "down")
    else:
        cable.after(int(rng.uniform(0, 1.02 * size + 3000)), act)


def campaign(rounds: int, seed: int) -> list[Round]:
    """Return what came of so many recordings."""
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Dashboard(folder / "store", Certificates(folder)) as dashboard, Cable(dashboard.port) as cable:
            return [one_round(folder, dashboard, cable, number, rng) for number in range(rounds)]


def speed(megabytes: float, times: int) -> tuple[float, float, float]:
    """Return MB/s, and s of client's and server's processor time a MB; medians."""
    measured = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Dashboard(folder / "store", Certificates(folder)) as dashboard:
            config = load(dashboard.settings(folder)).upload
            for number in range(times):
                path = recording(folder / f"{secrets.token_hex(6)}.mcap", megabytes, number)
                size = path.stat().st_size / 1e6
                about = {"session_id": path.stem, "name": path.name, "gym": GYM, "strap": STRAP}
                began, work, theirs = time.perf_counter(), time.process_time(), _work_s(dashboard.pid)
                upload(path, config, token(config), about)
                took = time.perf_counter() - began
                costs = time.process_time() - work, _work_s(dashboard.pid) - theirs
                measured.append((size / took, costs[0] / size, costs[1] / size))
    rate, client, server = np.median(measured, axis=0)
    return float(rate), float(client), float(server)


def _work_s(pid: int) -> float:
    """Return the processor time of a process, as Linux counts it (proc(5), utime and stime)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Print how fast it is, and what came of the campaign."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=50, help="recordings in the campaign of kills")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--megabytes", type=float, default=19.0, help="of each recording whose speed is measured")
    parser.add_argument("--times", type=int, default=5, help="how many of those")
    options = parser.parse_args()
    out = Console()
    if options.times:
        rate, client, server = speed(options.megabytes, options.times)
        out.print(f"{options.times} of {options.megabytes:.0f} MB to localhost: {rate:.0f} MB/s; ", end="")
        out.print(f"processor time {1e3 * client:.1f} ms/MB on the strap's side, {1e3 * server:.1f} on the dashboard's")
    done = campaign(options.rounds, options.seed)
    table = Table("", "in all", title=f"{options.rounds} recordings, seed {options.seed}", title_justify="left")
    happened = sum((each.happened for each in done), Counter[str]())
    for what in EVENTS:
        table.add_row(what, str(happened[what]))
    table.add_row("attempts", str(sum(each.attempts for each in done)))
    table.add_row("MB recorded", f"{sum(each.size for each in done) / 1e6:.1f}")
    table.add_row("MB sent, with headers and TLS", f"{sum(each.sent for each in done) / 1e6:.1f}")
    table.add_row("byte for byte equal", f"{sum(each.equal for each in done)} of {len(done)}")
    table.add_row("dashboard told once", f"{sum(each.told == 1 for each in done)} of {len(done)}")
    table.add_row("dashboard told again", str(sum(each.told > 1 for each in done)))
    out.print(table)
    sys.exit(0 if all(each.equal and each.told >= 1 for each in done) else 1)


if __name__ == "__main__":
    main()
