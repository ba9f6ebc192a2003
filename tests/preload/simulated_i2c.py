"""Run a program, as it is shipped, on an I2C bus that is not there: `i2c.c` in it, `chips.py` beside it."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO

HERE = Path(__file__).parent
PATIENCE_S = 30.0


def compile_library(folder: Path) -> Path:
    """Compile the library to preload into a folder; return its path."""
    library = folder / "i2c.so"
    options = ["-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-pthread"]
    done = subprocess.run(
        ["cc", *options, "-o", library, HERE / "i2c.c", "-ldl"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"the library to preload does not compile:\n{done.stderr}")
    return library


@contextmanager
def simulated_i2c(library: Path, number: int = 1, **options: object) -> Iterator[SimulatedI2c]:
    """Put chips behind ``/dev/i2c-{number}``; ``options`` are those of chips.py (``scenario="clone"``, ``hz=100_000``).

    Raises RuntimeError where the chips do not start or fail meanwhile, with what they said.
    """
    # Not in the test's own folder: the path of a socket must fit into 108 bytes.
    with TemporaryDirectory(prefix="i2c-") as folder, TemporaryFile("w+") as errors:
        path = Path(folder) / "bus"
        arguments = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
        process = subprocess.Popen(
            [sys.executable, HERE / "chips.py", *arguments, path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        environment = {
            **os.environ,
            "LD_PRELOAD": " ".join([str(library), *os.environ.get("LD_PRELOAD", "").split()]),
            "SIMULATED_I2C_DEVICE": f"/dev/i2c-{number}",
            "SIMULATED_I2C_SOCKET": str(path),
        }
        i2c = SimulatedI2c(process, environment, errors)
        try:
            i2c.expect("ready")
            yield i2c
        finally:
            i2c.close()


class SimulatedI2c:
    """Chips in a process of their own: run programs under ``environment``, and unplug, plug and so on meanwhile."""

    def __init__(self, process: subprocess.Popen[str], environment: dict[str, str], errors: IO[str]) -> None:
        self.environment = environment
        self._process = process
        self._errors = errors

    def unplug(self, address: int) -> None:
        """Take a chip off the bus, supply and all."""
        self.bus("unplug", address)

    def plug(self, address: int) -> None:
        """Put a chip back."""
        self.bus("plug", address)

    def bus(self, what: str, *arguments: object) -> None:
        """Call any method of the `SimulatedBus`, or set what is no method (``"hz", 100_000``)."""
        self._order("bus", what, *arguments)

    def chip(self, address: int, what: str, *arguments: object) -> None:
        """Do the same with the `Chip` that was made for an address."""
        self._order(hex(address), what, *arguments)

    def kill(self) -> None:
        """Let the bus go away, as an adapter does that is pulled out."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """Let the chips end by themselves."""
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            status = self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.kill()
            status = 1
        self._process.stdout.close()
        if status > 0:  # below zero it was killed on purpose
            raise RuntimeError(self._failure("failed"))

    def expect(self, answer: str) -> None:
        """Read one line of what the chips say."""
        heard, *_ = select.select([self._process.stdout], [], [], PATIENCE_S)
        said = self._process.stdout.readline().strip() if heard else "nothing"
        if said != answer:
            raise RuntimeError(self._failure(f"should say {answer!r} and say {said!r}"))

    def _order(self, *order: object) -> None:
        with suppress(BrokenPipeError):  # what is said, or not, tells more
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
        self.expect("done")

    def _failure(self, what: str) -> str:
        self._errors.seek(0)
        return f"the simulated chips {what}\n{self._errors.read()}"
