"""Makes the terminal pictures of these pages anew: `python docs/pictures.py` (SIMULATED, always the same)."""

from __future__ import annotations

import io
import re
import tempfile
from pathlib import Path

import numpy as np
from rich.console import Console, RenderableType

from hinge_imu.app.check import check
from hinge_imu.app.checklist import Checklist
from hinge_imu.app.replay import replay
from hinge_imu.app.simulation import simulate
from hinge_imu.app.terminal import RepTable
from hinge_imu.config import load
from hinge_imu.recording import open_recording
from hinge_imu.samples import Times
from hinge_imu.simulate.bus import SimulatedBus, VirtualClock
from hinge_imu.simulate.chip import Chip
from hinge_imu.simulate.imu import ImuErrors, Truth

HERE = Path(__file__).parent


def session() -> RenderableType:
    """Return the table of a simulated session."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "session.mcap"
        simulate(path, load(), reps=6, rounded=True, seed=4)
        table = RepTable("hinge-imu replay session.mcap")
        for event in replay(open_recording(path)):
            table.add(event)
    return table


def strap_on_a_table() -> RenderableType:
    """Return the check of a simulated strap: one board is a clone, and the other's accelerometer is damaged."""

    def lying(t_ns: Times) -> Truth:
        return np.tile([0.0, 0.0, 9.80665], (len(t_ns), 1)), np.zeros((len(t_ns), 3)), 21.0

    clock = VirtualClock()
    damaged, clone = (
        Chip(lying, ImuErrors.draw(np.random.default_rng(seed)), seed=seed, who_am_i=name)
        for seed, name in ((1, 0x68), (2, 0x70))
    )
    damaged.self_test_response = 0.6
    bus = SimulatedBus({0x68: damaged, 0x69: clone}, clock.now, busy=clock.advance)
    with bus.installed():
        found = check(load(), clock=clock.now, wait=lambda seconds: clock.advance(round(seconds * 1e9)))
    return Checklist("hinge-imu check", found)


def draw(name: str, title: str, what: RenderableType) -> None:
    """Write one picture."""
    console = Console(record=True, width=80, file=io.StringIO())
    console.print(what)
    svg = console.export_svg(title=title, unique_id=name)
    # The picture must not fetch a font from the network.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    (HERE / f"{name}.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    draw("replay", "hinge-imu (SIMULATED lifter)", session())
    draw("check", "hinge-imu (SIMULATED strap)", strap_on_a_table())
