"""Every rep of an athlete as a file: an ordinary request behind the door, answered from a file that has no name."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO
from urllib.parse import quote

from anyio import CapacityLimiter, to_thread
from nicegui import app as nicegui
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from hinge_imu.dashboard.access.viewer import Viewer
from hinge_imu.dashboard.pages.desk import Desk
from hinge_imu.dashboard.pages.frame import look
from hinge_imu.dashboard.store import AwayError

KINDS = {".csv": "text/csv; charset=utf-8", ".parquet": "application/vnd.apache.parquet"}
"""What an export can be, and what it is called (https://www.iana.org/assignments/media-types)."""

AT_ONCE = 2
"""So many are written at the same time. Chosen."""

PIECE = 256 * 1024
"""Bytes that are sent at a time. Chosen."""

LONGEST = 100
"""Most characters of a name that go into a file's. Chosen: below the 255 bytes of file systems in any script."""

FORBIDDEN = frozenset('/\\:*?"<>|%')
"""No file's name anywhere has these (https://learn.microsoft.com/windows/win32/fileio/naming-a-file), nor a header."""


def register(desk: Desk) -> None:
    """Serve it at ``/export/NAME.csv`` and ``/export/NAME.parquet``, for whoever may see that athlete's history."""
    writing = CapacityLimiter(AT_ONCE)

    @nicegui.get("/export/{name:path}")
    async def export(request: Request, name: str) -> Response:
        viewer, about = desk.viewer(request), look(request).words.dashboard
        athlete, dot, kind = name.rpartition(".")
        suffix = dot + kind
        if suffix not in KINDS or not viewer.may("history") or not viewer.sees(athlete, viewer.gym):
            return _refused(about["not_found"], 404)
        try:
            made = await to_thread.run_sync(_written, desk, viewer, athlete, suffix, limiter=writing)
        except AwayError:
            return _refused(about["store_away"], 503)
        except (ValueError, OSError) as error:  # without pyarrow, or without room
            return _refused(str(error), 501 if isinstance(error, ValueError) else 507)
        if made is None:
            return _refused(about["no_sessions"].format(athlete=athlete), 404)
        headers = {"Content-Disposition": disposition(athlete, suffix), "Cache-Control": "no-store"}
        file, headers["Content-Length"] = made
        return StreamingResponse(_pieces(file), 200, headers, KINDS[suffix], BackgroundTask(file.close))


def _written(desk: Desk, viewer: Viewer, athlete: str, suffix: str) -> tuple[BinaryIO, str] | None:
    """Write an export, and return it with its length; it has no name any more, so nothing stays whatever happens."""
    if not desk.store.sessions(athlete, 1, gym=viewer.gym):
        return None
    with TemporaryDirectory(prefix="hinge-imu-export-") as folder:
        path = Path(folder) / f"export{suffix}"
        desk.store.export(path, athlete=athlete, gym=viewer.gym)
        return path.open("rb"), str(path.stat().st_size)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE):
            yield piece


def disposition(athlete: str, suffix: str) -> str:
    """Return the header that has a browser keep it under the athlete's name, whatever that is (RFC 6266)."""
    plain = unicodedata.normalize("NFC", athlete)
    safe = "".join(each if each.isprintable() and each not in FORBIDDEN else "_" for each in plain)[:LONGEST]
    name = f"{safe.strip(' .') or 'reps'}{suffix}"
    narrow = name.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{narrow}\"; filename*=UTF-8''{quote(name, safe='')}"


def _refused(sentence: str, status: int) -> Response:
    return PlainTextResponse(sentence, status, {"Cache-Control": "no-store"})
