"""An athlete's page: what goes on now, a word to the strap, the sessions one by one, and progress over the weeks."""

from __future__ import annotations

from nicegui import ui
from starlette.requests import Request

from hinge_imu.dashboard.access.viewer import Viewer
from hinge_imu.dashboard.pages import belongings, history
from hinge_imu.dashboard.pages.desk import Desk
from hinge_imu.dashboard.pages.frame import Look, button, escaped, frame, look, say
from hinge_imu.dashboard.pages.moving import EVERY_S, Card, tell
from hinge_imu.dashboard.strap import Strap


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
                past = history.History(self._desk, self._viewer, self._look, self._name, lambda: self._strap)
                await past.turn()
                ui.timer(history.EVERY_S, past.turn, immediate=False)
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
