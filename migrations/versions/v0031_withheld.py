"""The open review items that somebody may not take are found by an index of them, however many others may not be
taken by somebody else."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import beforehand
from moderation.store import Store

revision = "0031"
down_revision = "0030"

_NAME, _COLUMNS = "ix_review_items_withheld", ["not_for", "site_id"]
_WHERE = "closed_at IS NULL AND not_for IS NOT NULL"


def prepare(store: Store) -> None:
    """The index, while items are written."""
    beforehand.build_index(store, _NAME, f"review_items ({', '.join(_COLUMNS)}) WHERE {_WHERE}")


def upgrade() -> None:
    """One index more, which is there by now."""
    where = sa.text(_WHERE)
    op.create_index(_NAME, "review_items", _COLUMNS, sqlite_where=where, postgresql_where=where, if_not_exists=True)


def downgrade() -> None:
    """In the reverse order."""
    op.drop_index(_NAME, "review_items")
