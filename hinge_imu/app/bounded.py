"""Work on what others have sent, in a process of its own: of low priority, and bounded in memory and time."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from typing import Any

NICE = 15
"""What is taken off the priority (nice(1): 19 is the least). Chosen."""

MEMORY_BYTES = 2 << 30
"""What it may ask the system for (RLIMIT_AS). Chosen: a page of 37 minutes takes 0.65 GB, and grows with them; working
through them takes 0.35 GB, however many they are."""

WORK_S = 3600
"""Processor time. Chosen: 37 minutes take 7 s on a PC."""

# One thread each for numbers: others of this computer work as well, and each thread of OpenBLAS reserves memory.
_ALONE = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def start(module: str, *arguments: object, **how: Any) -> subprocess.Popen[bytes]:
    """Start a module of this program, which is to call `bind` first; it is given the arguments as text."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, env={**os.environ, **_ALONE}, **how)  # noqa: S603


def bind() -> None:
    """Bind this process; whoever asks for more memory gets a MemoryError, whoever takes longer is killed (SIGXCPU)."""
    os.nice(NICE)
    for what, most in ((resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_CPU, WORK_S)):
        resource.setrlimit(what, (most, most))
