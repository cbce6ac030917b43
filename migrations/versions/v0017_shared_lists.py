"""Lists of the team's, to which sites subscribe."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from moderation.tables import Moment

revision = "0017"
down_revision = "0016"

_ENDING = sa.text("until IS NOT NULL")


def upgrade() -> None:
    """Two tables."""
    op.create_table(
        "lists",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("last_number", sa.Integer, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("created_by", sa.String(80), nullable=False),
        sa.Column("changed_at", Moment, nullable=False),
        sa.UniqueConstraint("name", name="uq_lists_name"),
    )
    op.create_table(
        "list_entries",
        sa.Column("list_id", sa.String(40), sa.ForeignKey("lists.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("entry", sa.String(200), nullable=False),
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("added_at", Moment, nullable=False),
        sa.Column("added_by", sa.String(80), nullable=False),
        sa.Column("until", Moment),
    )
    op.create_index("uq_list_entries_key", "list_entries", ["list_id", "key"], unique=True)
    op.create_index("ix_list_entries_until", "list_entries", ["until"], sqlite_where=_ENDING, postgresql_where=_ENDING)


def downgrade() -> None:
    """In the reverse order. Policies keep their subscriptions, which no version before reads."""
    op.drop_table("list_entries")
    op.drop_table("lists")
