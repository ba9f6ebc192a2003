"""What became of an uploaded recording: whether it has been worked through."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "outcome"
down_revision = "access"


def upgrade() -> None:
    """Make the change."""
    op.add_column("recordings", sa.Column("outcome", sa.String(), nullable=True))
