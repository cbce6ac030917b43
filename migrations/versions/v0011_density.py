"""How much room the cards of the review queue take: each person's own choice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """A column."""
    op.add_column("users", sa.Column("density", sa.String(20), nullable=True))


def downgrade() -> None:
    """In the reverse order."""
    op.drop_column("users", "density")
