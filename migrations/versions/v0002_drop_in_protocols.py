"""What the drop-in protocols keep: compat keys, other programs' secrets, feedback, and how a comment came to us."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"

MOMENT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")
_CALLBACK = sa.text("protocol <> 'standard'")


def upgrade() -> None:
    """Columns are added in place: copying a table on SQLite would drop the rows that refer to it."""
    op.add_column("comments", sa.Column("origin", DOCUMENT, nullable=True))
    op.add_column("webhook_endpoints", sa.Column("protocol", sa.String(20), nullable=False, server_default="standard"))
    op.create_index(
        "uq_webhook_endpoints_callback",
        "webhook_endpoints",
        ["site_id", "url"],
        unique=True,
        sqlite_where=_CALLBACK,
        postgresql_where=_CALLBACK,
    )
    _create_compat_keys()
    _create_site_secrets()
    _create_feedback()


def downgrade() -> None:
    """In the reverse order."""
    op.drop_table("feedback")
    op.drop_table("site_secrets")
    op.drop_table("compat_keys")
    op.drop_index("uq_webhook_endpoints_callback", "webhook_endpoints")
    op.drop_column("webhook_endpoints", "protocol")
    op.drop_column("comments", "origin")


def _create_compat_keys() -> None:
    op.create_table(
        "compat_keys",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("site_id", sa.String(40), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_compat_keys_site_id_sites", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("digest", name="pk_compat_keys"),
    )
    op.create_index("ix_compat_keys_site_id", "compat_keys", ["site_id"])


def _create_site_secrets() -> None:
    op.create_table(
        "site_secrets",
        sa.Column("site_id", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_site_secrets_site_id_sites", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("site_id", "kind", name="pk_site_secrets"),
    )


def _create_feedback() -> None:
    op.create_table(
        "feedback",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("site_id", sa.String(40), nullable=False),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("text_hash", sa.String(32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("label", sa.String(20), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("detail", DOCUMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_feedback_site_id_sites", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_feedback"),
    )
    op.create_index("ix_feedback_site", "feedback", ["site_id", "id"])
    op.create_index("uq_feedback_example", "feedback", ["site_id", "text_hash", "source", "label"], unique=True)
