"""The report of a session at ``/session/ID/report``, for whoever may see its history."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from anyio import to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from hinge_imu.dashboard.access.guard import viewer_of
from hinge_imu.dashboard.access.viewer import Viewer
from hinge_imu.dashboard.pages.frame import look
from hinge_imu.dashboard.store import AwayError, Store

_log = logging.getLogger(__name__)


class Page(NamedTuple):
    """A page, and its own content security policy."""

    html: bytes
    policy: str


Make = Callable[[str, Path, str], Page]
"""Makes the page of a session (its id) from a recording in a language; raises ValueError or OSError."""


def reports(store: Store, make: Make) -> Starlette:
    """Return the application, to be mounted at ``/session``; it makes one page at a time."""
    door = _Door(store, make)
    return Starlette(routes=[Route("/{id:path}/report", door.report)])


class _Door:
    def __init__(self, store: Store, make: Make) -> None:
        self._store = store
        self._make = make
        self._alone = asyncio.Lock()

    async def report(self, request: Request) -> Response:
        words, session_id = look(request).words, request.path_params["id"]
        find = self._find
        try:
            recording = await to_thread.run_sync(find, viewer_of(request), session_id)
            if recording is None:
                return _sentence(words.dashboard["no_report"], 404)
            async with self._alone:
                page = await to_thread.run_sync(self._make, session_id, recording, words.language)
            # It may have been deleted while its page was made.
            if await to_thread.run_sync(find, viewer_of(request), session_id) is None:
                return _sentence(words.dashboard["no_report"], 404)
        except AwayError:
            return _sentence(words.dashboard["store_away"], 503)
        except (ValueError, OSError) as error:
            _log.warning("no report of session %r: %s", session_id, error)
            return _sentence(words.dashboard["report_failed"], 500)
        return HTMLResponse(page.html, headers={"Content-Security-Policy": page.policy})

    def _find(self, viewer: Viewer, session_id: str) -> Path | None:
        session = self._store.session(session_id)
        if session is None or not viewer.may("history") or not viewer.sees(session.athlete, session.gym):
            return None
        return self._store.recording(session_id)


def _sentence(text: str, status: int) -> Response:
    return PlainTextResponse(text, status, {"Cache-Control": "no-store"})
