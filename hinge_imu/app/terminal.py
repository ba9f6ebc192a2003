"""What a person, or the next program, sees in the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

import msgspec
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from hinge_imu import words as table
from hinge_imu.events import (
    AnyEvent,
    ClockEvent,
    FailedEvent,
    Fault,
    MarkEvent,
    MarkFact,
    NoticeEvent,
    RepEvent,
    SensorEvent,
    SessionEvent,
    SetEvent,
    to_dict,
)

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

# Blue and orange are told apart by every kind of colour blindness, and the words say the same.
GOOD, FAULT = "bright_blue", "bold dark_orange"

MARKS: dict[MarkFact, str] = {
    "start": "a set begins",
    "next": "the next exercise",
    "pain": "it hurts here",
    "tempo": "the tempo",
    "athlete": "who wears it",
    "load": "the load",
    "note": "a note",
    "drill": "a drill",
}


class RepTable:
    """The reps of a session as a table that fills; a later revision of a rep replaces the earlier one."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._reps: dict[str, RepEvent] = {}

    def add(self, event: AnyEvent) -> None:
        """Take an event; all but reps pass by."""
        if isinstance(event, RepEvent):
            self._reps[event.id] = event

    @property
    def reps(self) -> list[RepEvent]:
        """The reps that stand."""
        return [rep for rep in self._reps.values() if rep.status != "retracted"]

    def __rich__(self) -> Table | Text:
        """Return the table as it is now."""
        if not self._reps:
            return Text(f"{self._title}: no reps")
        table = Table(title=self._title, title_justify="left", caption_justify="left", box=SIMPLE_HEAD)
        table.padding, table.pad_edge = (0, 1, 0, 0), False  # all of it fits into 80 columns
        for name in ("set", "rep", "at", "tempo", "hips", "trunk", "spine"):
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("back", no_wrap=True)
        for rep in self.reps:
            table.add_row(*_cells(rep))
        table.caption = "tempo: down-pause-up-pause (s) · hips, trunk: range of motion\nspine: most flexion in the rep"
        return table


def _cells(rep: RepEvent) -> list[str | Text]:
    faults = [words(fault) for fault in rep.faults]
    return [
        str(rep.set),
        str(rep.rep),
        clock(rep.start_s),
        rep.tempo,
        _degrees(rep.pelvis_rom_deg),
        _degrees(rep.thorax_rom_deg),
        _degrees(rep.spine_flexion_peak_deg),
        Text("! " + ", ".join(faults), FAULT) if faults else Text("steady", GOOD),
    ]


def words(fault: Fault) -> str:
    """Return the fault in a coach's words."""
    return table.words().said(fault)


def clock(seconds: float) -> str:
    """Return session time as minutes and seconds."""
    minutes, rest = divmod(max(seconds, 0.0), 60)
    return f"{minutes:.0f}:{int(rest):02}"


def _degrees(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}°"


def line(event: AnyEvent) -> str | None:
    """Return an event as a line for people, None for what needs none."""
    if isinstance(event, RepEvent) and event.status == "provisional":
        cells = [str(cell) for cell in _cells(event)]
        names = ("set", "rep", "at", "tempo", "hips", "trunk", "spine")
        return "  ".join(f"{name} {cell}" for name, cell in zip(names, cells, strict=False)) + f"  {cells[-1]}"
    if isinstance(event, RepEvent) and event.status == "retracted":
        return f"set {event.set}  rep {event.rep}  taken back: it was no rep"
    if isinstance(event, FailedEvent):
        return f"set {event.set}  failed at {clock(event.at_s)}: turned back on the way up"
    if isinstance(event, SetEvent):
        return f"set {event.set} ended: {event.reps} reps of {event.exercise}"
    return None


class Screen:
    """A session as it happens: a table that fills where there is a terminal, else a line a rep.

    A context manager; sentences that come meanwhile are put above the table.
    """

    def __init__(self, title: str, *, plain: bool = False) -> None:
        self._table = RepTable(title)
        self._filling = None if plain or not out.is_terminal else Live(self._table, console=out, refresh_per_second=8)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._filling is not None:
            self._filling.stop()

    def tell(self, event: AnyEvent) -> None:
        """Show an event, where it is one for people; the table begins with the first rep."""
        self._table.add(event)
        if self._filling is not None and isinstance(event, RepEvent):
            self._filling.start(refresh=True)
        elif self._filling is None and (text := line(event)) is not None:
            out.print(text, soft_wrap=True, markup=False)

    def say(self, sentence: str) -> None:
        """Say a sentence."""
        if self._filling is not None and self._filling.is_started:
            out.print(sentence, soft_wrap=True, markup=False)
        else:
            say(sentence)


def say(sentence: str) -> None:
    """Say a sentence on standard error, in one line however wide the terminal is."""
    err.print(sentence, soft_wrap=True, markup=False)


def note(event: AnyEvent) -> str | None:
    """Return what a person should know about the stream, None where the event is not about that."""
    if isinstance(event, NoticeEvent):
        return f"note: {event.text}"
    if isinstance(event, SensorEvent):
        where = event.segment or ("bus" if event.what == "slow_bus" else "computer")
        return f"{clock(event.at_s)} {where}: {_sensor_words(event)}"
    if isinstance(event, MarkEvent):
        what = event.exercise or event.text
        return f"{clock(event.at_s)} marked: {MARKS[event.what]}{f', {what}' if what else ''}"
    if isinstance(event, ClockEvent):
        return f"note: the clock is known now: the session began at {event.started_utc}"
    return _session_words(event) if isinstance(event, SessionEvent) else None


def _sensor_words(event: SensorEvent) -> str:
    if event.text is not None:
        return event.text
    return f"no samples for {event.lost_s:.2f} s" if event.lost_s is not None else event.what


def _session_words(event: SessionEvent) -> str | None:
    """Return what the sensors missed, None where that was nothing."""
    missed = [
        f"{segment} {sensor.lost_s:.1f} s without samples, {sensor.left_out} of {sensor.samples} left out"
        for segment, sensor in event.sensors.items()
        if sensor.lost_s or sensor.left_out
    ]
    return "note: over the session: " + "; ".join(missed) if missed else None


def print_json(event: AnyEvent | dict[str, Any], **first: str) -> None:
    """Print one event as a line of JSON, the given fields before its own, and let it go at once."""
    fields = event if isinstance(event, dict) else to_dict(event)
    sys.stdout.write(msgspec.json.encode({**first, **fields}).decode() + "\n")
    sys.stdout.flush()


@contextmanager
def progress(what: str) -> Iterator[Callable[[float], None]]:
    """Show a bar on standard error, where that is a terminal, until the work is done; it is told the share (0..1)."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(what, total=1.0)
        yield lambda share: bar.update(task, completed=share)
