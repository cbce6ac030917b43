"""A site's own examples, with what its policy is to make of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """One table."""
    op.create_table(
        "policy_tests",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("site_id", sa.String(40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_hash", sa.String(32), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("expected", sa.String(10), nullable=False),
        sa.Column("comment_id", sa.String(40), nullable=True),
        sa.Column("created_by", sa.String(80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_policy_tests_site_id_sites", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name="fk_policy_tests_comment_id_comments", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_policy_tests"),
    )
    op.create_index("uq_policy_tests_example", "policy_tests", ["site_id", "text_hash", "name"], unique=True)
    op.create_index("ix_policy_tests_comment_id", "policy_tests", ["comment_id"])


def downgrade() -> None:
    """The examples go."""
    op.drop_table("policy_tests")
