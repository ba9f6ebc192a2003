"""What a check looks like in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hinge_imu.app.findings import BUS, Verdict
from hinge_imu.app.terminal import FAULT, GOOD

MARKS = {"good": ("✓ good", GOOD), "mind": ("• mind", "bold"), "mend": ("! mend", FAULT)}
"""Word and sign say the same as the colour."""


class Line(Protocol):
    """What a line of it tells: where, what was looked at, what was found, how it is judged, and what to do."""

    @property
    def place(self) -> str: ...  # noqa: D102 - the line above says it
    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def text(self) -> str: ...  # noqa: D102
    @property
    def verdict(self) -> Verdict: ...  # noqa: D102
    @property
    def mend(self) -> str | None: ...  # noqa: D102


class Checklist:
    """All findings as a table, and below it what to do, in full sentences."""

    def __init__(self, title: str, findings: Sequence[Line]) -> None:
        self._title = title
        self._findings = findings

    def __rich__(self) -> RenderableType:
        """Return the table and the sentences."""
        table = Table(title=self._title, title_justify="left", box=SIMPLE_HEAD)
        table.padding, table.pad_edge = (0, 1, 0, 0), False
        table.add_column("", no_wrap=True)
        table.add_column("what", no_wrap=True)
        table.add_column("found", overflow="fold")
        table.add_column("verdict", no_wrap=True)
        before = None
        for finding in self._sorted():
            place = finding.place
            word, style = MARKS[finding.verdict]
            if before not in {None, place}:
                table.add_section()
            table.add_row("" if place == before else place, finding.name, finding.text, Text(word, style))
            before = place
        return Group(table, *self._mends())

    def _sorted(self) -> list[Line]:
        """Return what concerns the bus first; sensors keep their order."""
        return sorted(self._findings, key=lambda finding: finding.place != BUS)

    def _mends(self) -> list[RenderableType]:
        said = [finding for finding in self._sorted() if finding.mend is not None]
        if not said:
            return [Text("nothing to mend", GOOD)]
        lines = Table.grid(padding=(0, 1, 0, 0))
        for finding in sorted(said, key=lambda finding: finding.verdict != "mend"):
            word, style = MARKS[finding.verdict]
            where = f"{finding.place}, {finding.name}:"
            lines.add_row(Text(word, style), Text(f"{where} {finding.mend}"))
        return [lines]
