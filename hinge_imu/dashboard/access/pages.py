"""Logging in and out, and choosing a password: `/login`, `/logout`, `/setup`, `/password`."""

from __future__ import annotations

import math
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from anyio import CapacityLimiter, to_thread
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from hinge_imu.dashboard.access.html import Page, Problem
from hinge_imu.dashboard.access.passwords import AccessError
from hinge_imu.dashboard.access.throttle import Throttle, neighbourhood
from hinge_imu.dashboard.access.users import Users, normal
from hinge_imu.dashboard.access.viewer import Viewer

PATHS = ("/login", "/logout", "/setup", "/password")
COOKIE = "hinge_session"

_AWAY = {"/login", "/logout", "/setup"}  # whoever has just come in is not sent back there

BY_ADDRESS = (20, 15.0)
"""One address, and all who share it, may try so often at once, then once more each so many seconds. Chosen."""

BY_NAME = (10, 60.0)
"""So often one name may be tried, from wherever: 1450 times a day at most. Chosen."""

AT_ONCE = 2
"""So many passwords are tried at the same time, each in 64 MiB of memory. Chosen."""

QUEUE = 20
"""So many may wait for that. Chosen."""

LONGEST = 8192
"""Longest form, in bytes. Chosen."""


def pages(users: Users) -> Starlette:
    """Return the application that serves these pages; `guarded` says in ``scope["viewer"]`` who is in."""
    desk = _Desk(users)
    routes = [
        Route("/login", desk.login, methods=["GET", "POST"]),
        Route("/logout", desk.logout, methods=["GET", "POST"]),
        Route("/setup", desk.setup, methods=["GET", "POST"]),
        Route("/password", desk.password, methods=["GET", "POST"]),
    ]
    return Starlette(routes=routes, exception_handlers={SQLAlchemyError: _away, AccessError: _no_form})


