"""Groups of comments that say nearly the same, also where nobody is asked about them, and how large they are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import beforehand
from moderation.store import Store

revision = "0024"
down_revision = "0023"

_MOMENT = sa.DateTime(timezone=True)
_GROUPED, _LISTED = sa.text("group_id IS NOT NULL"), sa.text("number >= 3")
_COLUMNS = ["group_id", "site_id", "status", "id"]


def prepare(store: Store) -> None:
    """The index looks at every comment, although none has a group yet."""
    beforehand.add_column(store, "comments", "group_id VARCHAR(40)")
    beforehand.build_index(store, "ix_comments_group", f"comments ({', '.join(_COLUMNS)}) WHERE group_id IS NOT NULL")


def upgrade() -> None:
    """Columns, empty, and a table."""
    if "group_id" not in {column["name"] for column in sa.inspect(op.get_bind()).get_columns("comments")}:
        op.add_column("comments", sa.Column("group_id", sa.String(40), nullable=True))
    op.create_index(
        "ix_comments_group",
        "comments",
        _COLUMNS,
        sqlite_where=_GROUPED,
        postgresql_where=_GROUPED,
        if_not_exists=True,
    )
    op.add_column("lookalike_bands", sa.Column("sketch", sa.BigInteger(), nullable=True))
    op.create_table(
        "lookalike_groups",
        sa.Column("group_id", sa.String(40), nullable=False),
        sa.Column("site_id", sa.String(40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("first_at", _MOMENT, nullable=False),
        sa.Column("last_at", _MOMENT, nullable=False),
        sa.Column("says_little", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["sites.id"], name="fk_lookalike_groups_site_id_sites", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "site_id", name="pk_lookalike_groups"),
    )
    op.create_index("ix_lookalike_groups_last_at", "lookalike_groups", ["last_at"])
    for name, column in (("latest", "last_at"), ("largest", "number")):
        op.create_index(
            f"ix_lookalike_groups_{name}",
            "lookalike_groups",
            ["site_id", column, "group_id"],
            sqlite_where=_LISTED,
            postgresql_where=_LISTED,
        )


def downgrade() -> None:
    """In the reverse order."""
    op.drop_table("lookalike_groups")
    op.drop_column("lookalike_bands", "sketch")
    op.drop_index("ix_comments_group", "comments")
    op.drop_column("comments", "group_id")
