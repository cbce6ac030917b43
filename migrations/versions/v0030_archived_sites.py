"""When a site was archived."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from moderation.tables import Moment

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """One column more, which is empty for a site that is in use, and an index of those that are not."""
    op.add_column("sites", sa.Column("archived_at", Moment(), nullable=True))
    where = sa.text("archived_at IS NOT NULL")
    op.create_index("ix_sites_archived", "sites", ["id"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """In the reverse order."""
    op.drop_index("ix_sites_archived", "sites")
    op.drop_column("sites", "archived_at")
