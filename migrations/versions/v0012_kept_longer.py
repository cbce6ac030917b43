"""Retention by site: the comments that were too old to be kept and waited for somebody."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """A small table."""
    op.create_table(
        "kept_longer",
        sa.Column(
            "site_id",
            sa.String(40),
            sa.ForeignKey("sites.id", name="fk_kept_longer_site_id_sites", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column(
            "comment_id",
            sa.String(40),
            sa.ForeignKey("comments.id", name="fk_kept_longer_comment_id_comments", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("site_id", "kind", "comment_id", name="pk_kept_longer"),
    )
    op.create_index("ix_kept_longer_comment", "kept_longer", ["comment_id"])


def downgrade() -> None:
    """In the reverse order."""
    op.drop_table("kept_longer")
