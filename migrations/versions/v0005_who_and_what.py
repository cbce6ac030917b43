"""Who somebody is, and what was said when.

A name alone proves nothing, so its key is told apart from an id's, and who has no name has no key. Repetition is looked
for by the moment at which a comment was written.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import Session

from migrations import beforehand
from moderation.store import Store

revision = "0005"
down_revision = "0004"

_NAMELESS = "('', 'anonymous', 'guest', '(anonymous)', '(guest)')"
_TABLES = ("comments", "review_items")


_BY_NAME = "coalesce(user_id, '') = '' AND coalesce(email, '') = '' AND author_key NOT LIKE 'name:%'"
_AS_OF_NAMES = f"CASE WHEN author_key IN {_NAMELESS} THEN NULL ELSE substr('name:' || author_key, 1, 400) END"
_CONTENT = ["site_id", "content_hash", "created_at", "id"]


def prepare(store: Store) -> None:
    """A million comments take minutes, and nobody is to wait: some at a time, and the index beside the old one."""
    beforehand.in_chunks(store, _mark_keys)
    if not store.is_sqlite:  # which cannot rename an index
        beforehand.build_index(store, "ix_comments_content_new", f"comments ({', '.join(_CONTENT)})")


def _mark_keys(session: Session, after: str, last: str) -> None:
    for statement in _marking("id > :after AND id <= :last AND"):
        session.execute(sa.text(statement), {"after": after, "last": last})


def _marking(which: str = "") -> tuple[str, str]:
    """Marks the keys of those that have none but their name; of comments that were not marked before."""
    comments = f"SELECT id FROM comments WHERE {which} {_BY_NAME}"
    return (
        f"UPDATE review_items SET author_key = {_AS_OF_NAMES} "
        f"WHERE author_key IS NOT NULL AND comment_id IN ({comments})",
        f"UPDATE comments SET author_key = {_AS_OF_NAMES} WHERE {which} {_BY_NAME}",
    )


def upgrade() -> None:
    """Keys of names are marked, the nameless lose theirs, and the index on contents goes by time."""
    for statement in _marking():
        op.execute(statement)
    op.drop_index("ix_comments_content", "comments")
    if op.get_bind().dialect.name == "sqlite":
        op.create_index("ix_comments_content", "comments", _CONTENT)
    else:
        op.create_index("ix_comments_content_new", "comments", _CONTENT, if_not_exists=True)
        op.execute("ALTER INDEX ix_comments_content_new RENAME TO ix_comments_content")


def downgrade() -> None:
    """In the reverse order. Nobody's comments get the key of what stands in their name's place."""
    op.drop_index("ix_comments_content", "comments")
    op.create_index("ix_comments_content", "comments", ["site_id", "content_hash", "id"])
    for table in _TABLES:
        op.execute(f"UPDATE {table} SET author_key = substr(author_key, 6) WHERE author_key LIKE 'name:%'")
    op.execute(
        "UPDATE comments SET author_key = substr(lower(name), 1, 400) WHERE author_key IS NULL AND status <> 'erased'"
    )
