"""Everybody who has trained, and the sessions of which nobody has said whose they were."""

from __future__ import annotations

from functools import partial
from html import escape
from urllib.parse import quote

from anyio import to_thread
from nicegui import ui
from starlette.requests import Request

from hinge_imu.dashboard.access.viewer import Viewer
from hinge_imu.dashboard.pages.desk import Desk
from hinge_imu.dashboard.pages.frame import button, day, frame, look
from hinge_imu.dashboard.store import Athlete, AwayError, Session
from hinge_imu.words import Words


def register(desk: Desk) -> None:
    """Serve it at ``/athletes``."""

    @ui.page("/athletes")
    async def athletes(request: Request) -> None:
        viewer, seen = desk.viewer(request), look(request)
        about = seen.words.dashboard
        with frame(desk, viewer, seen, about["athletes"]), ui.element("div").classes("page"):
            if not viewer.may("history"):
                ui.label(about["not_found"])
                return
            try:
                found, unknown = await to_thread.run_sync(_read, desk, viewer)
            except AwayError:
                ui.label(about["store_away"]).classes("warn")
                return
            ui.html(_list(found, seen.words), sanitize=False)
            if unknown and viewer.may("edit"):
                _unassigned(desk, viewer, unknown, seen.words)


def _read(desk: Desk, viewer: Viewer) -> tuple[list[Athlete], list[Session]]:
    found = viewer.filter(desk.store.athletes(viewer.gym), athlete="name")
    return found, viewer.filter(desk.store.unassigned(gym=viewer.gym))


def _list(found: list[Athlete], words: Words) -> str:
    about = words.dashboard
    lines = [f"<h1>{escape(about['athletes'])}</h1>"]
    if not found:
        lines.append(f"<p>{escape(about['nobody_yet'])}</p>")
    lines.append('<ul class="list">')
    for each in found:
        sessions = about["sessions_one" if each.sessions == 1 else "sessions_many"].format(n=each.sessions)
        last = about["last_seen"].format(sessions=sessions, day=day(each.last_utc, words))
        where = f'<a href="athlete/{quote(each.name, safe="")}">{escape(each.name)}</a>'
        lines.append(f'<li>{where} <span class="quiet">{escape(each.gym)}: {escape(last)}</span></li>')
    return "".join([*lines, "</ul>"])


def _unassigned(desk: Desk, viewer: Viewer, unknown: list[Session], words: Words) -> None:
    about = words.dashboard

    async def assign(session: Session, name: ui.input) -> None:
        if not viewer.may("edit") or not (who := name.value.strip()[:80]):
            return
        try:
            await to_thread.run_sync(partial(desk.store.assign, session.id, who, by=viewer.name))
        except AwayError:
            ui.notify(about["store_away"], type="warning")
            return
        ui.navigate.reload()

    ui.html(escape(about["unassigned"]), sanitize=False, tag="h2")
    ui.label(about["unassigned_how"]).classes("quiet")
    for each in unknown:
        lifts = ", ".join(words.exercise(name) for name in each.exercises) or about["no_reps"]
        ui.label(f"{day(each.started_utc, words)}, {each.strap}: {lifts} ({each.reps})")
        with ui.element("div").classes("command"):
            name = ui.input(about["who"]).props("dense maxlength=80")
            button(about["assign"], partial(assign, each, name))
