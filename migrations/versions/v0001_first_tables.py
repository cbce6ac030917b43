"""The first tables."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

MOMENT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """A table comes after those that it refers to."""
    _create_sites()
    _create_users()
    _create_api_keys()
    _create_audit_events()
    _create_comments()
    _create_policies()
    _create_user_sessions()
    _create_webhook_endpoints()
    _create_reports()
    _create_review_items()
    _create_webhook_deliveries()
    _create_webhook_attempts()


def downgrade() -> None:
    """In the reverse order."""
    op.drop_table("webhook_attempts")
    op.drop_table("webhook_deliveries")
    op.drop_table("review_items")
    op.drop_table("reports")
    op.drop_table("webhook_endpoints")
    op.drop_table("user_sessions")
    op.drop_table("policies")
    op.drop_table("comments")
    op.drop_table("audit_events")
    op.drop_table("api_keys")
    op.drop_table("users")
    op.drop_table("sites")


def _create_sites() -> None:
    op.create_table(
        "sites",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sites"),
    )


def _create_users() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("role", sa.String(10), nullable=False),
        sa.Column("password_hash", sa.String(200), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("disabled_at", MOMENT, nullable=True),
        sa.Column("setup_digest", sa.String(64), nullable=True),
        sa.Column("setup_expires_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("name", name="uq_users_name"),
    )


def _create_api_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("prefix", sa.String(40), nullable=False),
        sa.Column("site_id", sa.String(40), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_api_keys_site_id_sites", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("prefix", name="pk_api_keys"),
    )
    op.create_index("ix_api_keys_site_id", "api_keys", ["site_id"])


def _create_audit_events() -> None:
    op.create_table(
        "audit_events",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("site_id", sa.String(40), nullable=True),
        sa.Column("comment_id", sa.String(40), nullable=True),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("status", sa.String(10), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("reasons", DOCUMENT, nullable=True),
        sa.Column("scores", DOCUMENT, nullable=True),
        sa.Column("model_version", sa.String(40), nullable=True),
        sa.Column("policy_version", sa.Integer(), nullable=True),
        sa.Column("detail", DOCUMENT, nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_audit_events_site_id_sites", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_audit_events"),
    )
    op.create_index("ix_audit_events_comment", "audit_events", ["comment_id", "id"])
    op.create_index("ix_audit_events_site", "audit_events", ["site_id", "id"])


def _create_comments() -> None:
    op.create_table(
        "comments",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("site_id", sa.String(40), nullable=False),
        sa.Column("external_id", sa.String(200), nullable=True),
        sa.Column("idempotency_key", sa.String(200), nullable=True),
        sa.Column("request_hash", sa.String(32), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("thread", sa.String(500), nullable=True),
        sa.Column("parent_id", sa.String(40), nullable=True),
        sa.Column("email", sa.String(320), nullable=True),
        sa.Column("url", sa.String(2000), nullable=True),
        sa.Column("ip", sa.String(45), nullable=True),
        sa.Column("user_agent", sa.String(1000), nullable=True),
        sa.Column("user_id", sa.String(200), nullable=True),
        sa.Column("language", sa.String(35), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("author_key", sa.String(400), nullable=True),
        sa.Column("content_hash", sa.String(32), nullable=True),
        sa.Column("accepted_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("scores", DOCUMENT, nullable=True),
        sa.Column("reasons", DOCUMENT, nullable=True),
        sa.Column("spans", DOCUMENT, nullable=True),
        sa.Column("decided_by", sa.String(80), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("model_version", sa.String(40), nullable=True),
        sa.Column("policy_version", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_comments_site_id_sites", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_comments"),
    )
    op.create_index("ix_comments_author", "comments", ["site_id", "author_key", "id"])
    op.create_index("ix_comments_content", "comments", ["site_id", "content_hash", "id"])
    op.create_index("ix_comments_pending", "comments", ["accepted_at", "id"], **_where("status = 'pending'"))
    op.create_index("ix_comments_status", "comments", ["site_id", "status", "id"])
    op.create_index("ix_comments_thread", "comments", ["site_id", "thread", "created_at", "id"])
    op.create_index("ix_comments_updated", "comments", ["site_id", "updated_at", "id"])
    op.create_index(
        "uq_comments_external",
        "comments",
        ["site_id", "external_id"],
        unique=True,
        **_where("external_id IS NOT NULL"),
    )
    op.create_index(
        "uq_comments_idempotency",
        "comments",
        ["site_id", "idempotency_key"],
        unique=True,
        **_where("idempotency_key IS NOT NULL"),
    )


def _create_policies() -> None:
    op.create_table(
        "policies",
        sa.Column("site_id", sa.String(40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", DOCUMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.String(80), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_policies_site_id_sites", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("site_id", "version", name="pk_policies"),
    )


def _create_user_sessions() -> None:
    op.create_table(
        "user_sessions",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("user_id", sa.String(40), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_seen_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_user_sessions_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("digest", name="pk_user_sessions"),
    )
    op.create_index("ix_user_sessions_user_id", "user_sessions", ["user_id"])


def _create_webhook_endpoints() -> None:
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("site_id", sa.String(40), nullable=False),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("sealed_secret", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["sites.id"], name="fk_webhook_endpoints_site_id_sites", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_endpoints"),
    )
    op.create_index("ix_webhook_endpoints_site_id", "webhook_endpoints", ["site_id"])


def _create_reports() -> None:
    op.create_table(
        "reports",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("site_id", sa.String(40), nullable=False),
        sa.Column("comment_id", sa.String(40), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("reporter", sa.String(200), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name="fk_reports_comment_id_comments", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_reports_site_id_sites", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_reports"),
    )
    op.create_index("ix_reports_comment_id", "reports", ["comment_id"])


def _create_review_items() -> None:
    op.create_table(
        "review_items",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("site_id", sa.String(40), nullable=False),
        sa.Column("comment_id", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("claimed_by", sa.String(80), nullable=True),
        sa.Column("claimed_until", MOMENT, nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("closed_by", sa.String(80), nullable=True),
        sa.Column("outcome", sa.String(12), nullable=True),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name="fk_review_items_comment_id_comments", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_review_items_site_id_sites", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_review_items"),
    )
    op.create_index(
        "ix_review_items_all", "review_items", ["priority", "opened_at", "id"], **_where("closed_at IS NULL")
    )
    op.create_index("ix_review_items_comment", "review_items", ["comment_id"])
    op.create_index("ix_review_items_oldest", "review_items", ["opened_at"], **_where("closed_at IS NULL"))
    op.create_index(
        "ix_review_items_site",
        "review_items",
        ["site_id", "priority", "opened_at", "id"],
        **_where("closed_at IS NULL"),
    )
    op.create_index(
        "uq_review_items_open",
        "review_items",
        ["comment_id", "kind"],
        unique=True,
        **_where("closed_at IS NULL"),
    )


def _create_webhook_deliveries() -> None:
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("endpoint_id", sa.String(40), nullable=False),
        sa.Column("comment_id", sa.String(40), nullable=True),
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("payload", DOCUMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", MOMENT, nullable=True),
        sa.Column("leased_until", MOMENT, nullable=True),
        sa.Column("delivered_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["webhook_endpoints.id"],
            name="fk_webhook_deliveries_endpoint_id_webhook_endpoints",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_deliveries"),
    )
    op.create_index("ix_webhook_deliveries_comment", "webhook_deliveries", ["comment_id"])
    op.create_index(
        "ix_webhook_deliveries_due",
        "webhook_deliveries",
        ["endpoint_id", "next_attempt_at", "id"],
        **_where("next_attempt_at IS NOT NULL"),
    )
    op.create_index("ix_webhook_deliveries_endpoint", "webhook_deliveries", ["endpoint_id", "id"])
    op.create_index(
        "ix_webhook_deliveries_leased",
        "webhook_deliveries",
        ["endpoint_id", "leased_until"],
        **_where("leased_until IS NOT NULL"),
    )


def _create_webhook_attempts() -> None:
    op.create_table(
        "webhook_attempts",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("delivery_id", sa.String(40), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("status_code", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(300), nullable=True),
        sa.Column("duration_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["webhook_deliveries.id"],
            name="fk_webhook_attempts_delivery_id_webhook_deliveries",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_attempts"),
    )
    op.create_index("ix_webhook_attempts_delivery_id", "webhook_attempts", ["delivery_id"])


def _where(condition: str) -> dict[str, Any]:
    """A partial index, in both dialects."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
