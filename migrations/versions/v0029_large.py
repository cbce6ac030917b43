"""`winnow doctor` finds the webhook deliveries that did not arrive by an index that has no others.

The index of all open review items by their age goes: PostgreSQL looked there for the oldest of a site with nothing to
review, and read those of all other sites.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import beforehand
from moderation.store import Store

revision = "0029"
down_revision = "0026"

_NAME, _COLUMNS = "ix_webhook_deliveries_undelivered", ["endpoint_id", "id"]
_OLDEST = "ix_review_items_oldest"
_WHERE = "delivered_at IS NULL AND attempts > 0"


def prepare(store: Store) -> None:
    """The new index, while deliveries are written."""
    beforehand.build_index(store, _NAME, f"webhook_deliveries ({', '.join(_COLUMNS)}) WHERE {_WHERE}")


def upgrade() -> None:
    """One index more, which on PostgreSQL is there by now, and one less."""
    where = sa.text(_WHERE)
    op.create_index(
        _NAME, "webhook_deliveries", _COLUMNS, sqlite_where=where, postgresql_where=where, if_not_exists=True
    )
    op.drop_index(_OLDEST, "review_items")


def downgrade() -> None:
    """In the reverse order."""
    is_open = sa.text("closed_at IS NULL")
    op.create_index(_OLDEST, "review_items", ["opened_at"], sqlite_where=is_open, postgresql_where=is_open)
    op.drop_index(_NAME, "webhook_deliveries")
