"""An athlete's page: what goes on now, a word to the strap, the sessions one by one, and progress over the weeks."""

from __future__ import annotations

from functools import partial

from anyio import to_thread
from nicegui import ui
from starlette.requests import Request

from hinge_imu.dashboard.access.viewer import Viewer
from hinge_imu.dashboard.live import Strap
from hinge_imu.dashboard.pages import belongings, charts
from hinge_imu.dashboard.pages.desk import Desk
from hinge_imu.dashboard.pages.frame import Look, button, day, escaped, frame, look, say
from hinge_imu.dashboard.pages.moving import EVERY_S, Card, tell
from hinge_imu.dashboard.pages.session import SessionView
from hinge_imu.dashboard.store import AwayError, Day, Session

SHOWN = 30
"""The latest sessions that are listed; chosen: two months of four a week."""


def register(desk: Desk) -> None:
    """Serve it at ``/athlete/NAME``."""

    @ui.page("/athlete/{name:path}")
    async def athlete(request: Request, name: str) -> None:
        viewer = desk.viewer(request)
        seen = look(request, up="../")
        page = _Athlete(desk, viewer, seen, name)
        with frame(desk, viewer, seen, name if page.visible else seen.words.dashboard["athletes"]):
            if page.visible:
                await page.build()
            else:
                ui.label(seen.words.dashboard["not_found"]).classes("page")


class _Athlete:
    """One page of one athlete, for one viewer."""

    def __init__(self, desk: Desk, viewer: Viewer, look: Look, name: str) -> None:
        self._desk, self._viewer, self._look, self._name = desk, viewer, look, name
        self._about = look.words.dashboard
        self._card: Card | None = None

    @property
    def visible(self) -> bool:
        """Whether the viewer may see this athlete, be it in one gym only."""
        return self._viewer.sees(self._name, self._viewer.gym)

    async def build(self) -> None:
        with ui.element("div").classes("page"):
            ui.html(self._name, sanitize=escaped, tag="h1")
            self._place = ui.element("section").props(f'aria-label="{self._about["now"]}"')
            if self._viewer.may("command"):
                self._commands()
            if self._viewer.may("history"):
                await self._history()
            await belongings.build(self._desk, self._viewer, self._look, self._name)
        self._turn()
        ui.timer(EVERY_S, self._turn)

    @property
    def _strap(self) -> Strap | None:
        strap = self._desk.gym.wearing(self._name)
        return strap if strap is not None and self._viewer.sees(strap.athlete, strap.gym) else None

    def _turn(self) -> None:
        strap = self._strap
        if strap is None:
            self._card = None
            say(self._place, self._about["not_worn"].format(athlete=self._name))
            return
        if self._card is None or self._card.strap is not strap:
            self._place.clear()
            with self._place:
                self._card = Card(
                    strap, self._desk, self._look.words, wholly=True, public=not self._viewer.may("history")
                )
        if ui.context.client.has_socket_connection:
            tell([self._card], self._desk.clock())

    def _commands(self) -> None:
        with ui.element("form").classes("command").props('autocomplete="off"').on("submit.prevent", self._prescribe):
            self._tempo = ui.input(self._about["prescription"]).props(f'hint="{self._about["prescription_how"]}" dense')
            button(self._about["send"], None, kind="submit")

    def _prescribe(self) -> None:
        strap, tempo = self._strap, self._tempo.value.strip()
        if strap is None:
            ui.notify(self._about["not_worn"].format(athlete=self._name), type="warning")
            return
        try:
            self._desk.tell(strap.gym, strap.name, {"command": "prescription", "tempo": tempo or None})
        except (ValueError, ConnectionError) as error:
            ui.notify(self._about["not_sent"].format(why=error), type="negative")
        else:
            ui.notify(self._about["sent"].format(strap=strap.name), type="positive")

    async def _history(self) -> None:
        try:
            sessions, days = await to_thread.run_sync(self._read)
        except AwayError:
            ui.label(self._about["store_away"]).classes("warn")
            return
        ui.html(self._about["sessions"], sanitize=escaped, tag="h2")
        if not sessions:
            ui.label(self._about["no_sessions"].format(athlete=self._name))
            return
        with ui.element("nav").classes("days").props(f'aria-label="{self._about["sessions"]}"'):
            chosen = [button(self._title(each), partial(self._choose, i)) for i, each in enumerate(sessions)]
        self._sessions, self._chosen = sessions, chosen
        self._view = SessionView(self._desk, self._viewer, self._look, ui.element("section"))
        await self._choose(0)
        self._progress(days)

    def _read(self) -> tuple[list[Session], list[Day]]:
        store, gym = self._desk.store, self._viewer.gym
        sessions = self._viewer.filter(store.sessions(self._name, SHOWN, gym=gym))
        return sessions, store.progress(self._name, gym=gym)

    def _title(self, session: Session) -> str:
        names = ", ".join(self._look.words.exercise(each) for each in session.exercises)
        return f"{day(session.started_utc, self._look.words)}: {names or self._about['no_reps']} ({session.reps})"

    async def _choose(self, number: int) -> None:
        for i, each in enumerate(self._chosen):
            each.props(f'aria-pressed="{str(i == number).lower()}"')
        await self._view.show(self._sessions[number].id)

    def _progress(self, days: list[Day]) -> None:
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
                    ui.echart(charts.progress(mine, between_deg, self._look.words)).classes("chart")

    def _change(self, days: list[Day], between_deg: float) -> str:
        words = self._look.words
        since = float(days[-1].spine_flexion_peak_deg or 0) - float(days[0].spine_flexion_peak_deg or 0)
        key = "same" if abs(since) < between_deg else "more" if since > 0 else "less"
        amounts = {"change": f"{words.number(abs(since))}°", "band": f"{between_deg:.0f}°"}
        return words.page[f"progress_{key}"].format(**amounts)
