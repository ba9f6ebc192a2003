"""The users: who there is, with which role, and how one comes by a password."""

from __future__ import annotations

import secrets
import time
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from hinge_imu.config import Name
from hinge_imu.dashboard.access.passwords import AccessError, again, fits, hash_of, is_old
from hinge_imu.dashboard.access.sessions import Sessions
from hinge_imu.dashboard.access.tables import LINKS, SESSIONS, USERS, hashed, secret_of
from hinge_imu.dashboard.access.viewer import ROLES, Viewer
from hinge_imu.dashboard.store.engine import writing

LINK_LASTS_S = 86_400.0
"""A link that has not been followed for so long leads nowhere. Chosen."""


class Users:
    """All users in the store's database (``Store.engine``), and their ``sessions``.

    Names are small letters. Every method raises SQLAlchemyError where the database fails.
    """

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._clock = clock
        self.secret = secret_of(engine)
        self.sessions = Sessions(engine, self.secret, clock)

    def all(self) -> list[Viewer]:
        """Return every user, by name."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(*_PUBLIC).order_by(USERS.c.name)).mappings().all()
        return [Viewer(**row) for row in rows]

    def add(
        self, name: str, role: str, password: str | None, *, athlete: str | None = None, gym: str | None = None
    ) -> Viewer:
        """Add a user; without a password nobody can log in by that name until a link was followed.

        Raises
        ------
        AccessError
            The name, the role, what belongs to it, or the password cannot be used.
        """
        viewer = _checked(name, role, athlete, gym)
        kept = hash_of(password, viewer.name) if password is not None else None
        try:
            with self._writing.begin() as connection:
                connection.execute(insert(USERS).values(**msgspec.structs.asdict(viewer), password=kept))
        except IntegrityError as error:
            raise AccessError(
                f"there is a user {viewer.name} already; take another name, or remove that one",
                "taken",
                name=viewer.name,
            ) from error
        return viewer

    def remove(self, name: str) -> None:
        """Remove a user, and log it out everywhere; raises AccessError where there is none, or it is the last admin."""
        name = normal(name)
        with self._writing.begin() as connection:
            user = self._get(connection, name)
            admins = select(func.count()).where(USERS.c.role == "admin")
            if user.role == "admin" and connection.execute(admins).scalar_one() == 1:
                raise AccessError(f"{name} is the only admin; add another one first", "only_admin", name=name)
            self._put_out(connection, name)
            connection.execute(delete(USERS).where(USERS.c.name == name))
        self.sessions.forget(name)

    def remove_athlete(self, athlete: str, gym: str | None = None) -> None:
        """Remove all users who see that athlete alone, be it in one gym: what they saw is no more."""
        for user in self.all():
            if user.role == "athlete" and user.athlete == athlete and gym in {None, user.gym}:
                with suppress(AccessError):  # somebody else has just done so
                    self.remove(user.name)

    def set_password(self, name: str, password: str) -> None:
        """Give a user another password, and log it out everywhere; raises AccessError."""
        name = normal(name)
        kept = hash_of(password, name)
        with self._writing.begin() as connection:
            self._get(connection, name)
            connection.execute(update(USERS).where(USERS.c.name == name).values(password=kept))
            self._put_out(connection, name)
        self.sessions.forget(name)

    def check(self, name: str, password: str) -> Viewer | None:
        """Return the user who has that name and that password; it takes as long where there is none."""
        name = normal(name)
        with self._engine.connect() as connection:
            row = connection.execute(select(*_PUBLIC, USERS.c.password).where(USERS.c.name == name)).one_or_none()
        kept = row.password if row is not None else None
        if not fits(kept, password) or row is None or kept is None:
            return None
        if is_old(kept):
            with self._writing.begin() as connection:
                mine = (USERS.c.name == name) & (USERS.c.password == kept)
                connection.execute(update(USERS).where(mine).values(password=again(password)))
        return Viewer(name=row.name, role=row.role, athlete=row.athlete, gym=row.gym)

    def link(self, name: str | None) -> str:
        """Return the token of a link by which one chooses a password, once; without a name, who is to be admin."""
        token = secrets.token_urlsafe(32)
        name = normal(name) if name is not None else None
        with self._writing.begin() as connection:
            if name is not None:
                self._get(connection, name)
            same = LINKS.c.name == name if name is not None else LINKS.c.name.is_(None)
            connection.execute(delete(LINKS).where(same | (LINKS.c.expires_s < self._clock())))
            row = {"token": hashed(token), "name": name, "expires_s": self._clock() + LINK_LASTS_S}
            connection.execute(insert(LINKS).values(**row))
        return token

    def first_link(self) -> str | None:
        """Return the token of a link for the first admin; None where there is an admin who can log in."""
        ready = select(func.count()).where((USERS.c.role == "admin") & USERS.c.password.is_not(None))
        with self._engine.connect() as connection:
            if connection.execute(ready).scalar_one():
                return None
        return self.link(None)

    def whose(self, token: str) -> tuple[bool, str | None]:
        """Tell whether a link leads anywhere, and for which user it is (None: one who is to be admin)."""
        with self._engine.connect() as connection:
            row = connection.execute(select(LINKS.c.name).where(self._good(token))).one_or_none()
        return row is not None, row.name if row is not None else None

    def follow(self, token: str, name: str, password: str) -> Viewer:
        """Choose a password by a link, which leads nowhere afterwards; ``name`` counts where the link has none.

        Raises
        ------
        AccessError
            The link leads nowhere, or the name or the password cannot be used; then it can be followed again.
        """
        good, named = self.whose(token)
        if not good:
            raise AccessError("this link leads nowhere: it was used, or is too old; have another one made", "nowhere")
        user = _checked(name, "admin", None, None) if named is None else None
        kept = hash_of(password, named or normal(name))
        with self._writing.begin() as connection:
            taken = connection.execute(delete(LINKS).where(self._good(token)))
            if taken.rowcount != 1:
                raise AccessError("this link leads nowhere: it has just been used; have another one made", "nowhere")
            if user is None:
                connection.execute(update(USERS).where(USERS.c.name == named).values(password=kept))
                user = self._get(connection, str(named))
                self._put_out(connection, user.name)
            else:
                self._admit(connection, user, kept)
        self.sessions.forget(user.name)
        return user

    def _put_out(self, connection: Connection, name: str) -> None:
        """End whatever this user was let in by."""
        connection.execute(delete(SESSIONS).where(SESSIONS.c.name == name))
        connection.execute(delete(LINKS).where(LINKS.c.name == name))

    def _admit(self, connection: Connection, user: Viewer, kept: str) -> None:
        try:
            connection.execute(insert(USERS).values(**msgspec.structs.asdict(user), password=kept))
        except IntegrityError as error:
            sentence = f"there is a user {user.name} already; take another name"
            raise AccessError(sentence, "taken", name=user.name) from error

    def _good(self, token: str) -> Any:
        return (LINKS.c.token == hashed(token)) & (LINKS.c.expires_s > self._clock())

    def _get(self, connection: Connection, name: str) -> Viewer:
        row = connection.execute(select(*_PUBLIC).where(USERS.c.name == name)).mappings().one_or_none()
        if row is None:
            raise AccessError(
                f"there is no user {name}; `hinge-imu dashboard-user list` names those there are", "no_user", name=name
            )
        return Viewer(**row)


_PUBLIC = (USERS.c.name, USERS.c.role, USERS.c.athlete, USERS.c.gym)


def path_of(token: str) -> str:
    """Return the path that a link leads to."""
    return f"/setup?link={token}"


def normal(name: str) -> str:
    """Return a user's name as it is kept: however it was typed, it is the same one."""
    return unicodedata.normalize("NFKC", name[:200]).strip().casefold()


def _checked(name: str, role: str, athlete: str | None, gym: str | None) -> Viewer:
    name = normal(name)
    for each in (name, *([] if gym is None else [gym])):
        try:
            msgspec.convert(each, Name)
        except msgspec.ValidationError as error:
            raise AccessError(
                f"{each!r} is no name: 1 to 64 characters, no space / + #", "no_name", name=each
            ) from error
    if not name.isprintable():
        raise AccessError("the name has characters that cannot be shown; take others", "unshowable")
    if role not in ROLES:
        raise AccessError(f"there is no role {role!r}; take one of {', '.join(ROLES)}", "no_role", role=role)
    if (role == "athlete") != (athlete is not None):
        raise AccessError(
            "a user of role athlete, and no other, names the athlete whose sessions it sees: --athlete", "whose"
        )
    if athlete is not None and not (0 < len(athlete) <= 200 and athlete.isprintable()):
        raise AccessError("the athlete's name is 1 to 200 characters that can be shown", "athlete_name")
    return Viewer(name=name, role=role, athlete=athlete, gym=gym)