class _Desk:
    def __init__(self, users: Users) -> None:
        self._users = users
        self._by_address = Throttle(*BY_ADDRESS)
        self._by_name = Throttle(*BY_NAME)
        self._hashing = CapacityLimiter(AT_ONCE)

    async def login(self, request: Request) -> Response:
        if request.method == "GET":
            return _login(request, request.query_params.get("next", "/"))
        form = await _form(request)
        back = form.get("next", "/")
        found = await self._try(request, form.get("name", ""), form.get("secret", ""))
        if isinstance(found, Viewer):
            return await self._enter(request, found, back)
        return _login(request, back, form.get("name", ""), *found)

    async def logout(self, request: Request) -> Response:
        if request.method == "GET":
            viewer: Viewer | None = request.scope["viewer"]
            page = Page(request, "logout")
            return (page.say("who", name=viewer.name) if viewer else page).form("/logout").answer()
        await to_thread.run_sync(self._users.sessions.end, request.cookies.get(COOKIE, ""))
        answer = RedirectResponse(_here(request, "/login"), 303)
        answer.headers["Clear-Site-Data"] = '"cache", "storage"'
        answer.delete_cookie(COOKIE, _here(request, "") or "/")
        return answer

    async def setup(self, request: Request) -> Response:
        if request.method == "GET":
            return await self._offer(request, request.query_params.get("link", ""))
        form = await _form(request)
        link, name = form.get("link", ""), form.get("name", "")
        wait_s = self._by_address.take(_address(request))
        if wait_s:
            return Page(request, "setup").alert(math.ceil(wait_s)).answer(429)
        if form.get("new") != form.get("again"):
            return await self._offer(request, link, name, "differs")
        try:
            viewer = await self._slowly(self._users.follow, link, name, form.get("new", ""))
        except AccessError as error:
            return await self._offer(request, link, name, error)
        return await self._enter(request, viewer, "/")

    async def password(self, request: Request) -> Response:
        viewer: Viewer | None = request.scope["viewer"]
        if viewer is None:
            return RedirectResponse(_here(request, "/login?next=/password"), 303)
        if request.method == "GET":
            return _password(request)
        form = await _form(request)
        if form.get("new") != form.get("again"):
            return _password(request, 400, "differs")
        found = await self._try(request, viewer.name, form.get("current", ""))
        return await self._change(request, found, form) if isinstance(found, Viewer) else _password(request, *found)

    async def _change(self, request: Request, viewer: Viewer, form: dict[str, str]) -> Response:
        try:
            await self._slowly(self._users.set_password, viewer.name, form.get("new", ""))
        except AccessError as error:
            return _password(request, 400, error)
        return await self._enter(request, viewer, "/")

    async def _try(self, request: Request, name: str, password: str) -> Viewer | tuple[int, int | str]:
        """Return who that is; or with which status and sentence, or seconds to wait, it is refused."""
        name, address = normal(name), _address(request)
        wait_s = self._by_address.take(address) or self._by_name.take(name)
        if wait_s > 0:
            return 429, math.ceil(wait_s)
        if self._hashing.statistics().tasks_waiting >= QUEUE:
            return 503, "busy"
        viewer: Viewer | None = await self._slowly(self._users.check, name, password)
        if viewer is None:
            return 403, "wrong"
        self._by_name.forgive(name)
        return viewer

    async def _enter(self, request: Request, viewer: Viewer, back: str) -> Response:
        """Log in, and out whoever was in by this browser."""
        sessions = self._users.sessions
        await to_thread.run_sync(sessions.end, request.cookies.get(COOKIE, ""))
        cookie, lasts_s = await to_thread.run_sync(sessions.begin, viewer.name, viewer.role)
        answer = RedirectResponse(_here(request, local(back)), 303)
        secure = request.scope["scheme"] == "https"
        path = _here(request, "") or "/"
        answer.set_cookie(COOKIE, cookie, int(lasts_s), path=path, secure=secure, httponly=True, samesite="lax")
        return answer

    async def _offer(self, request: Request, link: str, name: str = "", problem: Problem | None = None) -> HTMLResponse:
        good, whose = await to_thread.run_sync(self._users.whose, link)
        page = Page(request, "setup")
        if not good:
            return page.alert("nowhere").answer(404)
        page = page.say("first") if whose is None else page.say("yours", name=whose)
        fields = ("name", "new", "again") if whose is None else ("new", "again")
        return page.alert(problem).form("/setup", *fields, name=name[:64], link=link).answer(400 if problem else 200)

    async def _slowly(self, function: Any, *arguments: Any) -> Any:
        return await to_thread.run_sync(function, *arguments, limiter=self._hashing)


def _login(
    request: Request, back: str, name: str = "", status: int = 200, problem: Problem | None = None
) -> HTMLResponse:
    page = Page(request, "login").alert(problem)
    answer = page.form("/login", "name", "secret", name=name[:64], next=back[:2000]).answer(status)
    if isinstance(problem, int):
        answer.headers["Retry-After"] = str(problem)
    return answer


def _password(request: Request, status: int = 200, problem: Problem | None = None) -> HTMLResponse:
    page = Page(request, "password").alert(problem).form("/password", "current", "new", "again")
    return page.say("ends").link("back", "/").answer(status)


async def _form(request: Request) -> dict[str, str]:
    """Return what a form holds; raises AccessError where it is none."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LONGEST:
            raise AccessError("the form is too long")
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=10, errors="strict"))
    except ValueError as error:
        raise AccessError("the form cannot be read") from error


def _address(request: Request) -> str:
    return neighbourhood(request.client.host if request.client else "")


def _here(request: Request, path: str) -> str:
    return str(request.scope.get("root_path", "")) + path


def local(back: str) -> str:
    """Return where to go on: a path of the dashboard, and nowhere else."""
    try:
        parts = urlsplit(back)
    except ValueError:
        return "/"
    good = back.startswith("/") and not back.startswith("//") and not parts.netloc and back.isprintable()
    return back if good and "\\" not in back and parts.path not in _AWAY else "/"


async def _away(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse("the dashboard's database does not answer; try again in a moment", 503)


async def _no_form(_request: Request, error: Exception) -> Response:
    return PlainTextResponse(str(error), 400)
