"""A program in a process of its own, that can be killed and started again, and what it has cost by then."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

PATIENCE_S = 20.0


class Program:
    """What is run by ``command``; it is started and ended as often as one likes, and what it says goes to ``log``."""

    def __init__(self, command: Sequence[str], log: Path) -> None:
        self._command = list(command)
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._before_s = 0.0
        self.starts = 0

    def start(self) -> None:
        """Start it, where it does not run."""
        if not self.alive:
            self.starts += 1
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(  # noqa: S603 - a program of this project
                    self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log
                )

    def kill(self) -> None:
        """Kill it, without a word."""
        self._end("kill")

    def stop(self) -> None:
        """Ask it to end, and kill it where it does not."""
        self._end("terminate")

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The number of its process; 0 before the first start."""
        return self._process.pid if self._process is not None else 0

    @property
    def work_s(self) -> float:
        """The processor time of all its lives."""
        return self._before_s + work_s([self.pid])

    @property
    def said(self) -> str:
        """What it has written for whoever looks after it."""
        return self._log.read_text(errors="replace")

    def _end(self, how: str) -> None:
        if self._process is None:
            return
        self._before_s = self.work_s
        getattr(self._process, how)()
        try:
            self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


def family(pid: int) -> list[int]:
    """Return a process and all its children, as Linux has them now."""
    found = [pid]
    for one in found:
        with suppress(OSError):
            for thread in Path(f"/proc/{one}/task").iterdir():
                found += map(int, (thread / "children").read_text().split())
    return found


def work_s(pids: Sequence[int]) -> float:
    """Return the processor time of processes and of their children that have ended (proc(5))."""
    ticks = 0
    for pid in pids:
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def memory_mb(pids: Sequence[int]) -> float:
    """Return the memory of processes, in MB; what several share is counted once (proc(5), Pss)."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1000
