"""What caused a comment, a delivery or a bulk decision: the request, and the span that what follows belongs to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0020"

_TABLES = ("comments", "webhook_deliveries", "bulk_jobs")


def upgrade() -> None:
    """Columns, empty."""
    for table in _TABLES:
        op.add_column(table, sa.Column("request_id", sa.String(64), nullable=True))
        op.add_column(table, sa.Column("traceparent", sa.String(55), nullable=True))


def downgrade() -> None:
    """In the reverse order."""
    for table in reversed(_TABLES):
        op.drop_column(table, "traceparent")
        op.drop_column(table, "request_id")
