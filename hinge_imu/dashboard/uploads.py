"""The door that recordings come in by: tus 1.0 with creation, checksum and expiration, as an ASGI application.

The protocol's words and statuses are those of https://tus.io/protocols/resumable-upload. The dashboard mounts it at
``/uploads``. One process serves a folder.
"""

from __future__ import annotations

import errno
import hashlib
import logging
from base64 import b64decode
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from email.utils import formatdate
from pathlib import Path
from typing import NoReturn

import msgspec
from anyio import fail_after, to_thread
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from hinge_imu.dashboard.incoming import About, DamagedError, Done, Incoming, Upload, identify

LIMIT_BYTES = 1 << 30
"""Longest recording: 50 hours at 19 MB an hour. Chosen."""

KEEP_DAYS = 30.0
"""Halves that nobody goes on with go after so many days: longer than a strap lies in a bag. Chosen."""

IDLE_S = 20.0
"""How long a strap may fall silent in mid-piece, before another connection may go on with its upload. Chosen."""

_DRAIN = 1 << 22  # bytes of a refused piece that are read at most; a strap's pieces are far shorter
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_VERSION = "1.0.0"

_log = logging.getLogger(__name__)


class Refusal(Exception):  # noqa: N818 - it is the answer, not a fault of this program
    """What a strap is answered that cannot be served: status and sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def uploads(
    folder: Path,
    strap_of: Callable[[str], str | None],
    done: Done,
    *,
    limit_bytes: int = LIMIT_BYTES,
    keep_days: float = KEEP_DAYS,
) -> Starlette:
    """Return the application that receives recordings into ``folder``.

    ``strap_of`` says whose a token is (``GYM/STRAP``); ``done`` is told, in a worker thread, where a whole recording
    stands and what its strap says of it: before the strap is told, and again only if it raised, or this process was
    killed meanwhile.
    """
    door = _Door(Incoming(folder, done, keep_days), strap_of, limit_bytes)
    routes = [
        Route("/", door.options, methods=["OPTIONS"]),
        Route("/", door.create, methods=["POST"]),
        Route("/{id}", door.offset, methods=["HEAD"]),
        Route("/{id}", door.append, methods=["PATCH"]),
    ]
    return Starlette(routes=routes, exception_handlers={Refusal: _refuse, OSError: _disk})


class _Door:
    def __init__(self, incoming: Incoming, strap_of: Callable[[str], str | None], limit_bytes: int) -> None:
        self._incoming = incoming
        self._strap_of = strap_of
        self._limit = limit_bytes
        self._busy: set[str] = set()

    async def options(self, _: Request) -> Response:
        return _answer(
            204,
            **{
                "Tus-Version": _VERSION,
                "Tus-Extension": "creation,checksum,expiration",
                "Tus-Max-Size": str(self._limit),
                "Tus-Checksum-Algorithm": "sha256",
            },
        )

    async def create(self, request: Request) -> Response:
        strap = await self._strap(request)
        length, about = _number(request, "Upload-Length"), _about(request)
        if length == 0:
            raise Refusal(400, "nothing is in it")
        if length > self._limit:
            raise Refusal(413, f"has {length} bytes, and {self._limit} is the most that is taken")
        if f"{about.gym}/{about.strap}" != strap:
            raise Refusal(403, f"this token is not that of {about.gym}/{about.strap}; mend [publish] gym and strap")
        with self._alone(identify(about, length)):
            upload = await to_thread.run_sync(self._incoming.create, about, length)
        return _answer(201, Location=upload.id, **self._expires(upload))

    async def offset(self, request: Request) -> Response:
        strap = await self._strap(request)
        upload = await self._find(request, strap)
        offset = await to_thread.run_sync(self._incoming.offset, upload)
        if offset == upload.length and not upload.done:
            with self._alone(upload.id):
                await self._finish(await self._find(request, strap))
        lengths = {"Upload-Offset": str(offset), "Upload-Length": str(upload.length), "Cache-Control": "no-store"}
        return _answer(200, **lengths, **self._expires(upload))

    async def append(self, request: Request) -> Response:
        strap = await self._strap(request)
        if request.headers.get("Content-Type") != "application/offset+octet-stream":
            raise Refusal(415, "a piece is application/offset+octet-stream")
        with self._alone(request.path_params["id"]):
            upload = await self._find(request, strap)
            at = await to_thread.run_sync(self._incoming.offset, upload)
            if _number(request, "Upload-Offset") != at:
                raise Refusal(409, f"{at} bytes have arrived, so the next piece begins there")
            if at < upload.length:
                await self._receive(request, upload, at)
            offset = await to_thread.run_sync(self._incoming.offset, upload)
            if offset == upload.length:
                await self._finish(upload)
        return _answer(204, **{"Upload-Offset": str(offset)}, **self._expires(upload))

    async def _receive(self, request: Request, upload: Upload, at: int) -> None:
        """Write a piece as it comes; a torn one stays as far as it came, a damaged one not at all."""
        wanted, found = _checksum(request), hashlib.sha256()
        room = upload.length - at
        with self._incoming.open(upload) as part:
            async for data in _pieces(request):
                room -= len(data)
                if room < 0:
                    raise Refusal(413, f"is longer than the {upload.length} bytes that were announced")
                found.update(data)
                await to_thread.run_sync(part.write, data)
            if wanted is not None and wanted != found.digest():
                await to_thread.run_sync(part.cut, at)
                raise Refusal(460, "the piece has another checksum; send it again")

    async def _finish(self, upload: Upload) -> None:
        try:
            await to_thread.run_sync(self._incoming.finish, upload)
        except DamagedError as error:
            raise Refusal(460, str(error)) from error

    async def _find(self, request: Request, strap: str) -> Upload:
        upload = await to_thread.run_sync(self._incoming.find, request.path_params["id"])
        if upload is None or f"{upload.about.gym}/{upload.about.strap}" != strap:
            raise Refusal(404, "there is no such upload; begin it anew")
        return upload

    async def _strap(self, request: Request) -> str:
        """Return who asks."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        strap = await to_thread.run_sync(self._strap_of, token.strip()) if kind.lower() == "bearer" else None
        if strap is None:
            raise Refusal(401, "this token is not known; mend [upload] token_file, or have the dashboard give out one")
        if request.headers.get("Tus-Resumable") != _VERSION:
            raise Refusal(412, f"only tus {_VERSION} is spoken here")
        return strap

    @contextmanager
    def _alone(self, upload: str) -> Iterator[None]:
        if upload in self._busy:
            raise Refusal(423, "another connection is sending this recording")
        self._busy.add(upload)
        try:
            yield
        finally:
            self._busy.discard(upload)

    def _expires(self, upload: Upload) -> dict[str, str]:
        try:
            return {"Upload-Expires": formatdate(self._incoming.expires(upload), usegmt=True)}
        except FileNotFoundError:  # it is whole, and stays
            return {}


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    """Yield the body as it comes; raises `Refusal` where the line goes silent or is cut."""
    stream = aiter(request.stream())
    try:
        while True:
            with fail_after(IDLE_S):
                data = await anext(stream, None)
            if data is None:
                return
            yield data
    except (TimeoutError, ClientDisconnect) as error:
        raise Refusal(408, "the line was cut in mid-piece") from error


