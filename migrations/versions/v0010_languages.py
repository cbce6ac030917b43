"""Which languages a moderator reads: the review queue offers comments in these first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """A column."""
    op.add_column("users", sa.Column("languages", sa.String(400), nullable=True))


def downgrade() -> None:
    """In the reverse order."""
    op.drop_column("users", "languages")
