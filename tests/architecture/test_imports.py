import ast
import subprocess
import sys
from pathlib import Path

import pytest

import hinge_imu

PACKAGE = Path(hinge_imu.__file__).parent
ROOT = PACKAGE.parent
MODULES = sorted(PACKAGE.rglob("*.py"))
CORE = [
    *PACKAGE.glob("motion/*.py"),
    *PACKAGE.glob("reps/*.py"),
    *PACKAGE.glob("protocols/*.py"),
    PACKAGE / "pipeline.py",
]


def names(path):
    return str(path.relative_to(ROOT))


def test_imports_only_point_the_way_they_should():
    # In a process of its own: the linter sets up logging for the whole of it.
    linter = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", CORE, ids=names)
def test_the_core_takes_no_chance_reads_no_file_and_prints_nothing(path):
    """What import contracts cannot see: numpy's random numbers and file access, and the built-in functions."""
    banned = {"random", "open", "print", "input", "save", "load", "loadtxt", "fromfile", "memmap", "tofile"}
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    used = {getattr(node, "attr", getattr(node, "id", None)) for node in nodes}
    assert used & banned == set()


@pytest.mark.parametrize("path", MODULES, ids=names)
def test_a_module_is_short_enough_to_read_at_one_sitting(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 350
