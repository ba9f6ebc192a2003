"""Let a fuzzer look for bytes that a reader cannot bear: an error that is not the right one, too much time, or memory.

Guided by coverage (atheris, https://github.com/google/atheris), in pieces that take up where the last one ended: what
reaches something new is kept in the corpus folder, what breaks something beside it. Inputs that ever broke anything
belong into ``tests/fuzz/corpus``, where the test suite runs them.

    python benchmarks/fuzz.py recording --seconds 600 --corpus /tmp/fuzz
"""

from __future__ import annotations

import argparse
import hashlib
import resource
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from runpy import run_path

TESTS = Path(__file__).parents[1] / "tests" / "fuzz"
MEMORY = 4 << 30
"""Address space (bytes) of the fuzzing process. Chosen: numpy, scipy and pyarrow map close to 2 GiB, and what the
fuzzer itself remembers grows by some 2 KB an input."""

SLOW_S = 5.0
"""An input that takes longer has broken something. Chosen: on a Pi it would be some five times as long."""


HUNG_S = 60
"""An input that takes longer ends the process; the fuzzer keeps it."""


class Watched:
    """A target that goes on after a failure, and keeps one input for each place in the code that failed."""

    def __init__(self, target: Callable[[bytes], None], folder: Path) -> None:
        self._target, self._folder = target, folder
        self._failures: set[str] = set()
        folder.mkdir(parents=True, exist_ok=True)

    def __call__(self, data: bytes) -> None:
        """Run one input."""
        began = time.monotonic()
        try:
            self._target(data)
        except Exception as error:  # noqa: BLE001 - whatever comes out is what is looked for
            frames = traceback.extract_tb(error.__traceback__)
            at = ([each for each in frames if "hinge_imu/" in each.filename] or frames)[-1]
            self._keep(data, f"{type(error).__name__} at {at.filename}:{at.lineno}", repr(error))
        if (took := time.monotonic() - began) > SLOW_S:
            self._keep(data, "slow", f"{took:.1f} s")

    def _keep(self, data: bytes, kind: str, what: str) -> None:
        if kind in self._failures:
            return
        self._failures.add(kind)
        name = hashlib.sha256(data).hexdigest()[:12]
        (self._folder / name).write_bytes(data)
        sys.stdout.write(f"FAILED {kind}: {what[:300]} ({name})\n")
        sys.stdout.flush()


def main() -> None:
    """Fuzz one target for so many seconds."""
    try:
        import atheris
    except ImportError:
        sys.exit("fuzz.py: atheris is missing; pip install atheris")

    with atheris.instrument_imports(include=["hinge_imu", "mcap"]):
        module = run_path(str(TESTS / "targets.py"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", choices=[*module["TARGETS"]])
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--corpus", type=Path, default=Path("build/fuzz"), help="where what was found is kept")
    asked = parser.parse_args()
    corpus, broke = asked.corpus / asked.target, asked.corpus / f"{asked.target}-broke"
    watched = Watched(module["TARGETS"][asked.target], broke)
    corpus.mkdir(parents=True, exist_ok=True)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    options = [f"-max_total_time={asked.seconds}", f"-timeout={HUNG_S}", "-rss_limit_mb=0", "-print_final_stats=1"]
    options += [f"-max_len={module['MOST']}", f"-artifact_prefix={broke}/"]
    atheris.Setup([sys.argv[0], *options, str(corpus), str(TESTS / "corpus" / asked.target)], watched)
    # The fuzzer ends the process itself, without a way back here.
    atheris.Fuzz()


if __name__ == "__main__":
    main()
