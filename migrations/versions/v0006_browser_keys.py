"""Keys for pages, which may do nothing but score. Every key of before is one for servers, and stays it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"

DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """What a key is for, and the pages that may use it."""
    op.add_column("compat_keys", sa.Column("purpose", sa.String(10), nullable=False, server_default="server"))
    op.add_column("compat_keys", sa.Column("origins", DOCUMENT, nullable=True))


def downgrade() -> None:
    """Keys for pages go: without the column they would be keys for servers."""
    op.execute("DELETE FROM compat_keys WHERE purpose <> 'server'")
    op.drop_column("compat_keys", "origins")
    op.drop_column("compat_keys", "purpose")
