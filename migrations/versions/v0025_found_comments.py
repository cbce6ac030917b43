"""All comments are found by when they were written, by whom and when they were decided, and by their authors' names."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import beforehand
from moderation.store import Store

revision = "0025"
down_revision = "0024"

_BY_PEOPLE = "decided_by LIKE 'user:%'"
_NAMED_BESIDE_THE_KEY = "author_key NOT LIKE 'name:%' AND length(name) <= 200"
#: Index -> its columns, and which comments it has; None: all.
_INDEXES: dict[str, tuple[list[str], str | None]] = {
    "ix_comments_written": (["site_id", "created_at", "id"], None),
    "ix_comments_decided": (["decided_by", "decided_at", "id"], _BY_PEOPLE),
    "ix_comments_name": (["site_id", "name", "id"], _NAMED_BESIDE_THE_KEY),
}


def prepare(store: Store) -> None:
    """The indexes, while comments are written."""
    for name, (columns, where) in _INDEXES.items():
        only = "" if where is None else f" WHERE {where}"
        beforehand.build_index(store, name, f"comments ({', '.join(columns)}){only}")


def upgrade() -> None:
    """Three indexes of comments; on PostgreSQL they are there by now."""
    for name, (columns, where) in _INDEXES.items():
        only = None if where is None else sa.text(where)
        op.create_index(name, "comments", columns, sqlite_where=only, postgresql_where=only, if_not_exists=True)


def downgrade() -> None:
    """In the reverse order."""
    for name in reversed(_INDEXES):
        op.drop_index(name, "comments")
