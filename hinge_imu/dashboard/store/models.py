"""The tables, for SQLite and PostgreSQL alike; `migrations` makes them.

A rep, a set and a session stand as their highest revision has them; ``messages`` keeps every revision of all but
traces. Times of day are those of the session: UTC is worked out of its ``started_utc`` whenever it is asked for, so
that a clock that is known late holds for every row at once.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, DateTime, Dialect, ForeignKey, Index, LargeBinary, MetaData, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# Names that do not depend on the database, so that a later migration can speak of them.
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Utc(TypeDecorator[datetime]):
    """A moment, always with its zone: SQLite would forget it."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return it as it is stored."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return it as it is used."""
        return None if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """What the store's tables share."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {dict[str, Any]: Json, list[Any]: Json, datetime: Utc}


def _session() -> Mapped[str]:
    return mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), index=True)


class SessionRow(Base):
    """A session; ``athlete`` is who wore the strap, as a user has ``assigned`` it, else as the strap has said."""

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(primary_key=True)
    gym: Mapped[str] = mapped_column(index=True)
    strap: Mapped[str]
    athlete: Mapped[str | None] = mapped_column(index=True)
    said_athlete: Mapped[str | None]
    assigned: Mapped[bool] = mapped_column(default=False)
    exercise: Mapped[str | None]
    tempo: Mapped[str | None]
    heard_utc: Mapped[datetime]
    started_utc: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(default="open")
    end_s: Mapped[float | None]
    revision: Mapped[int] = mapped_column(default=0)
    simulated: Mapped[bool] = mapped_column(default=False)
    labels: Mapped[dict[str, Any]] = mapped_column(default=dict)
    sensors: Mapped[dict[str, Any]] = mapped_column(default=dict)
    bus: Mapped[dict[str, Any]] = mapped_column(default=dict)


class SetRow(Base):
    """A set that has ended; ``renamed`` is the exercise that a user has given it."""

    __tablename__ = "sets"

    id: Mapped[str] = mapped_column(primary_key=True)
    session_id: Mapped[str] = _session()
    revision: Mapped[int]
    number: Mapped[int]
    exercise: Mapped[str]
    renamed: Mapped[str | None]
    data: Mapped[dict[str, Any]]


class RepRow(Base):
    """A rep; ``data`` is its message, of which some fields are columns of their own for whoever asks in SQL."""

    __tablename__ = "reps"

    id: Mapped[str] = mapped_column(primary_key=True)
    session_id: Mapped[str] = _session()
    revision: Mapped[int]
    set_number: Mapped[int]
    rep_number: Mapped[int]
    exercise: Mapped[str]
    status: Mapped[str]
    start_s: Mapped[float]
    end_s: Mapped[float]
    eccentric_s: Mapped[float | None]
    concentric_s: Mapped[float | None]
    thorax_rom_deg: Mapped[float | None]
    spine_flexion_peak_deg: Mapped[float | None]
    faults: Mapped[list[Any]]
    struck_out: Mapped[bool] = mapped_column(default=False)
    data: Mapped[dict[str, Any]]


class TraceRow(Base):
    """The angles over a rep, as compressed JSON; it may come before its rep, or without one."""

    __tablename__ = "traces"

    rep_id: Mapped[str] = mapped_column(primary_key=True)
    session_id: Mapped[str] = _session()
    revision: Mapped[int]
    packed: Mapped[bytes] = mapped_column(LargeBinary)


class MessageRow(Base):
    """Every revision of what was said, but for traces; of a strap without a session too."""

    __tablename__ = "messages"

    id: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[str | None] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"))
    gym: Mapped[str]
    strap: Mapped[str]
    level: Mapped[str]
    heard_utc: Mapped[datetime]
    data: Mapped[dict[str, Any]]

    __table_args__ = (Index(None, "session_id", "level"),)


class EditRow(Base):
    """What a user has changed or added: ``about`` a session, a set or a rep, from ``before`` to ``value``."""

    __tablename__ = "edits"

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[str] = _session()
    about: Mapped[str]
    about_id: Mapped[str]
    what: Mapped[str]
    before: Mapped[str | None]
    value: Mapped[str | None]
    by: Mapped[str]
    at_utc: Mapped[datetime]


class RecordingRow(Base):
    """A recording that a strap has uploaded; ``outcome`` is null until it has been worked through, or cannot be."""

    __tablename__ = "recordings"

    path: Mapped[str] = mapped_column(primary_key=True)
    session_id: Mapped[str] = _session()
    heard_utc: Mapped[datetime]
    outcome: Mapped[str | None]


class ForgottenRow(Base):
    """The SHA-256 of a deleted session's id: what still waits somewhere does not bring it back."""

    __tablename__ = "forgotten"

    hash: Mapped[str] = mapped_column(primary_key=True)
