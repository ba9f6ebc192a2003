"""What every answer tells the browser not to do, and the word by which it knows the page's own scripts.

NiceGUI's pages carry scripts of their own, and Vue compiles templates (https://vuejs.org/guide/best-practices/security),
so ``unsafe-eval`` stays; scripts in the page run only with the answer's nonce, so nothing that a name or a note could
smuggle into it does.
"""

from __future__ import annotations

import re
import secrets

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'self'; "
    "script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; "
    "font-src 'self' data:; "
    "connect-src 'self'; "
    "object-src 'none'; "
    "base-uri 'none'; "
    "form-action 'self'; "
    "frame-ancestors 'none'"
)
"""The content security policy (https://www.w3.org/TR/CSP3)."""

FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
"""The rest (OWASP Secure Headers Project). Without any referrer, forms would come from nowhere: ``same-origin``."""

HSTS = "max-age=31536000"
"""For a year the browser comes back by TLS only, once it has come by TLS (RFC 6797). Chosen."""

_SCRIPT = re.compile(rb"<script(?=[\s>])")


class Guarded:
    """An application whose answers all carry these headers, but for a policy of their own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(send, scope["scheme"] == "https")
        await self._app(_readable(scope), receive, answer.send)


class _Answer:
    """One answer on its way out; a page is held back until it is whole, since its length changes."""

    def __init__(self, send: Send, secure: bool) -> None:  # noqa: FBT001 - the two that there are
        self._send = send
        self._secure = secure
        self._nonce = secrets.token_urlsafe(16)
        self._start: Message | None = None
        self._body = bytearray()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            own, headers = self._mark(message)
            if own and headers.get("content-type", "").startswith("text/html") and "content-encoding" not in headers:
                self._start = message
                return
        elif self._start is not None and message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if message.get("more_body"):
                return
            message = {**message, "body": _SCRIPT.sub(b'<script nonce="%s"' % self._nonce.encode(), self._body)}
            if message["body"]:
                MutableHeaders(raw=self._start["headers"])["content-length"] = str(len(message["body"]))
            await self._send(self._start)
            self._start = None
        await self._send(message)

    def _mark(self, message: Message) -> tuple[bool, MutableHeaders]:
        """Set the headers; return whether the policy is this one: a page that has its own is not touched."""
        message["headers"] = list(message.get("headers", ()))
        headers = MutableHeaders(raw=message["headers"])
        own = "content-security-policy" not in headers
        headers.update(FIXED)
        headers.setdefault("Content-Security-Policy", POLICY.format(nonce=self._nonce))
        if self._secure:
            headers["Strict-Transport-Security"] = HSTS
        if headers.get("content-type", "").startswith("text/html"):
            headers["Cache-Control"] = "no-store"
        return own, headers


def _readable(scope: Scope) -> Scope:
    """Have a page come uncompressed: scripts in it are given their word on the way out."""
    asked = dict(scope["headers"])
    if b"text/html" not in asked.get(b"accept", b""):
        return scope
    return {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]}
