"""What stands between the browser and the dashboard: which proxies are believed, and the path they serve it under."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_network

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from hinge_imu.dashboard.access.passwords import AccessError


class Proxied:
    """Takes address and scheme from the ``X-Forwarded-For`` and ``-Proto`` of trusted proxies, and of nobody else.

    ``trusted`` are addresses and networks, ``base`` the path, such as ``/hinge``, whether the proxy cuts it off or
    not. Nothing behind sees any such header.

    Raises
    ------
    AccessError
        Something trusted is no address, or the base no path.
    """

    def __init__(self, app: ASGIApp, trusted: Sequence[str] = (), base: str = "") -> None:
        for each in trusted:
            _check(each)
        self._base = _path(base)
        self._app = app
        self._believe = ProxyHeadersMiddleware(self._inside, trusted_hosts=list(trusted))  # type: ignore[arg-type]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        else:
            await self._believe(dict(scope), receive, send)  # type: ignore[arg-type]

    async def _inside(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["headers"] = [pair for pair in scope["headers"] if not _is_forwarded(pair[0])]
        if self._base:
            path = scope["path"]
            scope["root_path"] = self._base
            if path != self._base and not path.startswith(self._base + "/"):
                scope["path"] = self._base + path
        await self._app(scope, receive, send)


def _is_forwarded(name: bytes) -> bool:
    return name.startswith(b"x-forwarded-") or name in {b"forwarded", b"x-real-ip", b"x-original-url", b"x-rewrite-url"}


def _check(address: str) -> None:
    try:
        ip_network(address)
    except ValueError as error:
        raise AccessError(f"{address!r} is no address of a proxy ({error}); give one such as 127.0.0.1") from error


def _path(base: str) -> str:
    base = base.rstrip("/")
    if base and not (base.startswith("/") and base.replace("/", "").replace("-", "").isalnum() and base.isascii()):
        raise AccessError(f"{base!r} is no path to serve the dashboard under; give one such as /hinge")
    return base
