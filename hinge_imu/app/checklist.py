"""What a check looks like in the terminal."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hinge_imu.app.findings import Finding, What
from hinge_imu.app.terminal import FAULT, GOOD

NAMES: dict[What, str] = {
    "bus": "device",
    "answer": "answer",
    "part": "part",
    "awake": "awake",
    "self_test": "self-test",
    "still": "stillness",
    "rate": "rate",
    "gyr_noise": "gyroscope noise",
    "acc_noise": "accelerometer noise",
    "gravity": "gravity",
    "temperature": "temperature",
    "dropped": "dropped",
    "bus_speed": "speed",
    "bus_load": "load",
    "free_time": "free time",
}

MARKS = {"good": ("✓ good", GOOD), "mind": ("• mind", "bold"), "mend": ("! mend", FAULT)}
"""Word and sign say the same as the colour."""


class Checklist:
    """All findings as a table, and below it what to do, in full sentences."""

    def __init__(self, title: str, findings: list[Finding]) -> None:
        self._title = title
        self._findings = findings

    def __rich__(self) -> RenderableType:
        """Return the table and the sentences."""
        table = Table(title=self._title, title_justify="left", box=SIMPLE_HEAD)
        table.padding, table.pad_edge = (0, 1, 0, 0), False
        table.add_column("", no_wrap=True)
        table.add_column("what", no_wrap=True)
        table.add_column("found")
        table.add_column("verdict", no_wrap=True)
        before = None
        for finding in self._sorted():
            place = finding.segment or "bus"
            word, style = MARKS[finding.verdict]
            if before not in {None, place}:
                table.add_section()
            table.add_row("" if place == before else place, NAMES[finding.what], finding.text, Text(word, style))
            before = place
        return Group(table, *self._mends())

    def _sorted(self) -> list[Finding]:
        """Return what concerns the bus first; sensors keep their order."""
        return sorted(self._findings, key=lambda finding: finding.segment is not None)

    def _mends(self) -> list[RenderableType]:
        said = [finding for finding in self._sorted() if finding.mend is not None]
        if not said:
            return [Text("nothing to mend", GOOD)]
        lines = Table.grid(padding=(0, 1, 0, 0))
        for finding in sorted(said, key=lambda finding: finding.verdict != "mend"):
            word, style = MARKS[finding.verdict]
            where = f"{finding.segment or 'bus'}, {NAMES[finding.what]}:"
            lines.add_row(Text(word, style), Text(f"{where} {finding.mend}"))
        return [lines]
