"""How long pages take, and how large they are: an hour, many sessions on one core and on several, and on a cluster.

All is SIMULATED by the real driver on simulated chips. The hour is a set of eight Romanian deadlifts and the rest after
it, three minutes, again and again. Times are by the clock, of the installed command, with the start of Python and all
imports in them; the least of some runs is shown, because other work on the machine can only add to it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from speed import training

from hinge_imu.app.replay import replay
from hinge_imu.app.report import asked
from hinge_imu.app.simulation import simulate
from hinge_imu.config import load
from hinge_imu.recording import open_recording
from hinge_imu.report.html import session_page
from hinge_imu.report.page import page_of
from hinge_imu.samples import Angles
from hinge_imu.words import words

KINDS = (("hinge", 8), ("rdl", 8), ("deadlift", 5), ("swing", 15), ("good_morning", 8))
"""What the many sessions are, in turns, and how many reps each has."""


def many(folder: Path, count: int) -> list[Path]:
    """Write so many short sessions; each of a kind is the same under another name."""
    folder.mkdir()
    found = []
    for number in range(count):
        name, reps = KINDS[number % len(KINDS)]
        path = folder / f"{number:03}.mcap"
        if number < len(KINDS):
            simulate(path, load(), exercise=name, reps=reps, seed=number)
        else:
            path.write_bytes((folder / f"{number % len(KINDS):03}.mcap").read_bytes())
        found.append(path)
    return found


def command(files: list[Path], out: Path, *options: str) -> list[str]:
    """Return what makes pages of the files."""
    return [str(Path(sys.executable).parent / "hinge-imu"), "report", *map(str, files), "-o", str(out), *options]


def took(files: list[Path], out: Path, *options: str, runs: int = 1) -> float:
    """Return the seconds that the command takes, the least of some runs."""
    best = float("inf")
    for _ in range(runs):
        began = time.perf_counter()
        subprocess.run(command(files, out, *options), check=True, stderr=subprocess.DEVNULL)  # noqa: S603 - this project's own command
        best = min(best, time.perf_counter() - began)
    return best


def at_once(files: list[Path], out: Path, jobs: int) -> float:
    """Return the seconds that commands take which know nothing of each other, each with its share.

    The computer allows no more: its cores share their memory, and often more than that.
    """
    began = time.perf_counter()
    shares = [command(files[job::jobs], out / str(job)) for job in range(jobs)]
    for process in [subprocess.Popen(share, stderr=subprocess.DEVNULL) for share in shares]:  # noqa: S603 - as above
        process.wait()
    return time.perf_counter() - began


def inside(path: Path) -> dict[str, float]:
    """Return the processor's seconds of the stages of one page, all imports done."""
    recording, seen, spent = open_recording(path), list[Angles](), {}
    replay(recording)
    marks = [time.process_time()]
    replay(recording)
    marks.append(time.process_time())
    said = replay(recording, seen.append, smooth=True)
    marks.append(time.process_time())
    session_page(page_of(recording.header, said, seen[0].sagittal, asked(None)), words())
    marks.append(time.process_time())
    first, both, page = np.diff(marks).tolist()
    spent["the pass that counts reps, as live"] = first
    spent["the second look, ahead as well as back"] = both - first
    spent["the page: data, pictures, HTML"] = page
    return spent


def main() -> None:
    """Make the sessions, measure, and print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--minutes", type=float, default=60.0, help="how long the long session is")
    options.add_argument("--recordings", type=int, default=200, help="how many sessions the many are")
    options.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many processes share them")
    options.add_argument("--runs", type=int, default=3, help="of the long session; the least counts")
    wanted = options.parse_args()
    shown = Table(title="hinge-imu report, SIMULATED sessions")
    shown.add_column("what")
    shown.add_column("measured", justify="right")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        hour, page = training(folder, wanted.minutes), folder / "hour.html"
        shown.add_row(f"{wanted.minutes:g} minutes, the command", f"{took([hour], page, runs=wanted.runs):.2f} s")
        for stage, seconds in inside(hour).items():
            shown.add_row(f"  of which {stage}", f"{seconds:.2f} s")
        shown.add_row(f"{wanted.minutes:g} minutes, the page", f"{page.stat().st_size / 1e6:.1f} MB")
        files, jobs = many(folder / "many", wanted.recordings), wanted.jobs
        alone = took(files, folder / "one")
        together = took(files, folder / "several", "--jobs", str(jobs))
        cluster = took(files, folder / "cluster", "--jobs", str(jobs), "--cluster", "local")
        shown.add_row(f"{len(files)} recordings, one process", f"{alone:.1f} s")
        shown.add_row(f"{len(files)} recordings, --jobs {jobs}", f"{together:.1f} s, {alone / together:.2f} x as fast")
        apart = at_once(files, folder / "apart", jobs)
        shown.add_row(f"  {jobs} commands, each with its share", f"{apart:.1f} s, {alone / apart:.2f} x as fast")
        shown.add_row(f"{len(files)} recordings, --cluster local", f"{cluster:.1f} s")
        same = all(
            path.read_bytes() == (folder / other / path.name).read_bytes()
            for path in sorted((folder / "one").iterdir())
            for other in ("several", "cluster")
        )
        shown.add_row("the same bytes from all three", "yes" if same else "NO")
    Console(width=100).print(shown)


if __name__ == "__main__":
    main()
