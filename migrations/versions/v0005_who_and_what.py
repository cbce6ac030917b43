"""Who somebody is, and what was said when.

A name alone proves nothing, so its key is told apart from an id's, and who has no name has no key. Repetition is looked
for by the moment at which a comment was written.
"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"

_NAMELESS = "('', 'anonymous', 'guest', '(anonymous)', '(guest)')"
_TABLES = ("comments", "review_items")


def upgrade() -> None:
    """Keys of names are marked, the nameless lose theirs, and the index on contents goes by time."""
    by_name = "FROM comments WHERE coalesce(user_id, '') = '' AND coalesce(email, '') = '' AND author_key IS NOT NULL"
    op.execute(
        f"UPDATE review_items SET author_key = CASE WHEN author_key IN {_NAMELESS} THEN NULL "
        f"ELSE substr('name:' || author_key, 1, 400) END WHERE author_key IS NOT NULL "
        f"AND comment_id IN (SELECT id {by_name})"
    )
    op.execute(
        f"UPDATE comments SET author_key = CASE WHEN author_key IN {_NAMELESS} THEN NULL "
        f"ELSE substr('name:' || author_key, 1, 400) END WHERE id IN (SELECT id {by_name})"
    )
    op.drop_index("ix_comments_content", "comments")
    op.create_index("ix_comments_content", "comments", ["site_id", "content_hash", "created_at", "id"])


def downgrade() -> None:
    """In the reverse order. Nobody's comments get the key of what stands in their name's place."""
    op.drop_index("ix_comments_content", "comments")
    op.create_index("ix_comments_content", "comments", ["site_id", "content_hash", "id"])
    for table in _TABLES:
        op.execute(f"UPDATE {table} SET author_key = substr(author_key, 6) WHERE author_key LIKE 'name:%'")
    op.execute(
        "UPDATE comments SET author_key = substr(lower(name), 1, 400) WHERE author_key IS NULL AND status <> 'erased'"
    )
