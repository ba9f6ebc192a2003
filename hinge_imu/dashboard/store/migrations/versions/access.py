"""Users, their sessions, the links by which they choose a password, and what cookies are signed with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "access"
down_revision = "first"


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "access_user",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("athlete", sa.String(200), nullable=True),
        sa.Column("gym", sa.String(64), nullable=True),
        sa.Column("password", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_access_user"),
    )
    op.create_table(
        "access_session",
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("expires_s", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["name"], ["access_user.name"], name="fk_access_session_name_access_user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token", name="pk_access_session"),
    )
    op.create_index("ix_access_session_name", "access_session", ["name"])
    op.create_table(
        "access_link",
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("name", sa.String(64), nullable=True),
        sa.Column("expires_s", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("token", name="pk_access_link"),
    )
    op.create_index("ix_access_link_name", "access_link", ["name"])
    op.create_table(
        "access_secret",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("secret", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_access_secret"),
    )
