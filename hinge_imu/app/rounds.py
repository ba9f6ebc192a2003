"""What both calibrations show: how it goes, on a line that changes, and what it came to, as a table with its mends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, Self

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from hinge_imu.app import terminal
from hinge_imu.app.checklist import MARKS
from hinge_imu.app.findings import Verdict


class Guide:
    """A round as it goes, on standard error where that is a terminal, after the sentences on ``how``.

    A context manager; sentences that come meanwhile are put above it.
    """

    def __init__(self, how: Iterable[str]) -> None:
        self._how = how
        self._live = Live(console=terminal.err, refresh_per_second=10, transient=True)
        self._shown = terminal.err.is_terminal

    def __enter__(self) -> Self:
        for sentence in self._how:
            terminal.say(sentence)
        if self._shown:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, states: Callable[[], Sequence[str]]) -> None:
        """Show how far it is, a line each; nobody is asked where nobody looks."""
        if self._shown:
            self._live.update(Group(*map(Text, states())))


class Line(Protocol):
    """One line of what it came to."""

    @property
    def verdict(self) -> Verdict:
        """How it is judged."""

    @property
    def text(self) -> str:
        """What was found."""

    @property
    def mend(self) -> str | None:
        """What to do, where something can be done."""


Row = tuple[str, str, Line]
"""A line, with whose it is and what it is called before it."""


def report(title: str, groups: Iterable[Sequence[Row]], sentence: Callable[[Row], str]) -> RenderableType:
    """Return groups of lines as a table, and what to do below it, each ``sentence`` once, the most urgent first."""
    groups = [list(rows) for rows in groups]
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    table.padding, table.pad_edge = (0, 1, 0, 0), False
    table.add_column("", no_wrap=True)
    table.add_column("what", no_wrap=True)
    table.add_column("found")
    table.add_column("verdict", no_wrap=True)
    mends: dict[str, Verdict] = {}
    for rows in groups:
        table.add_section()
        before = ""
        for whose, name, line in rows:
            word, style = MARKS[line.verdict]
            table.add_row("" if whose == before else whose, name, line.text, Text(word, style))
            before = whose
        for row in sorted(rows, key=lambda row: row[2].verdict != "mend"):
            if row[2].mend is not None:
                mends.setdefault(sentence(row), row[2].verdict)
    lines = Table.grid(padding=(0, 1, 0, 0))
    for text, verdict in mends.items():
        word, style = MARKS[verdict]
        lines.add_row(Text(word, style), Text(text))
    return Group(table, lines) if mends else table
