"""The first form of the tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

UTC = sa.DateTime(timezone=True)
JSON = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")

revision = "first"
down_revision = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "forgotten",
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_forgotten"),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("gym", sa.String(), nullable=False),
        sa.Column("strap", sa.String(), nullable=False),
        sa.Column("athlete", sa.String(), nullable=True),
        sa.Column("said_athlete", sa.String(), nullable=True),
        sa.Column("assigned", sa.Boolean(), nullable=False),
        sa.Column("exercise", sa.String(), nullable=True),
        sa.Column("tempo", sa.String(), nullable=True),
        sa.Column("heard_utc", UTC, nullable=False),
        sa.Column("started_utc", UTC, nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("end_s", sa.Double(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("labels", JSON, nullable=False),
        sa.Column("sensors", JSON, nullable=False),
        sa.Column("bus", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
    )
    op.create_index("ix_sessions_athlete", "sessions", ["athlete"])
    op.create_index("ix_sessions_gym", "sessions", ["gym"])

    op.create_table(
        "edits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("about_id", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=True),
        sa.Column("value", sa.String(), nullable=True),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at_utc", UTC, nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name="fk_edits_session_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_edits"),
    )
    op.create_index("ix_edits_session_id", "edits", ["session_id"])

    op.create_table(
        "messages",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=True),
        sa.Column("gym", sa.String(), nullable=False),
        sa.Column("strap", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("heard_utc", UTC, nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name="fk_messages_session_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", "revision", name="pk_messages"),
    )
    op.create_index("ix_messages_session_id_level", "messages", ["session_id", "level"])

    op.create_table(
        "recordings",
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("heard_utc", UTC, nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name="fk_recordings_session_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("path", name="pk_recordings"),
    )
    op.create_index("ix_recordings_session_id", "recordings", ["session_id"])

    op.create_table(
        "reps",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("set_number", sa.Integer(), nullable=False),
        sa.Column("rep_number", sa.Integer(), nullable=False),
        sa.Column("exercise", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("start_s", sa.Double(), nullable=False),
        sa.Column("end_s", sa.Double(), nullable=False),
        sa.Column("eccentric_s", sa.Double(), nullable=True),
        sa.Column("concentric_s", sa.Double(), nullable=True),
        sa.Column("thorax_rom_deg", sa.Double(), nullable=True),
        sa.Column("spine_flexion_peak_deg", sa.Double(), nullable=True),
        sa.Column("faults", JSON, nullable=False),
        sa.Column("struck_out", sa.Boolean(), nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name="fk_reps_session_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_reps"),
    )
    op.create_index("ix_reps_session_id", "reps", ["session_id"])

    op.create_table(
        "sets",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("exercise", sa.String(), nullable=False),
        sa.Column("renamed", sa.String(), nullable=True),
        sa.Column("data", JSON, nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name="fk_sets_session_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_sets"),
    )
    op.create_index("ix_sets_session_id", "sets", ["session_id"])

    op.create_table(
        "traces",
        sa.Column("rep_id", sa.String(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name="fk_traces_session_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("rep_id", name="pk_traces"),
    )
    op.create_index("ix_traces_session_id", "traces", ["session_id"])
