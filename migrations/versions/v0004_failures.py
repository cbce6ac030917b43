"""Why an attempt at a delivery failed, for programs. Attempts of before have only the sentence."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """A column beside the sentence."""
    op.add_column("webhook_attempts", sa.Column("failure", sa.String(20), nullable=True))


def downgrade() -> None:
    """In the reverse order."""
    op.drop_column("webhook_attempts", "failure")
