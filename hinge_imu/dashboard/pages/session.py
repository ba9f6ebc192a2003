"""One session on an athlete's page: its reps one by one, their angles, played again; and what a coach adds."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import quote

import msgspec
from anyio import to_thread
from nicegui import ui

from hinge_imu.dashboard.access.viewer import Viewer
from hinge_imu.dashboard.pages import cards, charts, notes
from hinge_imu.dashboard.pages.desk import Desk
from hinge_imu.dashboard.pages.frame import Look, button, day, escaped
from hinge_imu.dashboard.pages.notes import Topic, Writing
from hinge_imu.dashboard.pages.table import Acts, Found, Table
from hinge_imu.dashboard.store import AwayError, Rep, Set, Trace
from hinge_imu.events import RepEvent
from hinge_imu.profiles import Limits, built_in

GAP_S = 0.5
"""Between two reps that are played one after the other; chosen: as long as one sees that it is another one."""


class SessionView:
    """The session that is shown in a place, for one viewer; what is new to it is written where it belongs."""

    def __init__(self, desk: Desk, viewer: Viewer, look: Look, place: ui.element) -> None:
        self._desk, self._viewer, self._words, self._place = desk, viewer, look.words, place
        self._up = look.up
        self._about = look.words.dashboard
        self._found: Found | None = None
        self._writing: Writing | None = None
        self._wanted: str | None = None

    @property
    def found(self) -> Found | None:
        """What is shown."""
        return self._found

    @property
    def under_way(self) -> bool:
        """Whether a note is being written."""
        return self._writing is not None and self._writing.under_way

    async def show(self, session_id: str) -> None:
        """Show a session, where the viewer may see it; raises AwayError, and what was shown stays."""
        self._wanted = session_id
        found = await to_thread.run_sync(self._read, session_id)
        if self._wanted != session_id:  # meanwhile another one was chosen
            return
        if found is None or not self._viewer.sees(found.session.athlete, found.session.gym):
            self._found = self._writing = None
            self._place.clear()
            return
        if self._found is None or self._found.session.id != session_id:
            self._place.clear()
            with self._place:
                self._build(found)
        self._write(found)

    async def changed(self) -> bool:
        """Tell whether users have done something since in the session that is shown; raises AwayError."""
        if self._found is None:
            return False
        return await to_thread.run_sync(self._desk.store.version, self._found.session.id) != self._found.version

    def _read(self, session_id: str) -> Found | None:
        store = self._desk.store
        version, session = store.version(session_id), store.session(session_id)
        if session is None:
            return None
        reps = [rep for rep in store.reps(session_id, every=True) if rep.status != "retracted"]
        recorded = store.recording(session_id) is not None
        return Found(session, store.sets(session_id), reps, store.edits(session_id), version, recorded)

    def _build(self, found: Found) -> None:
        may_edit = self._viewer.may("edit")
        self._title = ui.html("", sanitize=escaped, tag="h2")
        where = f"{self._up}session/{quote(found.session.id, safe='')}/report"
        self._report = ui.link(self._about["report"], where, new_tab=True)
        if found.session.simulated:
            ui.label(self._about["simulated"]).classes("simulated")
        acts = Acts(self._show, self._strike if may_edit else None, self._rename if may_edit else None)
        with ui.element("div").classes("columns"):
            with ui.element("section"):
                self._table = Table(self._words, self._desk.kept, acts)
            with ui.element("section"):
                self._pictures(found)
        ui.html(self._about["notes"], sanitize=escaped, tag="h3")
        self._notes = ui.html("", sanitize=False)
        self._writing = Writing(self._desk, self._words, self._viewer.name, self._edit) if may_edit else None

    def _write(self, found: Found) -> None:
        self._found = found
        session = found.session
        self._title.set_content(self._about["session_of"].format(day=day(session.started_utc, self._words)))
        self._report.set_visibility(found.recorded)
        self._table.write(found)
        mine = notes.of(found.edits).get(Topic("session", session.id), ())
        self._notes.set_content(notes.written(mine, self._words))
        if self._writing is not None:
            self._writing.offer(self._topics(found))

    def _topics(self, found: Found) -> dict[Topic, str]:
        """Return what a note may be about, the session first, then each set and its reps."""
        topics = {Topic("session", found.session.id): self._about["about_session"]}
        ended = {each.set: each for each in found.sets}
        for rep in found.reps:
            if (of := ended.get(rep.set)) is not None:
                named = {"set": of.set, "exercise": self._words.exercise(of.exercise)}
                topics.setdefault(Topic("set", of.id), self._about["set_of"].format(**named))
            topics[Topic("rep", rep.id)] = self._about["trace"].format(rep=rep.rep, set=rep.set)
        return topics

    def _pictures(self, found: Found) -> None:
        with ui.element("div").classes("acts"):
            button(self._about["play_session"], self._play)
            button(self._about["stop"], lambda: ui.run_javascript("hinge.stop()"))
        limits = _limits(found.reps[0].exercise if found.reps else found.session.exercise or "")
        edges = f'data-high="{limits.spine_rounding_deg}" data-low="{limits.spine_arching_deg}"'
        with ui.element("article").classes("card played").props(edges) as card:
            ui.html(cards.moves(self._words), sanitize=False).classes("moves")
            ui.html(cards.gauge(limits, self._words), sanitize=False).classes("said")
        self._card = card.html_id
        self._chart = ui.element("div")

    async def _show(self, rep: Rep) -> None:
        if self._writing is not None:
            self._writing.choose(Topic("rep", rep.id))
        traces = await self._traces([rep.id])
        said = msgspec.convert(rep.data, RepEvent)
        self._chart.clear()
        with self._chart:
            ui.html(self._about["trace"].format(rep=rep.rep, set=rep.set), sanitize=escaped, tag="h3")
            if traces:
                options = charts.trace(traces[0], said, _limits(rep.exercise), self._words)
                ui.echart(options, renderer="svg").classes("chart")
            else:
                ui.label(self._about["no_trace"])
        self._begin(traces)

    async def _play(self) -> None:
        reps = self._found.reps if self._found is not None else []
        traces = await self._traces([rep.id for rep in reps if not rep.struck_out])
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

    async def _strike(self, rep: Rep) -> None:
        act = self._desk.store.restore if rep.struck_out else self._desk.store.strike_out
        await self._edit(partial(act, rep.id, by=self._viewer.name))

    async def _rename(self, ended: Set, name: str) -> None:
        await self._edit(partial(self._desk.store.rename, ended.id, name, by=self._viewer.name))

    async def _edit(self, edit: Callable[[], Any]) -> bool:
        """Do it and show what has become of it; the right is asked for again, for a button may be old."""
        if not self._viewer.may("edit") or self._found is None:
            return False
        try:
            await to_thread.run_sync(edit)
            await self.show(self._found.session.id)
        except AwayError:
            ui.notify(self._about["store_away"], type="warning")
            return False
        except (LookupError, ValueError) as error:
            ui.notify(self._about["not_kept"].format(why=error), type="negative")
            return False
        ui.notify(self._about["kept"], type="positive")
        return True


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
