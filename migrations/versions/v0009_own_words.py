"""What a comment's own words score beside those that it quotes; and how webhooks fare is told from an index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations import beforehand
from moderation.store import Store

revision = "0009"
down_revision = "0008"

_TRIED = sa.text("attempts > 0")


def prepare(store: Store) -> None:
    """The index, while deliveries are written."""
    beforehand.build_index(store, "ix_webhook_deliveries_tried", f"webhook_deliveries (endpoint_id, id) WHERE {_TRIED}")


def upgrade() -> None:
    """A column, and an index of the deliveries that were tried."""
    document = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
    op.add_column("comments", sa.Column("own_scores", document, nullable=True))
    op.create_index(
        "ix_webhook_deliveries_tried",
        "webhook_deliveries",
        ["endpoint_id", "id"],
        sqlite_where=_TRIED,
        postgresql_where=_TRIED,
        if_not_exists=True,
    )


def downgrade() -> None:
    """In the reverse order."""
    op.drop_index("ix_webhook_deliveries_tried", "webhook_deliveries")
    op.drop_column("comments", "own_scores")
