"""Makes the picture in the README anew: `python docs/pictures.py` (a SIMULATED session, always the same one)."""

from __future__ import annotations

import io
import re
import tempfile
from pathlib import Path

from rich.console import Console

from hinge_imu.app.replay import replay
from hinge_imu.app.simulation import simulate
from hinge_imu.app.terminal import RepTable
from hinge_imu.config import load
from hinge_imu.recording import open_recording

HERE = Path(__file__).parent


def main() -> None:
    """Replay a simulated session and draw its table."""
    with tempfile.TemporaryDirectory() as folder:
        session = Path(folder) / "session.mcap"
        simulate(session, load(), reps=6, rounded=True, seed=4)
        table = RepTable("hinge-imu replay session.mcap")
        for event in replay(open_recording(session)):
            table.add(event)
    console = Console(record=True, width=80, file=io.StringIO())
    console.print(table)
    svg = console.export_svg(title="hinge-imu (SIMULATED lifter)", unique_id="replay")
    # The picture must not fetch a font from the network.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    (HERE / "replay.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
