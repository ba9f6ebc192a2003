"""The page of an uploaded session as it is kept: its two halves, without plotly's script, as JSON.

In a process of its own, for whatever is in the file. What is wrong with it is said on standard output.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from hinge_imu.app import bounded
from hinge_imu.app.report import Task, make


def main(arguments: list[str]) -> int:
    """Make one page; the exit status says whether there is one."""
    bounded.bind()
    recording, language, target = arguments
    try:
        made = make(Task(Path(recording), language, {}))
        wrong = made.wrong
    except Exception as error:  # noqa: BLE001 - whatever is in the file leads to
        made, wrong = None, f"{recording}: no page can be made of it ({type(error).__name__}: {error})"
    if made is None or wrong is not None:
        sys.stdout.write(wrong or "")
        return 1
    fresh = Path(target).with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(made.halves))
    fresh.replace(target)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
