"""Makes the pictures of the wall anew: `python docs/wall.py` (SIMULATED; needs chromium and mosquitto)."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PIL import Image

from hinge_imu.publish.broker import PrivateBroker

HERE = Path(__file__).parent
SIZE = 1024, 390
"""As wide as a tablet that lies, and as high as three cards need."""

COLOURS = 128
"""As many are enough for a page that has few, and make the picture a third as large."""

LIFTERS = (
    ("strap1", "Sam", "simulated_hinge", {"skip_s": 14.0, "tempo": "3-1-1-0"}),
    ("strap2", "Mia", "simulated_rdl", {"skip_s": 10.0, "tempo": "3-1-1-0"}),
    ("strap3", "Tomasz", "simulated_deadlift", {"skip_s": 12.0}),
)
"""Recordings that `hinge-imu simulate` made, said again as they happened."""

READY = """document.querySelectorAll('.lifting').length == 3 && document.querySelectorAll('.strip').length == 3
  && document.querySelector('.faults')"""
"""Each has made a rep, and one of them was not good."""


def main() -> None:
    """Let three lift, and look at them in the light and in the dark."""
    sys.path.insert(0, str(HERE.parent / "tests"))
    from browser import program, straps
    from browser import tab as tabs

    with tempfile.TemporaryDirectory() as name, PrivateBroker() as broker, tabs.Browser(Path(name)) as chrome:
        running = program.Program(broker, Path(name))
        walls = {}
        for theme in ("light", "dark"):
            walls[theme] = chrome.tab(*SIZE, dark=theme == "dark").open(running.url)
            program.enter(walls[theme], "anna")
        wearing = [straps.Fake(broker.port, *who, **how) for *who, how in LIFTERS]
        for each in wearing:
            each.__enter__()
        for theme, tab in walls.items():
            tab.until(READY, 40)
            shot = Path(name) / "wall.png"
            tab.picture(shot)
            with Image.open(shot) as picture:
                picture.convert("RGB").quantize(COLOURS).save(HERE / f"wall_{theme}.png", optimize=True)
        for each in wearing:
            each.__exit__()
        running.close()


if __name__ == "__main__":
    main()