def _about(request: Request) -> About:
    try:
        pairs = [pair.split() for pair in request.headers.get("Upload-Metadata", "").split(",")]
        return msgspec.convert({key: b64decode(value, validate=True).decode() for key, value in pairs}, About)
    except ValueError as error:
        raise Refusal(400, f"Upload-Metadata cannot be used: {error}") from error


def _checksum(request: Request) -> bytes | None:
    given = request.headers.get("Upload-Checksum")
    if given is None:
        return None
    try:
        algorithm, value = given.split()
        if algorithm != "sha256":
            _wrong("Upload-Checksum", given)
        return b64decode(value, validate=True)
    except ValueError:
        _wrong("Upload-Checksum", given)


def _number(request: Request, header: str) -> int:
    given = request.headers.get(header, "")
    if not given.isascii() or not given.isdigit() or len(given) > 18:
        _wrong(header, given)
    return int(given)


def _wrong(header: str, given: str) -> NoReturn:
    raise Refusal(400, f"{header}: {given!r} cannot be used")


def _answer(status: int, **headers: str) -> Response:
    return Response(status_code=status, headers={"Tus-Resumable": _VERSION, **headers})


async def _refuse(request: Request, refusal: Exception) -> Response:
    """Answer with the sentence."""
    status = getattr(refusal, "status", 400)
    headers = {"Tus-Resumable": _VERSION, "Tus-Version": _VERSION, "Cache-Control": "no-store"}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if status != 408:
        await _drain(request)
    return PlainTextResponse(str(refusal), status, headers)


async def _disk(request: Request, error: Exception) -> Response:
    """Answer that the disk is full, or fails; what has arrived stays."""
    _log.error("an upload cannot be written: %s", error)
    await _drain(request)
    full = getattr(error, "errno", None) in _FULL
    sentence = "the dashboard's disk is full; make room on it" if full else "the dashboard's disk fails"
    return PlainTextResponse(sentence, 507 if full else 500, {"Tus-Resumable": _VERSION})


async def _drain(request: Request) -> None:
    """Read what is still being sent: who is in mid-piece would not hear the answer before."""
    left = _DRAIN
    with suppress(Refusal, RuntimeError):  # it was cut, or all of it has been read
        async for data in _pieces(request):
            left -= len(data)
            if left < 0:
                return
