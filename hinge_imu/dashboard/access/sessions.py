"""Who is logged in: what a browser's cookie stands for, and until when."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from itsdangerous import BadSignature, Signer
from sqlalchemy import Engine, delete, insert, select
from sqlalchemy.exc import SQLAlchemyError

from hinge_imu.dashboard.access.tables import SESSIONS, USERS, hashed
from hinge_imu.dashboard.access.viewer import Role, Viewer
from hinge_imu.dashboard.store.engine import writing

DAY_S = 86_400.0

LASTS_S: dict[Role, float] = {
    "admin": DAY_S,
    "coach": 14 * DAY_S,
    "athlete": 30 * DAY_S,
    "wall": 365 * DAY_S,
}
"""How long one is logged in at most: the more a role may do, the shorter. Chosen."""

MOST = 20
"""Most sessions of one user; the one that ends first goes. Chosen."""

FRESH_S = 2.0
"""For so long what the database said is taken for true: what another process ends, ends here by then. Chosen."""

GRACE_S = 300.0
"""For so long whoever was in stays in while the database does not answer. Chosen."""

_KEPT = 2000  # sessions whose viewers are remembered


class Sessions:
    """All who are logged in; ``clock`` gives the seconds since 1970. A database that fails raises SQLAlchemyError."""

    def __init__(self, engine: Engine, secret: str, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._signer = Signer(secret, salt="hinge-imu session", digest_method=hashlib.sha256)
        self._clock = clock
        self._seen: OrderedDict[str, tuple[float, Viewer | None]] = OrderedDict()
        self._lock = Lock()
        self._changes = 0

    def begin(self, name: str, role: Role) -> tuple[str, float]:
        """Log a user in; returns the cookie, and how many seconds it is good for."""
        token, now = secrets.token_urlsafe(32), self._clock()
        with self._writing.begin() as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.expires_s < now))
            kept = select(SESSIONS.c.token).where(SESSIONS.c.name == name).order_by(SESSIONS.c.expires_s.desc())
            spare = connection.execute(kept.offset(MOST - 1)).scalars().all()
            connection.execute(delete(SESSIONS).where(SESSIONS.c.token.in_(spare)))
            row = {"token": hashed(token), "name": name, "expires_s": now + LASTS_S[role]}
            connection.execute(insert(SESSIONS).values(**row))
        self.forget(name)
        return self._signer.sign(token).decode(), LASTS_S[role]

    def viewer(self, cookie: str) -> Viewer | None:
        """Return who is logged in by that cookie; None where nobody is (any more)."""
        token = self._token(cookie)
        if token is None:
            return None
        at, viewer = self._seen.get(token, (-GRACE_S, None))
        now = time.monotonic()
        if now - at < FRESH_S:
            return viewer
        changes = self._changes
        try:
            viewer = self._read(token)
        except SQLAlchemyError:
            if viewer is None or now - at > GRACE_S:
                raise
            return viewer
        self._remember(token, now, viewer, changes)
        return viewer

    def known(self, cookie: str) -> tuple[bool, Viewer | None]:
        """Tell without asking the database: whether that can be told, and who it is."""
        token = self._token(cookie)
        if token is None:
            return True, None
        at, viewer = self._seen.get(token, (-FRESH_S, None))
        return time.monotonic() - at < FRESH_S, viewer

    def end(self, cookie: str) -> None:
        """Log out whoever is logged in by that cookie."""
        token = self._token(cookie)
        if token is not None:
            with self._writing.begin() as connection:
                connection.execute(delete(SESSIONS).where(SESSIONS.c.token == hashed(token)))
            _, viewer = self._seen.get(token, (0.0, None))
            self.forget(viewer.name if viewer is not None else None)

    def forget(self, name: str | None = None) -> None:
        """Ask the database again at the next look (about one user, None: about all): something has changed."""
        with self._lock:
            self._changes += 1
            for token, (_, viewer) in list(self._seen.items()):
                if name is None or viewer is None or viewer.name == name:
                    del self._seen[token]

    def _token(self, cookie: str) -> str | None:
        try:
            return self._signer.unsign(cookie).decode()
        except (BadSignature, UnicodeError):
            return None

    def _read(self, token: str) -> Viewer | None:
        columns = select(USERS.c.name, USERS.c.role, USERS.c.athlete, USERS.c.gym).join_from(SESSIONS, USERS)
        good = (SESSIONS.c.token == hashed(token)) & (SESSIONS.c.expires_s > self._clock())
        with self._engine.connect() as connection:
            row = connection.execute(columns.where(good)).one_or_none()
        return Viewer(**row._mapping) if row is not None else None  # noqa: SLF001 - public, whatever its name

    def _remember(self, token: str, now: float, viewer: Viewer | None, changes: int) -> None:
        with self._lock:
            if changes == self._changes:  # else it may have been read before the change
                self._seen[token] = now, viewer
                self._seen.move_to_end(token)
                if len(self._seen) > _KEPT:
                    self._seen.popitem(last=False)
