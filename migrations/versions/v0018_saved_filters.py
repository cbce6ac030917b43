"""Saved filters of the review queue, each person's first one, and the titles of pages that comments stand on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from moderation.tables import Moment

revision = "0018"
down_revision = "0017"

_DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    """Two small tables, and an empty column in one that is small."""
    op.create_table(
        "articles",
        sa.Column("site_id", sa.String(40), sa.ForeignKey("sites.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("thread", sa.String(500), primary_key=True),
        sa.Column("title", sa.String(300)),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("due_at", Moment),
    )
    op.create_table(
        "saved_filters",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("user_id", sa.String(40), sa.ForeignKey("users.id", ondelete="CASCADE")),
        sa.Column("site_id", sa.String(40), sa.ForeignKey("sites.id", ondelete="CASCADE")),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("query", _DOCUMENT, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
    )
    op.create_index("ix_saved_filters_user_id", "saved_filters", ["user_id"])
    op.add_column("users", sa.Column("default_filter", sa.String(40), nullable=True))


def downgrade() -> None:
    """In the reverse order."""
    op.drop_column("users", "default_filter")
    op.drop_table("saved_filters")
    op.drop_table("articles")
