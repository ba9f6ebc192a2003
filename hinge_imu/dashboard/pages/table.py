"""The table of a session, set by set and rep by rep: what is new is written into it, and what is used stays put."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
from nicegui import ui

from hinge_imu.dashboard.pages import cards, notes
from hinge_imu.dashboard.pages.cards import Kept
from hinge_imu.dashboard.pages.frame import button, escaped, relabel
from hinge_imu.dashboard.pages.notes import Topic
from hinge_imu.dashboard.store import Edit, Rep, Session, Set
from hinge_imu.events import RepEvent
from hinge_imu.profiles import exercises
from hinge_imu.words import MARKS, Words

HEADS = ("rep", "tempo", "hips", "trunk", "rounding", "seen")


@dataclass(frozen=True)
class Found:
    """What the store holds of a session; all reps but those that were retracted.

    ``version`` is that of the `edits`, or an earlier one; ``recorded`` tells whether its recording was uploaded.
    """

    session: Session
    sets: list[Set]
    reps: list[Rep]
    edits: list[Edit]
    version: int
    recorded: bool


@dataclass(frozen=True)
class Acts:
    """What the buttons of a table do; ``strike`` and ``rename`` are None for whoever may not."""

    show: Callable[[Rep], Awaitable[None]]
    strike: Callable[[Rep], Awaitable[None]] | None
    rename: Callable[[Set, str], Awaitable[None]] | None


class Table:
    """The sets and reps of one session, where it is built."""

    def __init__(self, words: Words, kept: Kept, acts: Acts) -> None:
        self._words, self._kept, self._acts = words, kept, acts
        self._none = ui.label(words.dashboard["no_reps"])
        self._place = ui.element("div")
        self._parts: dict[int, _Part] = {}

    def write(self, found: Found) -> None:
        """Let it be as the store has it."""
        numbers = sorted({rep.set for rep in found.reps})
        self._none.set_visibility(not numbers)
        for gone in [number for number in self._parts if number not in numbers]:
            self._parts.pop(gone).element.delete()
        ended, told = {each.set: each for each in found.sets}, notes.of(found.edits)
        for place, number in enumerate(numbers):
            if number not in self._parts:
                with self._place:
                    part = _Part(self._words, self._kept, self._acts)
                self._parts[number] = part
                if place < len(self._parts) - 1:
                    part.element.move(target_index=place)
            mine = [rep for rep in found.reps if rep.set == number]
            self._parts[number].write(found.session, ended.get(number), mine, told)


class _Part:
    """One set."""

    def __init__(self, words: Words, kept: Kept, acts: Acts) -> None:
        self._words, self._kept, self._acts = words, kept, acts
        self._rows: dict[str, _Row] = {}
        self._ended: Set | None = None
        with ui.element("section") as self.element:
            self._title = ui.html("", sanitize=escaped, tag="h3")
            self._renaming = ui.element("div")
            self._notes = ui.html("", sanitize=False)
            with ui.element("div").classes("scroll"), ui.element("table").props('role="table"'):
                with ui.element("thead"), ui.element("tr").props('role="row"'):
                    for head in HEADS:
                        title = ui.html(words.dashboard[head], sanitize=escaped, tag="th").props('role="columnheader"')
                        title.classes("words" if head == "seen" else "")
                    ui.element("th")
                self._body = ui.element("tbody")

    def write(
        self, session: Session, ended: Set | None, reps: Sequence[Rep], told: Mapping[Topic, Sequence[Edit]]
    ) -> None:
        first = reps[0]
        exercise = self._words.exercise(ended.exercise if ended is not None else first.exercise)
        self._title.set_content(self._words.dashboard["set_of"].format(set=first.set, exercise=exercise))
        if ended is not None:
            self._notes.set_content(notes.written(told.get(Topic("set", ended.id), ()), self._words))
            self._end(ended)
        for gone in self._rows.keys() - {rep.id for rep in reps}:
            self._rows.pop(gone).element.delete()
        for place, rep in enumerate(reps):
            row = self._rows.get(rep.id)
            if row is None:
                with self._body:
                    row = self._rows[rep.id] = _Row(self._words, self._kept, self._acts)
            if self._body.default_slot.children[place] is not row.element:
                row.element.move(target_index=place)
            row.write(rep, session.tempo, told.get(Topic("rep", rep.id), ()))

    def _end(self, ended: Set) -> None:
        """Let a set that has ended be renamed; what another has renamed is shown, and not done once more."""
        if self._acts.rename is None or ended == self._ended:
            return
        begins, self._ended = self._ended is None, ended
        if begins:
            names = dict.fromkeys((*exercises()[1:], ended.said_exercise, ended.exercise))
            with self._renaming:
                self._chosen = ui.select(
                    {name: self._words.exercise(name) for name in names},
                    value=ended.exercise,
                    label=self._words.dashboard["was"],
                    on_change=self._rename,
                ).props("dense options-dense")
        elif ended.exercise in self._chosen.options:
            self._chosen.set_value(ended.exercise)

    async def _rename(self) -> None:
        ended, name = self._ended, self._chosen.value
        if ended is not None and self._acts.rename is not None and name != ended.exercise:
            await self._acts.rename(ended, name)


class _Row:
    """One rep."""

    def __init__(self, words: Words, kept: Kept, acts: Acts) -> None:
        self._words, self._kept, self._acts = words, kept, acts
        self._rep: Rep | None = None
        with ui.element("tr").props('role="row"') as self.element:
            self._cells = [ui.html("", sanitize=False, tag="td").props('role="cell"') for _ in HEADS]
            self._cells[-1].classes("words")
            with ui.element("td").props('role="cell"'), ui.element("div").classes("acts"):
                button(words.dashboard["show"], self._show)
                self._strike = None if acts.strike is None else button(words.dashboard["strike"], self._strike_out)

    def write(self, rep: Rep, asked: str | None, told: Sequence[Edit]) -> None:
        about, words = self._words.dashboard, self._words
        self._rep = rep
        said = msgspec.convert(rep.data, RepEvent)
        degrees = (said.pelvis_rom_deg, said.thorax_rom_deg, said.spine_flexion_peak_deg)
        lines = [f'<span class="mark">{MARKS[each.name]}</span> {escaped(words.said(each))}' for each in said.faults]
        seen = "; ".join(lines) or f'<span class="steady">●</span> {escaped(about["steady"])}'
        tempo = f'<div class="tempo"><b>{cards.digits(said, asked, words, self._kept)}</b></div>'
        angles = ["·" if value is None else f"{words.number(value)}°" for value in degrees]
        shown = [str(rep.rep), tempo, *angles, f"<span>{seen}</span>{notes.written(told, words)}"]
        for cell, html in zip(self._cells, shown, strict=True):
            cell.set_content(html)
        self.element.classes(replace="struck" if rep.struck_out else "")
        if self._strike is not None:
            relabel(self._strike, about["restore" if rep.struck_out else "strike"])

    async def _show(self) -> None:
        if self._rep is not None:
            await self._acts.show(self._rep)

    async def _strike_out(self) -> None:
        if self._rep is not None and self._acts.strike is not None:
            await self._acts.strike(self._rep)
