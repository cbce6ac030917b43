"""Webhook messages in batches: what an endpoint asks for, and the batch that a delivery went in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0014"

_DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    """Columns, empty."""
    op.add_column("webhook_endpoints", sa.Column("batch", _DOCUMENT, nullable=True))
    op.add_column("webhook_deliveries", sa.Column("batch_id", sa.String(40), nullable=True))
    op.add_column("webhook_deliveries", sa.Column("batch_size", sa.Integer, nullable=True))


def downgrade() -> None:
    """In the reverse order."""
    op.drop_column("webhook_deliveries", "batch_size")
    op.drop_column("webhook_deliveries", "batch_id")
    op.drop_column("webhook_endpoints", "batch")
