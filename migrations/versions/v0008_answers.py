"""What a moderator writes in answer to an appeal, for its author; and what readers see comes first in the queue."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0006"

#: In milliseconds, as `review/urgency.py` has it now.
_HEAD_START = 10 * 365 * 86_400_000


def upgrade() -> None:
    """A column, and the queue's order: open questions about what readers see move before all others."""
    op.add_column("appeals", sa.Column("answer", sa.Text(), nullable=True))
    _move(-_HEAD_START)


def downgrade() -> None:
    """In the reverse order."""
    _move(_HEAD_START)
    op.drop_column("appeals", "answer")


def _move(milliseconds: int) -> None:
    op.execute(
        sa.text(
            "UPDATE review_items SET due = due + :by WHERE closed_at IS NULL AND kind IN ('flag', 'report') "
            "AND comment_id IN (SELECT id FROM comments WHERE status = 'published')"
        ).bindparams(by=milliseconds)
    )
