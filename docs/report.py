"""Makes the picture of docs/report.md anew: `python docs/report.py` (SIMULATED; needs chromium)."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from PIL import Image

from hinge_imu.app.report import report
from hinge_imu.app.simulation import simulate
from hinge_imu.config import load

HERE = Path(__file__).parent
SIZE = 900, 1425
"""In CSS pixels: down to the back at the bottom of a rep."""

COLOURS = 64
"""As many are enough for a page that has few, and make the picture a third as large."""


def main() -> None:
    """Simulate a session, make its page, and look at it with a browser without a window."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        recording, page, shot = folder / "session.mcap", folder / "session.html", folder / "session.png"
        simulate(recording, load(), exercise="rdl", reps=8, fault="spine_rounding", seed=4)
        report([recording], page, language="en", lift={})
        window = f"--window-size={SIZE[0]},{SIZE[1]}"
        flags = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--virtual-time-budget=9000",
            window,
        ]
        subprocess.run(["chromium", *flags, f"--screenshot={shot}", page.as_uri()], check=True, capture_output=True)  # noqa: S603, S607 - the browser on the PATH
        with Image.open(shot) as picture:
            picture.convert("RGB").quantize(COLOURS).save(HERE / "report.png", optimize=True)


if __name__ == "__main__":
    main()
