"""Where users are kept, in the store's database: four tables of their own, no password or token in any.

The store's migrations make them.
"""

from __future__ import annotations

import hashlib
import secrets

from sqlalchemy import Column, Double, Engine, ForeignKey, Integer, MetaData, String, Table, Text, insert, select
from sqlalchemy.exc import IntegrityError

from hinge_imu.dashboard.store.engine import writing
from hinge_imu.dashboard.store.models import NAMES

TABLES = MetaData(naming_convention=NAMES)

USERS = Table(
    "access_user",
    TABLES,
    Column("name", String(64), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("athlete", String(200)),
    Column("gym", String(64)),
    Column("password", Text),  # as argon2 writes it; without, nobody logs in by that name
)

SESSIONS = Table(
    "access_session",
    TABLES,
    Column("token", String(64), primary_key=True),  # SHA-256
    Column("name", String(64), ForeignKey("access_user.name", ondelete="CASCADE"), nullable=False, index=True),
    Column("expires_s", Double, nullable=False),  # since 1970
)

LINKS = Table(
    "access_link",
    TABLES,
    Column("token", String(64), primary_key=True),  # SHA-256
    Column("name", String(64), index=True),  # whoever follows the link chooses one where there is none
    Column("expires_s", Double, nullable=False),
)

SECRETS = Table(
    "access_secret",
    TABLES,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("secret", String(64), nullable=False),
)


def hashed(token: str) -> str:
    """Return what is kept of a token: it is 32 random bytes, so no salt and no stretching is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def secret_of(engine: Engine) -> str:
    """Return the secret that cookies are signed with: made once, and the same for all that share the database."""
    try:
        with writing(engine).begin() as connection:
            connection.execute(insert(SECRETS).values(id=1, secret=secrets.token_urlsafe(32)))
    except IntegrityError:
        pass
    with engine.connect() as connection:
        return str(connection.execute(select(SECRETS.c.secret)).scalar_one())
