"""The wall: a card for each strap that the viewer may see, in the order of their names, so that each has its place."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import ui
from starlette.requests import Request

from hinge_imu.dashboard.access.viewer import Viewer
from hinge_imu.dashboard.pages.desk import Desk
from hinge_imu.dashboard.pages.frame import frame, look, say
from hinge_imu.dashboard.pages.moving import EVERY_S, Card, tell
from hinge_imu.dashboard.strap import Strap

FORGOTTEN_S = 4 * 3600.0
"""A strap that is away, or has been silent for so long, is no longer on the wall. Chosen: a training."""


def register(desk: Desk) -> None:
    """Serve it at ``/``; with ``?gym=NAME`` the straps of one gym only."""

    @ui.page("/")
    def wall(request: Request, gym: str | None = None) -> None:
        viewer, seen = desk.viewer(request), look(request)
        about = seen.words.dashboard
        with frame(desk, viewer, seen, about["wall"]):
            empty = ui.element("p").classes("page quiet empty")
            grid = ui.element("section").classes("wall").props(f'aria-label="{about["wall"]}"')
        public = not viewer.may("history")
        shown: dict[tuple[str, str], Card] = {}

        def turn() -> None:
            if not ui.context.client.has_socket_connection:
                return
            now = desk.clock()
            straps = visible(desk, viewer, gym, now)
            with grid:
                arrange(shown, straps, lambda strap: Card(strap, desk, seen.words, public=public))
            say(empty, "" if straps else about["no_one_seen" if desk.gym.straps else "nobody"])
            tell(shown.values(), now)

        turn()
        ui.timer(EVERY_S, turn)


def arrange(shown: dict[tuple[str, str], Card], straps: list[Strap], make: Callable[[Strap], Card]) -> None:
    """Let there be a card for each of the straps, in their order; those that stay are not touched."""
    there = {(strap.gym, strap.name): strap for strap in straps}
    if list(there) == list(shown):
        return
    for gone in shown.keys() - there.keys():
        shown.pop(gone).remove()
    arranged = {key: shown.get(key) or make(strap) for key, strap in there.items()}
    shown.clear()
    shown.update(arranged)
    for number, card in enumerate(arranged.values()):
        card.place(number)


def visible(desk: Desk, viewer: Viewer, gym: str | None, now: float) -> list[Strap]:
    """Return the straps that are there and that the viewer may see, by gym and name."""
    return [
        strap
        for key, strap in sorted(desk.gym.straps.items())
        if gym in {None, strap.gym} and viewer.sees(strap.athlete, strap.gym) and not _gone(strap, now)
    ]


def _gone(strap: Strap, now: float) -> bool:
    never = strap.status == "offline" and not strap.seen
    return never or (now - strap.seen > FORGOTTEN_S and strap.status != "online")
