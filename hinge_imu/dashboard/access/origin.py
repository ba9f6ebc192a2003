"""Where a request comes from: the dashboard's own pages, or another site that would act in its visitor's name.

The rules are those of Go's ``http.CrossOriginProtection``, and for what is only read those of a resource isolation
policy (https://web.dev/articles/fetch-metadata).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

_READS = {"GET", "HEAD", "OPTIONS"}
_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}


def is_foreign(scope: Scope) -> bool:
    """Tell whether another site has sent it, or may have: what is no reading has to say where it comes from."""
    headers = Headers(scope=scope)
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin is not None:
        return not _is_own(origin, headers.get("host", ""))
    if scope["type"] == "websocket" or scope["method"] not in _READS:
        return site != "same-origin"
    followed = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    return site in {"cross-site", "same-site"} and not followed


def _is_own(origin: str, host: str) -> bool:
    try:
        theirs, ours = urlsplit(origin), urlsplit(f"//{host}")
        port = _PORTS[theirs.scheme]
        return bool(host) and (theirs.hostname, theirs.port or port) == (ours.hostname, ours.port or port)
    except (ValueError, KeyError):
        return False
