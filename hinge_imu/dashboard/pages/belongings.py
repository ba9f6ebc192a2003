"""What an athlete has here, taken along as a table, or deleted for good."""

from __future__ import annotations

from functools import partial
from html import escape
from importlib.util import find_spec
from urllib.parse import quote

from anyio import to_thread
from nicegui import ui
from sqlalchemy.exc import SQLAlchemyError

from hinge_imu.dashboard.access.viewer import Viewer
from hinge_imu.dashboard.pages.desk import Desk
from hinge_imu.dashboard.pages.frame import Look, asked_again, button, escaped
from hinge_imu.dashboard.store import AwayError, Extent


async def build(desk: Desk, viewer: Viewer, look: Look, name: str) -> None:
    """Build it, as far as the viewer has the right to it; who may see the athlete at all has been asked."""
    if not viewer.may("history"):
        return
    try:
        extent = await to_thread.run_sync(partial(desk.store.extent, name, gym=viewer.gym))
    except AwayError:
        return  # the history has said so
    if extent.sessions:
        _export(look, name)
    if viewer.may("delete"):
        _Deletion(desk, viewer, look, name).build(extent)


def _export(look: Look, name: str) -> None:
    about = look.words.dashboard
    ui.html(about["export"], sanitize=escaped, tag="h2")
    kinds = {"CSV": "csv", **({"Parquet": "parquet"} if find_spec("pyarrow") else {})}
    path = f"{look.up}export/{quote(name, safe='')}"
    links = "".join(f'<a class="plain" download href="{escape(path)}.{end}">{kind}</a> ' for kind, end in kinds.items())
    ui.html(f'{links}<span class="quiet">{escape(about["export_how"])}</span>', sanitize=False).classes("acts taken")


class _Deletion:
    def __init__(self, desk: Desk, viewer: Viewer, look: Look, name: str) -> None:
        self._desk, self._viewer, self._look, self._name = desk, viewer, look, name
        self._about = look.words.dashboard

    def build(self, extent: Extent) -> None:
        about, name = self._about, self._name
        counts = {"reps": extent.reps, "recordings": extent.recordings}
        with asked_again(about["delete"].format(athlete=name)):
            ui.label(about["delete_what"].format(athlete=name, sessions=self._sessions(extent.sessions), **counts))
            ui.label(about["delete_left"]).classes("quiet")
            sure = about["delete_name"].format(athlete=name)
            ui.label(sure)
            with ui.element("form").classes("command").props('autocomplete="off"').on("submit.prevent", self._delete):
                self._written = ui.input().props('dense outlined autocomplete="off"')
                self._written.props["aria-label"] = sure
                self._button = button(about["delete_do"], None, kind="submit").classes("grave")

    def _sessions(self, number: int) -> str:
        return self._about["sessions_one" if number == 1 else "sessions_many"].format(n=number)

    async def _delete(self) -> None:
        if not self._viewer.may("delete"):
            return
        if self._written.value.strip() != self._name.strip():
            ui.notify(self._about["delete_differs"], type="warning")
            return
        self._button.props["disabled"] = True
        try:
            await to_thread.run_sync(self._erase)
        except (AwayError, SQLAlchemyError):
            self._button.props.pop("disabled")
            ui.notify(self._about["store_away"], type="negative")
            return
        ui.navigate.to(f"{self._look.up}athletes")

    def _erase(self) -> None:
        """Delete it; the users go first: where the rest has to be tried again, there is something to try it on."""
        self._desk.users.remove_athlete(self._name, self._viewer.gym)
        self._desk.store.delete(self._name, gym=self._viewer.gym)
