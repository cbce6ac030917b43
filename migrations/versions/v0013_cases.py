"""Hard cases: notes for colleagues, whose turn it is, what is put off, and who skipped a comment.

In tables of their own, so that neither a column nor an index of the large tables has to be made.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from moderation.tables import Moment

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Three small tables."""
    op.create_table(
        "cases",
        _comment(primary_key=True),
        _site(),
        sa.Column("assigned_to", sa.String(80)),
        sa.Column("put_off_until", Moment),
        sa.Column("put_off_by", sa.String(80)),
    )
    op.create_index("ix_cases_assigned", "cases", ["assigned_to", "comment_id"])
    op.create_index("ix_cases_put_off", "cases", ["put_off_until", "comment_id"])
    op.create_table(
        "notes",
        sa.Column("id", sa.String(40), primary_key=True),
        _site(),
        _comment(nullable=True),
        sa.Column("author_key", sa.String(400)),
        sa.Column("written_by", sa.String(80), nullable=False),
        sa.Column("written_at", Moment, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_index("ix_notes_comment", "notes", ["comment_id", "id"])
    op.create_index("ix_notes_author", "notes", ["site_id", "author_key", "id"])
    op.create_table("skips", _comment(primary_key=True), sa.Column("skipped_by", sa.String(80), primary_key=True))


def _site() -> sa.Column[str]:
    return sa.Column("site_id", sa.String(40), sa.ForeignKey("sites.id", ondelete="CASCADE"), nullable=False)


def _comment(*, primary_key: bool = False, nullable: bool = False) -> sa.Column[str]:
    to_comments = sa.ForeignKey("comments.id", ondelete="CASCADE")
    return sa.Column("comment_id", sa.String(40), to_comments, primary_key=primary_key, nullable=nullable)


def downgrade() -> None:
    """In the reverse order. What was put off waits again."""
    op.execute(
        "UPDATE review_items SET closed_at = NULL, outcome = NULL, closed_by = NULL WHERE outcome = 'put_off' "
        "AND comment_id IN (SELECT comment_id FROM cases)"
    )
    for table in ("skips", "notes", "cases"):
        op.drop_table(table)
