"""The keys under which e-mail and IP addresses are encrypted, and columns that take them encrypted.

PostgreSQL takes a longer type without looking at a row; the columns are in no index with a condition, which it would
build anew. SQLite's texts have any length already.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"

#: Table, column, and its length until now.
_LONGER = (
    ("comments", "request_hash", 32),
    ("comments", "email", 320),
    ("comments", "user_id", 200),
    ("list_entries", "entry", 200),
    ("list_entries", "key", 32),
    ("saved_filters", "name", 60),
    ("author_standings", "identity", 400),
    ("alert_channels", "shown", 300),
)


def upgrade() -> None:
    """A table, empty: nothing is encrypted."""
    op.create_table(
        "identity_keys",
        sa.Column("letter", sa.String(1), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("stage", sa.String(10), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("letter", name="pk_identity_keys"),
    )
    if op.get_bind().dialect.name == "postgresql":
        for table, column, length in _LONGER:
            op.alter_column(table, column, existing_type=sa.String(length), type_=sa.Text())


def downgrade() -> None:
    """In the reverse order. What is encrypted could not be read any more."""
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM identity_keys")):
        raise RuntimeError("E-mail and addresses are encrypted. Run `winnow privacy decrypt` first.")
    if op.get_bind().dialect.name == "postgresql":
        for table, column, length in reversed(_LONGER):
            op.alter_column(table, column, existing_type=sa.Text(), type_=sa.String(length))
    op.drop_table("identity_keys")
