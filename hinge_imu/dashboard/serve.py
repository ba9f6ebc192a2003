"""The pages as one application, and the server that carries it."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Mapping
from typing import Any

import uvicorn
from fastapi import FastAPI
from nicegui import app as nicegui
from nicegui import ui
from starlette.types import ASGIApp

from hinge_imu.dashboard.pages import register
from hinge_imu.dashboard.pages.desk import Desk

TURN_S = 0.05
"""How often what straps have said is looked at. Chosen: half of a page's turn."""

LEAVE_S = 1
"""So long what is still being sent may take once it is to end. Chosen."""


def application(desk: Desk, turn: Callable[[], None], mounted: Mapping[str, ASGIApp]) -> FastAPI:
    """Return the application: what is ``mounted`` at its paths, the pages at all others; once in a process.

    ``turn`` is called in the loop that serves the pages, and so never at the same time as one is built.
    """
    register(desk)
    app = FastAPI(openapi_url=None)
    for path, each in mounted.items():
        app.mount(path, each)
    look: dict[str, Any] = {"title": "hinge-imu", "dark": None, "tailwind": False, "show_welcome_message": False}
    ui.run_with(app, binding_refresh_interval=None, reconnect_timeout=10.0, **look)
    nicegui.timer(TURN_S, turn)
    return app


def listen(host: str, port: int) -> socket.socket:
    """Return where the server will be heard, port 0 for any; raises OSError with a sentence where it is taken."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise OSError(f"--host {host} --port {port}: cannot be listened at ({error.strerror}); name others") from error


def serve(app: ASGIApp, listening: socket.socket, ready: Callable[[], None]) -> None:
    """Serve until a signal asks to end; ``ready`` is called when that has begun."""
    how: dict[str, Any] = {"proxy_headers": False, "server_header": False, "timeout_graceful_shutdown": LEAVE_S}
    config = uvicorn.Config(app, log_config=None, log_level=logging.WARNING, access_log=False, **how)
    _Server(config, ready).run(sockets=[listening])


class _Server(uvicorn.Server):
    """One that says when it serves: from then on signals are its own affair, and break into nothing."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()
