"""The sessions of an athlete, the one that is chosen, and progress; all of it grows while somebody lifts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from anyio import to_thread
from nicegui import ui

from hinge_imu.dashboard.access.viewer import Viewer
from hinge_imu.dashboard.pages import charts
from hinge_imu.dashboard.pages.desk import Desk
from hinge_imu.dashboard.pages.frame import Look, button, day, escaped, relabel, say
from hinge_imu.dashboard.pages.session import SessionView
from hinge_imu.dashboard.store import AwayError, Day, Session
from hinge_imu.dashboard.strap import Strap

SHOWN = 30
"""The latest sessions that are listed; chosen: two months of four a week."""

EVERY_S = 1.0
"""So often it is looked whether there is something new. Chosen."""

LOOKS = 2
"""So often the store is asked once the gym has heard something: it may have heard it a moment later."""


class History:
    """It is built where it is made; ``strap`` gives the one that the athlete wears now."""

    def __init__(self, desk: Desk, viewer: Viewer, look: Look, name: str, strap: Callable[[], Strap | None]) -> None:
        self._desk, self._viewer, self._look, self._name, self._strap = desk, viewer, look, name, strap
        self._about = look.words.dashboard
        self._buttons: dict[str, ui.element] = {}
        self._chosen: str | None = None
        self._by_hand = False
        self._looks, self._heard = LOOKS, self._hearing()
        self._days: list[Day] | None = None
        self._after: tuple[object, ...] | None = None
        ui.html(self._about["sessions"], sanitize=escaped, tag="h2")
        self._away = ui.element("p").classes("warn").props('role="status"')
        self._none = ui.element("p").classes("empty")
        self._list = ui.element("nav").classes("days").props(f'aria-label="{self._about["sessions"]}"')
        self._view = SessionView(desk, viewer, look, ui.element("section"))
        self._progress = ui.element("section").classes("progress")

    async def turn(self) -> None:
        """Show what is new: the store is asked where the gym has heard a rep or set, or users have done something."""
        heard = self._hearing()
        if heard != self._heard:
            self._heard, self._looks = heard, LOOKS
        try:
            if self._looks or await self._view.changed():
                await self._look_again()
                self._looks = max(0, self._looks - 1)
        except AwayError:
            self._looks = max(1, self._looks)
            say(self._away, self._about["store_away"])
        else:
            say(self._away, "")

    def _hearing(self) -> tuple[str | None, int] | None:
        strap = self._strap()
        return None if strap is None else (strap.session, strap.stored)

    async def _look_again(self) -> None:
        sessions = await to_thread.run_sync(self._sessions)
        self._write(sessions)
        newest = sessions[0].id if sessions else None
        if self._chosen not in self._buttons or not (self._by_hand or self._view.under_way):
            self._mark(newest)
        if self._chosen is not None:
            await self._view.show(self._chosen)
        await self._go_on()

    def _sessions(self) -> list[Session]:
        return self._viewer.filter(self._desk.store.sessions(self._name, SHOWN, gym=self._viewer.gym))

    def _write(self, sessions: list[Session]) -> None:
        say(self._none, "" if sessions else self._about["no_sessions"].format(athlete=self._name))
        for gone in self._buttons.keys() - {each.id for each in sessions}:
            self._buttons.pop(gone).delete()
        for place, each in enumerate(sessions):
            if each.id not in self._buttons:
                with self._list:
                    made = button("", partial(self._choose, each.id)).props('aria-pressed="false"')
                self._buttons[each.id] = made
            if self._list.default_slot.children[place] is not self._buttons[each.id]:
                self._buttons[each.id].move(target_index=place)
            relabel(self._buttons[each.id], self._title(each))

    def _title(self, session: Session) -> str:
        names = ", ".join(self._look.words.exercise(each) for each in session.exercises)
        return f"{day(session.started_utc, self._look.words)}: {names or self._about['no_reps']} ({session.reps})"

    def _mark(self, session_id: str | None) -> None:
        self._chosen = session_id
        for each, made in self._buttons.items():
            made.props(f'aria-pressed="{str(each == session_id).lower()}"')

    async def _choose(self, session_id: str) -> None:
        self._by_hand = True
        self._mark(session_id)
        try:
            await self._view.show(session_id)
        except AwayError:
            ui.notify(self._about["store_away"], type="warning")

    async def _go_on(self) -> None:
        """Ask for progress where a set has ended since, or something was changed: it is long to reckon."""
        strap, found = self._strap(), self._view.found
        now = None if strap is None else (strap.session, strap.set, strap.ended is None)
        after = (now, None if found is None else (found.version, len(found.sets)))
        if after == self._after:
            return
        days = await to_thread.run_sync(partial(self._desk.store.progress, self._name, gym=self._viewer.gym))
        self._after = after
        if days != self._days:
            self._days = days
            self._progress.clear()
            with self._progress:
                self._draw(days)

    def _draw(self, days: list[Day]) -> None:
        if not days:
            return
        ui.html(self._about["progress"], sanitize=escaped, tag="h2")
        between_deg = self._desk.between_sessions_deg
        measured = [each for each in days if each.spine_flexion_peak_deg is not None]
        lifts: dict[str, list[Day]] = {}
        for each in measured:
            lifts.setdefault(each.exercise, []).append(each)
        several = {name: each for name, each in lifts.items() if len(each) > 1}
        how = "progress_how" if several else "progress_few"
        ui.label(self._about[how].format(band=f"{between_deg:.0f}°")).classes("quiet")
        with ui.element("div").classes("columns"):
            for name, mine in several.items():
                with ui.element("section"):
                    title = self._about["progress_of"].format(exercise=self._look.words.exercise(name))
                    ui.html(title, sanitize=escaped, tag="h3")
                    ui.label(self._change(mine, between_deg))
                    ui.echart(charts.progress(mine, between_deg, self._look.words), renderer="svg").classes("chart")

    def _change(self, days: list[Day], between_deg: float) -> str:
        words = self._look.words
        since = float(days[-1].spine_flexion_peak_deg or 0) - float(days[0].spine_flexion_peak_deg or 0)
        key = "same" if abs(since) < between_deg else "more" if since > 0 else "less"
        amounts = {"change": f"{words.number(abs(since))}°", "band": f"{between_deg:.0f}°"}
        return words.page[f"progress_{key}"].format(**amounts)
