"""What a session was counted with: with the same, on the same machine, its numbers come again to the last bit."""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path

_LIBRARIES = ("hinge-imu", "numpy", "scipy", "ahrs")
_CPU = Path("/proc/cpuinfo")


def made_with() -> dict[str, str]:
    """Return the versions that a number may depend on, and the kind of processor: libraries choose their code by it."""
    versions = {name: version(name) for name in _LIBRARIES}
    return {**versions, "python": platform.python_version(), "machine": f"{platform.machine()} {_processor()}".strip()}


def _processor() -> str:
    """Return what the kernel calls the processor; a Pi's kernel names the board."""
    lines = _CPU.read_text(errors="replace").splitlines() if _CPU.is_file() else []
    named = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    return named.get("Model") or named.get("model name") or ""
