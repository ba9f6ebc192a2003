"""Who may look, and at what: an administrator adds and removes users, and hands out the links to choose a password."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from html import escape
from typing import TypeVar

from anyio import to_thread
from nicegui import ui
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request

from hinge_imu.dashboard.access.passwords import AccessError
from hinge_imu.dashboard.access.users import path_of
from hinge_imu.dashboard.access.viewer import ROLES, Viewer
from hinge_imu.dashboard.pages.desk import Desk
from hinge_imu.dashboard.pages.frame import Look, asked_again, button, escaped, frame, look
from hinge_imu.dashboard.store import AwayError

LONGEST = 200
"""Most characters of a field: no name is longer."""

# A page that came without TLS has no clipboard (https://www.w3.org/TR/clipboard-apis), but the old way works there.
COPY = """(event) => {{
  const button = event.currentTarget;
  button.parentElement.querySelector("input").select();
  if (!document.execCommand("copy")) return;
  button.firstElementChild.textContent = {copied};
  button.focus();
}}"""

Done = TypeVar("Done")


def register(desk: Desk) -> None:
    """Serve it at ``/users``."""

    @ui.page("/users")
    async def users(request: Request) -> None:
        viewer, seen = desk.viewer(request), look(request)
        about = seen.words.dashboard
        with frame(desk, viewer, seen, about["users"]), ui.element("div").classes("page"):
            if viewer.may("users"):
                where = f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}"
                await _Users(desk, viewer, seen, where).build()
            else:
                ui.label(about["not_found"])


class _Users:
    """The page of one administrator; one of a gym has to do with that gym's users only."""

    def __init__(self, desk: Desk, viewer: Viewer, look: Look, where: str) -> None:
        self._desk, self._viewer, self._where = desk, viewer, where
        self._about = look.words.dashboard

    async def build(self) -> None:
        ui.html(self._about["users"], sanitize=escaped, tag="h1")
        ui.label(self._about["users_how"]).classes("quiet")
        self._said = ui.element("div").props('role="status" aria-live="polite"').classes("told")
        self._list = ui.element("ul").classes("list")
        self._form(await self._athletes())
        await self._show()

    def _form(self, athletes: list[str]) -> None:
        about = self._about
        ui.html(about["user_add"], sanitize=escaped, tag="h2")
        names = "".join(f'<option value="{escape(name)}"></option>' for name in athletes)
        ui.html(names, sanitize=False, tag="datalist").props("id=athletes")
        form = ui.element("form").classes("user").props('autocomplete="off"').on("submit.prevent", self._add)
        with form:
            self._name = _field(about["user_name"])
            roles = {role: about[f"role_{role}"] for role in ROLES}
            self._role = ui.select(roles, value="coach", label=about["user_role"]).props("dense options-dense")
            self._athlete = _field(about["user_athlete"]).props("list=athletes")
            self._athlete.bind_visibility_from(self._role, "value", value="athlete")
            self._gym = _field(about["user_gym"])
            self._gym.value = self._viewer.gym or ""
            self._gym.set_visibility(self._viewer.gym is None)
            button(about["user_add_do"], None, kind="submit")

    async def _athletes(self) -> list[str]:
        """Return whom a user may be bound to; they can be written by hand as well."""
        try:
            found = await to_thread.run_sync(self._desk.store.athletes, self._viewer.gym)
        except AwayError:
            return []
        return list(dict.fromkeys(each.name for each in found))

    async def _show(self) -> None:
        everybody = await self._try(self._desk.users.all)
        if everybody is None:
            return
        self._list.clear()
        with self._list:
            for user in filter(self._has_to_do_with, everybody):
                with ui.element("li").classes("user"):
                    self._row(user)

    def _row(self, user: Viewer) -> None:
        about = self._about
        bound = [about[f"role_{user.role}"]]
        bound += [about["user_of"].format(athlete=user.athlete)] if user.athlete else []
        bound += [about["user_in"].format(gym=user.gym)] if user.gym else []
        with ui.element("div").classes("who"):
            ui.html(user.name, sanitize=escaped, tag="strong")
            if user.name == self._viewer.name:
                ui.label(f"({about['user_you']})").classes("quiet you")
            ui.label(", ".join(bound)).classes("quiet")
        with ui.element("div").classes("acts"):
            button(about["user_link"], partial(self._link, user)).props["aria-label"] = (
                f"{about['user_link']}: {user.name}"
            )
            with asked_again(about["user_remove"], f"{about['user_remove']}: {user.name}"):
                button(about["user_remove_do"].format(name=user.name), partial(self._remove, user)).classes("grave")

    async def _add(self) -> None:
        role = self._role.value
        athlete = self._athlete.value.strip()[:LONGEST] or None if role == "athlete" else None
        gym = self._viewer.gym or self._gym.value.strip()[:LONGEST] or None
        name = self._name.value[:LONGEST]

        def add() -> tuple[str, str]:
            user = self._desk.users.add(name, role, None, athlete=athlete, gym=gym)
            return user.name, self._desk.users.link(user.name)

        made = await self._try(add)
        if made is not None:
            self._name.value = self._athlete.value = ""
            await self._show()
            self._hand_over(*made)

    async def _link(self, user: Viewer) -> None:
        token = await self._try(partial(self._desk.users.link, user.name)) if self._has_to_do_with(user) else None
        if token is not None:
            self._hand_over(user.name, token)

    async def _remove(self, user: Viewer) -> None:
        def remove() -> bool:
            self._desk.users.remove(user.name)
            return True

        if self._has_to_do_with(user) and await self._try(remove):
            await self._show()
            self._say(self._about["user_removed"].format(name=user.name))

    def _has_to_do_with(self, user: Viewer) -> bool:
        return self._viewer.may("users") and self._viewer.gym in {None, user.gym}

    def _hand_over(self, name: str, token: str) -> None:
        """Show a link, once: it is nowhere else."""
        self._say(self._about["user_link_for"].format(name=name))
        with self._said, ui.element("div").classes("command"):
            link = escape(self._where + path_of(token))
            label = escape(self._about["user_link"])
            ui.html(f'<input class="link" readonly value="{link}" aria-label="{label}">', sanitize=False)
            copied = f'"{self._about["user_copied"]}"'
            copy = button(self._about["user_copy"], None).on("click", js_handler=COPY.format(copied=copied))
        ui.run_javascript(f"getHtmlElement({copy.id})?.focus()")

    def _say(self, sentence: str, *, wrong: bool = False) -> None:
        self._said.clear()
        with self._said:
            ui.html(sentence, sanitize=escaped, tag="p").classes("trouble" if wrong else "")

    async def _try(self, act: Callable[[], Done]) -> Done | None:
        """Do what the database has to do with; say what is wrong, and return None, where it is not to be."""
        try:
            return await to_thread.run_sync(act)
        except AccessError as error:
            sentence = self._about.get(f"access_{error.word}")
            self._say(str(error) if sentence is None else sentence.format(**error.values), wrong=True)
        except SQLAlchemyError:
            self._say(self._about["users_away"], wrong=True)
        return None


def _field(label: str) -> ui.input:
    return ui.input(label).props(f'dense maxlength={LONGEST} autocapitalize="none" autocomplete="off"')
