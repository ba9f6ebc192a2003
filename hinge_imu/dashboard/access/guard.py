"""The guard at the door: nothing behind it is reached without being logged in, pages, data and websockets alike."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from urllib.parse import quote

from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hinge_imu.dashboard.access.headers import Guarded
from hinge_imu.dashboard.access.origin import is_foreign
from hinge_imu.dashboard.access.pages import COOKIE, PATHS, pages
from hinge_imu.dashboard.access.proxy import Proxied
from hinge_imu.dashboard.access.sessions import Sessions
from hinge_imu.dashboard.access.users import Users
from hinge_imu.dashboard.access.viewer import Viewer

AWAY = "the dashboard's database does not answer; it is tried again at the next request"

PATIENCE_S = 1.0
"""For so long what is on its way to an open page waits for the database to say that it may go. Chosen."""

_log = logging.getLogger(__name__)


def guarded(
    app: ASGIApp,
    users: Users,
    *,
    open_paths: Sequence[str] = ("/uploads",),
    trusted: Sequence[str] = (),
    base: str = "",
) -> ASGIApp:
    """Return the application behind its door: log-in, proxies, headers; whoever comes through is a `viewer_of`.

    What begins with one of ``open_paths`` asks for tokens of its own. ``trusted`` and ``base`` are told by `Proxied`;
    the server in front of it must not read forwarded headers itself (uvicorn: ``proxy_headers=False``).
    """
    return Proxied(Guarded(_Guard(app, users, tuple(open_paths))), trusted, base)


def viewer_of(connection: HTTPConnection) -> Viewer:
    """Return who is looking, for a request or websocket that came through the door; raises KeyError for any other."""
    viewer: Viewer = connection.scope["viewer"]
    return viewer


class _Guard:
    def __init__(self, app: ASGIApp, users: Users, open_paths: tuple[str, ...]) -> None:
        self._app = app
        self._users = users
        self._open = open_paths
        self._pages = pages(users)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        path = _path(scope)
        if _begins(path, self._open):
            await self._app(scope, receive, send)
        elif is_foreign(scope):
            await _refuse(scope, receive, send, PlainTextResponse("another site has sent this; it is not done", 403))
        else:
            await self._let_in(path, scope, receive, send)

    async def _let_in(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        cookie = HTTPConnection(scope).cookies.get(COOKIE, "")
        try:
            viewer = await self._viewer(cookie)
        except SQLAlchemyError:
            _log.exception("whoever asks cannot be told: the database does not answer")
            await _refuse(scope, receive, send, PlainTextResponse(AWAY, 503, {"Retry-After": "5"}))
            return
        scope["viewer"] = viewer
        if scope["type"] == "http" and _begins(path, PATHS):
            await self._pages(scope, receive, send)
        elif viewer is None:
            await _refuse(scope, receive, send, _ask(scope, path))
        elif scope["type"] == "websocket":
            line = _Line(_Watch(self._users.sessions, cookie, viewer), receive, send)
            await self._app(scope, line.receive, line.send)
        else:
            await self._app(scope, receive, send)

    async def _viewer(self, cookie: str) -> Viewer | None:
        told, viewer = self._users.sessions.known(cookie)
        return viewer if told else await to_thread.run_sync(self._users.sessions.viewer, cookie)


class _Watch:
    """Whether a cookie still stands for the viewer that it stood for, with the same rights."""

    def __init__(self, sessions: Sessions, cookie: str, viewer: Viewer) -> None:
        self._sessions = sessions
        self._cookie = cookie
        self._viewer = viewer
        self._asking: asyncio.Task[bool] | None = None

    async def is_good(self) -> bool:
        """Tell; a database that takes its time does not hold up what is shown, and is heard when it answers."""
        told, viewer = self._sessions.known(self._cookie)
        if told:
            return viewer == self._viewer
        asking, patience_s = self._asking, 0.0
        if asking is None:
            asking, patience_s = asyncio.create_task(self._ask()), PATIENCE_S
            self._asking = asking
        await asyncio.wait({asking}, timeout=patience_s)
        if not asking.done():
            return True
        if self._asking is asking:
            self._asking = None
        return asking.result()

    async def _ask(self) -> bool:
        try:
            return await to_thread.run_sync(self._sessions.viewer, self._cookie) == self._viewer
        except SQLAlchemyError:
            return False


class _Line:
    """A websocket, cut at the next word either way once its viewer has been logged out, or is another."""

    def __init__(self, watch: _Watch, receive: Receive, send: Send) -> None:
        self._watch = watch
        self._receive = receive
        self._send = send
        self._cut = False

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "websocket.receive" and not await self._is_good():
            return {"type": "websocket.disconnect", "code": 1008, "reason": ""}
        return message

    async def send(self, message: Message) -> None:
        if await self._is_good():
            await self._send(message)

    async def _is_good(self) -> bool:
        if not self._cut and not await self._watch.is_good():
            self._cut = True
            await self._send({"type": "websocket.close", "code": 1008})  # RFC 6455, 7.4.1: violates the policy
        return not self._cut


def _path(scope: Scope) -> str:
    """Return the path behind the base."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", "")) or "/"


def _begins(path: str, beginnings: Sequence[str]) -> bool:
    return any(path == each or path.startswith(each + "/") for each in beginnings)


def _ask(scope: Scope, path: str) -> Response:
    """Ask who it is: a person is shown where, a program is told."""
    if scope["type"] == "http" and scope["method"] == "GET" and "text/html" in Request(scope).headers.get("accept", ""):
        query = scope["query_string"].decode("latin-1")
        back = quote(f"{path}?{query}" if query else path)
        return RedirectResponse(f"{scope.get('root_path', '')}/login?next={back}", 303)
    return PlainTextResponse("log in first", 401, {"Cache-Control": "no-store"})


async def _refuse(scope: Scope, receive: Receive, send: Send, answer: Response) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})  # before it is open: the server says 403
    else:
        await answer(scope, receive, send)
