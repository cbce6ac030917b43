"""Which entries of a shared list do not count yet, or no more, and when a list was deleted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from moderation.tables import Document, Moment

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """Two columns more, which are empty for a list that nobody changes."""
    op.add_column("lists", sa.Column("hidden", Document, nullable=True))
    op.add_column("lists", sa.Column("deleted_at", Moment(), nullable=True))


def downgrade() -> None:
    """In the reverse order. What is half deleted is not whole again, so it goes."""
    op.execute("DELETE FROM list_entries WHERE list_id IN (SELECT id FROM lists WHERE deleted_at IS NOT NULL)")
    op.execute("DELETE FROM lists WHERE deleted_at IS NOT NULL")
    op.drop_column("lists", "deleted_at")
    op.drop_column("lists", "hidden")
