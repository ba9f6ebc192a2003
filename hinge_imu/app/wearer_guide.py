"""What a lifter reads who is calibrated: what is next, what was seen, and what it came to."""

from __future__ import annotations

from typing import Self

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from hinge_imu.app import terminal
from hinge_imu.app.checklist import MARKS
from hinge_imu.app.wearer import HINGES, IDLE_S, Round
from hinge_imu.app.wearer_verdicts import WHY, Line, Moved, Result, What
from hinge_imu.events import SensorEvent
from hinge_imu.motion.movements import Kind

HOW = (
    "Put the strap on as you train, and stand still for a second: tall, arms hanging, both feet level.",
    "Then three slow hinges: bend at the hips, back straight, as far as is comfortable, come up, stand for a moment.",
    "If you like, to know how far your own spine goes: a slow toe touch with a round back, then on all fours arch and",
    "round two or three times, as far as is comfortable, and stand up. Stop where it hurts. Ctrl-C ends it any time.",
)

NAMES: dict[What, str] = {
    "sensors": "board",
    "stance": "stance",
    "hinges": "hinges",
    "forward": "forward",
    "straps": "strap",
    "flexion": "rounding",
    "extension": "arching",
}

NO_HINGE: dict[Kind, str] = {kind: why.replace("were", "was") for kind, why in WHY.items()}


def said(event: Moved | SensorEvent) -> str | None:
    """Return what was just seen as a sentence."""
    if isinstance(event, SensorEvent):
        return terminal.note(event)
    spine = f"spine {event.extension_deg or 0.0:.0f} to {event.flexion_deg or 0.0:.0f} degrees"
    if event.kind == "hinge":
        return f"hinge {event.hinges}: trunk {event.thorax_deg or 0.0:.0f}, hips {event.pelvis_deg or 0.0:.0f} degrees"
    if event.kind == "cat_cow":
        return f"arching and rounding on all fours: {spine}"
    if event.kind == "toe_touch" and event.hinges:
        return f"toe touch: {spine}"
    return f"a bend that does not count as a hinge: it {NO_HINGE[event.kind]}"


def state(round_: Round) -> str:
    """Return what is next, as a line."""
    if not all(round_.stood[sensor] for sensor in round_.header.sensors):
        return "stand still ..."
    if round_.moving:
        return "seen: come up slowly, and stand tall"
    if round_.hinges < HINGES:
        return f"{round_.hinges} of {HINGES} hinges  next: a slow hinge, and up again"
    left = max(0.0, IDLE_S - round_.idle_s)
    return f"{round_.hinges} hinges, that is enough; a toe touch, then all fours; or stand {left:.0f} s to end"


class Guide:
    """The round as it goes, on standard error where that is a terminal.

    A context manager; sentences that come meanwhile are put above it.
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
        """Show what is next."""
        if self._shown:
            self._live.update(Text(state(round_)))


class Report:
    """All lines as a table, and below it what to do."""

    def __init__(self, result: Result) -> None:
        self._result = result

    def __rich__(self) -> RenderableType:
        """Return the table and the sentences."""
        table = Table(title=f"Calibration of {self._result.athlete}", title_justify="left", box=SIMPLE_HEAD)
        table.padding, table.pad_edge = (0, 1, 0, 0), False
        table.add_column("", no_wrap=True)
        table.add_column("what", no_wrap=True)
        table.add_column("found")
        table.add_column("verdict", no_wrap=True)
        for line in self._result.lines:
            word, style = MARKS[line.verdict]
            table.add_row(line.segment or "", NAMES[line.what], line.text, Text(word, style))
        return Group(table, *self._mends())

    def _mends(self) -> list[RenderableType]:
        # One sentence serves both boards.
        mends: dict[str, Line] = {}
        for line in sorted(self._result.lines, key=lambda line: line.verdict != "mend"):
            if line.mend is not None:
                mends.setdefault(f"{NAMES[line.what]}: {line.mend}", line)
        lines = Table.grid(padding=(0, 1, 0, 0))
        for sentence, line in mends.items():
            word, style = MARKS[line.verdict]
            lines.add_row(Text(word, style), Text(sentence))
        return [lines] if mends else []
