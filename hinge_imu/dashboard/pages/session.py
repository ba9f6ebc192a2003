"""One session on an athlete's page: its reps one by one, their angles, played again; and what a coach adds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

import msgspec
from anyio import to_thread
from nicegui import ui

from hinge_imu.dashboard.access.viewer import Viewer
from hinge_imu.dashboard.pages import cards, charts
from hinge_imu.dashboard.pages.desk import Desk
from hinge_imu.dashboard.pages.frame import Look, button, day, escaped
from hinge_imu.dashboard.store import AwayError, Edit, Rep, Session, Set, Trace
from hinge_imu.events import RepEvent
from hinge_imu.profiles import Limits, built_in, exercises

GAP_S = 0.5
"""Between two reps that are played one after the other; chosen: as long as one sees that it is another one."""

HEADS = ("rep", "tempo", "hips", "trunk", "rounding", "seen")


@dataclass(frozen=True)
class Found:
    """What the store holds of a session; all reps but those that were retracted."""

    session: Session
    sets: list[Set]
    reps: list[Rep]
    edits: list[Edit]
    recorded: bool


class SessionView:
    """The session that is shown in a place, for one viewer; built anew when it has been changed."""

    def __init__(self, desk: Desk, viewer: Viewer, look: Look, place: ui.element) -> None:
        self._desk, self._viewer, self._words, self._place = desk, viewer, look.words, place
        self._up = look.up
        self._about = look.words.dashboard
        self._found: Found | None = None

    async def show(self, session_id: str) -> None:
        """Show a session, where the viewer may see it."""
        try:
            found = await to_thread.run_sync(self._read, session_id)
        except AwayError:
            ui.notify(self._about["store_away"], type="warning")
            return
        if found is None or not self._viewer.sees(found.session.athlete, found.session.gym):
            return
        self._found = found
        self._place.clear()
        with self._place:
            self._build(found)

    def _read(self, session_id: str) -> Found | None:
        store = self._desk.store
        session = store.session(session_id)
        if session is None:
            return None
        reps = [rep for rep in store.reps(session_id, every=True) if rep.status != "retracted"]
        recorded = store.recording(session_id) is not None
        return Found(session, store.sets(session_id), reps, store.edits(session_id), recorded)

    def _build(self, found: Found) -> None:
        began = day(found.session.started_utc, self._words)
        ui.html(self._about["session_of"].format(day=began), sanitize=escaped, tag="h2")
        if found.recorded:
            where = f"{self._up}session/{quote(found.session.id, safe='')}/report"
            with ui.element("p"):
                ui.link(self._about["report"], where, new_tab=True)
        if found.session.simulated:
            ui.label(self._about["simulated"]).classes("simulated")
        with ui.element("div").classes("columns"):
            with ui.element("section"):
                self._table(found)
            with ui.element("section"):
                self._pictures(found)
        self._notes(found)

    def _table(self, found: Found) -> None:
        if not found.reps:
            ui.label(self._about["no_reps"])
        sets = {each.set: each for each in found.sets}
        for number in dict.fromkeys(rep.set for rep in found.reps):
            mine = [rep for rep in found.reps if rep.set == number]
            self._set(sets.get(number), number, mine)

    def _set(self, ended: Set | None, number: int, reps: list[Rep]) -> None:
        exercise = ended.exercise if ended is not None else reps[0].exercise
        title = self._about["set_of"].format(set=number, exercise=self._words.exercise(exercise))
        ui.html(title, sanitize=escaped, tag="h3")
        if ended is not None and self._viewer.may("edit"):
            self._renaming(ended)
        with ui.element("div").classes("scroll"), ui.element("table"):
            with ui.element("thead"), ui.element("tr"):
                for head in HEADS:
                    ui.html(self._about[head], sanitize=escaped, tag="th").classes("words" if head == "seen" else "")
                ui.element("th")
            with ui.element("tbody"):
                for rep in reps:
                    self._row(rep)

    def _renaming(self, ended: Set) -> None:
        names = {name: self._words.exercise(name) for name in dict.fromkeys((*exercises()[1:], ended.exercise))}
        chosen = ui.select(names, value=ended.exercise, label=self._about["was"]).props("dense options-dense")
        chosen.on_value_change(
            lambda: self._edit(
                partial(self._desk.store.rename, ended.id, chosen.value, by=self._viewer.name), chosen.value in names
            )
        )

    def _row(self, rep: Rep) -> None:
        said = msgspec.convert(rep.data, RepEvent)
        degrees = (said.pelvis_rom_deg, said.thorax_rom_deg, said.spine_flexion_peak_deg)
        angles = ["·" if value is None else f"{self._words.number(value)}°" for value in degrees]
        seen = "; ".join(self._words.said(fault) for fault in said.faults) or self._about["steady"]
        tempo = cards.digits(said, self._found.session.tempo if self._found else None, self._words, self._desk.kept)
        with ui.element("tr").classes("struck" if rep.struck_out else ""):
            ui.html(str(rep.rep), sanitize=escaped, tag="td")
            ui.html(f'<div class="tempo"><b>{tempo}</b></div>', sanitize=False, tag="td")
            for text in angles:
                ui.html(text, sanitize=escaped, tag="td")
            marks = "" if said.faults else '<span class="steady">●</span> '
            ui.html(marks + escaped(seen), sanitize=False, tag="td").classes("words")
            with ui.element("td"), ui.element("div").classes("acts"):
                button(self._about["show"], partial(self._show, rep, said))
                if self._viewer.may("edit"):
                    act = self._desk.store.restore if rep.struck_out else self._desk.store.strike_out
                    name = self._about["restore" if rep.struck_out else "strike"]
                    button(name, partial(self._edit, partial(act, rep.id, by=self._viewer.name)))

    def _pictures(self, found: Found) -> None:
        with ui.element("div").classes("acts"):
            button(
                self._about["play_session"], partial(self._play, [rep.id for rep in found.reps if not rep.struck_out])
            )
            button(self._about["stop"], lambda: ui.run_javascript("hinge.stop()"))
        limits = _limits(found.reps[0].exercise if found.reps else "")
        edges = f'data-high="{limits.spine_rounding_deg}" data-low="{limits.spine_arching_deg}"'
        with ui.element("article").classes("card played").props(edges) as card:
            ui.html(cards.moves(self._words), sanitize=False).classes("moves")
            ui.html(cards.gauge(limits, self._words), sanitize=False).classes("said")
        self._card = card.html_id
        self._chart = ui.element("div")

    async def _show(self, rep: Rep, said: RepEvent) -> None:
        traces = await self._traces([rep.id])
        self._chart.clear()
        with self._chart:
            ui.html(self._about["trace"].format(rep=rep.rep, set=rep.set), sanitize=escaped, tag="h3")
            if traces:
                ui.echart(charts.trace(traces[0], said, _limits(rep.exercise), self._words)).classes("chart")
            else:
                ui.label(self._about["no_trace"])
        self._begin(traces)

    async def _play(self, reps: list[str]) -> None:
        traces = await self._traces(reps)
        if not traces:
            ui.notify(self._about["no_trace"], type="warning")
        self._begin(traces)

    async def _traces(self, reps: list[str]) -> list[Trace]:
        try:
            found: list[Trace | None] = await to_thread.run_sync(lambda: [self._desk.store.trace(rep) for rep in reps])
        except AwayError:
            ui.notify(self._about["store_away"], type="warning")
            return []
        return [trace for trace in found if trace is not None and trace.t_s]

    def _begin(self, traces: list[Trace]) -> None:
        if traces:
            points = msgspec.json.encode(joined(traces)).decode()
            ui.run_javascript(f"hinge.play('{self._card}', {points}, 1)")

    def _notes(self, found: Found) -> None:
        kept = [each for each in found.edits if each.what in {"note", "pain"}]
        ui.html(self._about["notes"], sanitize=escaped, tag="h3")
        with ui.element("ul").classes("list"):
            for each in kept:
                with ui.element("li"):
                    text = self._about["hurts_kept"] if each.what == "pain" and not each.value else str(each.value)
                    ui.label(text).classes("trouble" if each.what == "pain" else "")
                    by = self._about["note_by"].format(who=each.by, day=day(each.at_utc, self._words))
                    ui.label(by).classes("quiet")
        if self._viewer.may("edit"):
            self._writing(found.session.id)

    def _writing(self, session_id: str) -> None:
        store, by = self._desk.store, self._viewer.name
        text = ui.textarea(self._about["note"]).props("autogrow maxlength=2000").classes("note")

        async def keep() -> None:
            if text.value.strip():
                await self._edit(partial(store.note, "session", session_id, text.value.strip(), by=by))

        with ui.element("div").classes("acts"):
            button(self._about["note_keep"], keep)
            button(self._about["hurts"], partial(self._edit, partial(store.pain, "session", session_id, by=by)))

    async def _edit(self, edit: Callable[[], Any], sure: bool = True) -> None:  # noqa: FBT001, FBT002
        """Do it and show what has become of it; the right is asked for again, for a button may be old."""
        if not sure or not self._viewer.may("edit") or self._found is None:
            return
        try:
            await to_thread.run_sync(edit)
        except AwayError:
            ui.notify(self._about["store_away"], type="warning")
            return
        ui.notify(self._about["kept"], type="positive")
        await self.show(self._found.session.id)


def joined(traces: list[Trace]) -> list[tuple[float, float | None, float | None, float | None]]:
    """Return the points of reps one after the other, without the rests between them."""
    points: list[tuple[float, float | None, float | None, float | None]] = []
    at_s = 0.0
    for trace in traces:
        shift = at_s - trace.t_s[0]
        times = [round(t_s + shift, 3) for t_s in trace.t_s]
        points += zip(times, trace.pelvis_deg, trace.thorax_deg, trace.spine_deg, strict=True)
        at_s = times[-1] + GAP_S
    return points


def _limits(exercise: str) -> Limits:
    profile = built_in().get(exercise)
    return profile.limits if profile is not None else Limits()
