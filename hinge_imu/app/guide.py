"""What somebody sees who lays the sensors on one side after the other, and what it came to."""

from __future__ import annotations

from typing import Self

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from hinge_imu.app import terminal
from hinge_imu.app.calibrate import Round
from hinge_imu.app.checklist import MARKS
from hinge_imu.app.residuals import Line, Result, What
from hinge_imu.app.sides import FEWEST, Side, Sides
from hinge_imu.events import SensorEvent

HOW = (
    "Lay the strap, or a bare board, on a firm table, on each of its six sides, in any order: roughly will do.",
    "Let go, wait for the word, then lift it and turn it slowly to the next side; both boards may go together.",
    "'x up': the arrow X that is printed on the board points up. Ctrl-C ends it with what there is.",
)

NAMES: dict[What, str] = {
    "positions": "positions",
    "fit": "fitted",
    "residual": "left at rest",
    "turns": "left in turns",
    "offset": "offset",
    "scale": "scale",
    "gyr_bias": "gyroscope",
    "temperature": "temperature",
    "tilt": "expect",
}


def said(event: Side | SensorEvent) -> str | None:
    """Return what was just found as a sentence."""
    if isinstance(event, SensorEvent):
        return terminal.note(event)
    if not event.new:
        return f"{event.segment}: {event.side} again; {_wanted(event)}"
    return f"{event.segment}: {event.side} taken, {event.positions} so far; {_wanted(event)}"


def _wanted(event: Side) -> str:
    if event.missing:
        return f"missing: {', '.join(event.missing)}"
    return f"lean it, {event.advice}, to tell its axes apart" if event.advice else "that is all that is needed"


class Guide:
    """The round as it goes, on standard error where that is a terminal: for how much longer to hold still.

    A context manager; `say` puts sentences above it.
    """

    def __init__(self) -> None:
        self._live = Live(console=terminal.err, refresh_per_second=10, transient=True)
        self._shown = terminal.err.is_terminal

    def __enter__(self) -> Self:
        for sentence in HOW:
            terminal.say(sentence)
        if self._shown:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def watch(self, round_: Round) -> None:
        """Show how far it is."""
        if self._shown:
            self._live.update(Group(*(Text(state(sides)) for sides in round_.sides.values())))


def state(sides: Sides) -> str:
    """Return how one sensor is doing, as a line."""
    if sides.done:
        doing = "done"
    elif sides.positions.taken:
        doing = "taken: turn it slowly to the next side"
    elif sides.positions.still_s:
        doing = f"hold still ... {sides.hold_s:.1f} s"
    else:
        doing = "moves"
    return f"{sides.segment}: {sides.different} of {FEWEST}  {doing}"


class Report:
    """All lines as a table, and below it what to do."""

    def __init__(self, results: list[Result]) -> None:
        self._results = results

    def __rich__(self) -> RenderableType:
        """Return the table and the sentences."""
        table = Table(title="Calibration", title_justify="left", box=SIMPLE_HEAD)
        table.padding, table.pad_edge = (0, 1, 0, 0), False
        table.add_column("", no_wrap=True)
        table.add_column("what", no_wrap=True)
        table.add_column("found")
        table.add_column("verdict", no_wrap=True)
        for result in self._results:
            table.add_section()
            for number, line in enumerate(result.lines):
                word, style = MARKS[line.verdict]
                table.add_row("" if number else line.segment, NAMES[line.what], line.text, Text(word, style))
        return Group(table, *self._mends())

    def _mends(self) -> list[RenderableType]:
        # One sentence serves all positions that do not fit.
        mends: dict[str, Line] = {}
        for result in self._results:
            for line in sorted(result.lines, key=lambda line: line.verdict != "mend"):
                if line.mend is not None:
                    mends.setdefault(f"{line.segment}, {NAMES[line.what]}: {line.mend}", line)
        lines = Table.grid(padding=(0, 1, 0, 0))
        for sentence, line in mends.items():
            word, style = MARKS[line.verdict]
            lines.add_row(Text(word, style), Text(sentence))
        return [lines] if mends else []
