"""What moderators work with: how urgent an item is and what it is filtered by, appeals, bulk jobs, tallies, roles."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"

MOMENT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")
_OPEN = "closed_at IS NULL"
#: Index of the open items -> its columns.
_QUEUE = {
    "all": ["due", "id"],
    "site": ["site_id", "due", "id"],
    "opened": ["site_id", "opened_at", "id"],
    "label": ["site_id", "label", "due", "id"],
    "rule": ["site_id", "rule", "due", "id"],
    "kind": ["site_id", "kind", "due", "id"],
    "language": ["site_id", "language", "due", "id"],
    "author": ["site_id", "author_key", "due", "id"],
    "thread": ["site_id", "thread", "due", "id"],
}
#: The same for the open items that have a group.
_GROUPS = {"group": ["group_id", "site_id", "due", "id"], "members": ["group_id", "comment_id"]}


def _added() -> dict[str, list[sa.Column[object]]]:
    """Table -> the columns that it gains. Added in place: copying a table on SQLite drops the rows that refer to it."""
    return {
        "sites": [
            sa.Column("settings", DOCUMENT, nullable=False, server_default=sa.text("'{}'")),
            sa.Column("draw_key", sa.String(32), nullable=True),
        ],
        "review_items": [
            sa.Column("due", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
            sa.Column("label", sa.String(20), nullable=True),
            sa.Column("rule", sa.String(40), nullable=True),
            sa.Column("language", sa.String(35), nullable=True),
            sa.Column("author_key", sa.String(400), nullable=True),
            sa.Column("thread", sa.String(500), nullable=True),
            sa.Column("group_id", sa.String(40), nullable=True),
            sa.Column("not_for", sa.String(80), nullable=True),
            sa.Column("about", DOCUMENT, nullable=True),
            sa.Column("closed_version", sa.Integer(), nullable=True),
        ],
        "webhook_deliveries": [
            sa.Column("version", sa.Integer(), nullable=True),
            sa.Column("cancelled_at", MOMENT, nullable=True),
        ],
        "users": [
            sa.Column("totp_sealed", sa.Text(), nullable=True),
            sa.Column("totp_step", sa.BigInteger(), nullable=True),
            sa.Column("oidc_subject", sa.String(500), nullable=True),
        ],
        "user_sessions": [
            sa.Column("id", sa.String(40), nullable=True),
            sa.Column("ip", sa.String(45), nullable=True),
            sa.Column("user_agent", sa.String(300), nullable=True),
        ],
    }


def upgrade() -> None:
    """Columns first, then what stands on them."""
    for table, columns in _added().items():
        for column in columns:
            op.add_column(table, column)
    _fill_review_items()
    _fill_draw_keys()
    op.create_index("ix_users_oidc_subject", "users", ["oidc_subject"], unique=True)
    op.create_index("ix_user_sessions_id", "user_sessions", ["id"], unique=True)
    _create_partial("ix_comments_ip", "comments", ["site_id", "ip", "id"], "ip IS NOT NULL")
    _create_partial("ix_comments_by_people", "comments", ["site_id", "id"], "decided_by LIKE 'user:%'")
    _create_partial("ix_audit_events_people", "audit_events", ["actor", "id"], "actor LIKE 'user:%'")
    for name in ("all", "site"):
        op.drop_index(f"ix_review_items_{name}", "review_items")
    for name, columns_ in _QUEUE.items():
        _create_partial(f"ix_review_items_{name}", "review_items", columns_, _OPEN)
    for name, columns_ in _GROUPS.items():
        _create_partial(f"ix_review_items_{name}", "review_items", columns_, f"{_OPEN} AND group_id IS NOT NULL")
    _create_partial(
        "ix_review_items_second",
        "review_items",
        ["site_id", "closed_at"],
        "kind = 'second_look' AND closed_at IS NOT NULL",
    )
    _create_appeals()
    _create_lookalike_bands()
    _create_bulk_jobs()
    _create_tallies()
    _create_memberships()
    _create_recovery_codes()


def downgrade() -> None:
    """In the reverse order."""
    for table in (
        *("recovery_codes", "memberships", "watermarks", "tallies"),
        *("bulk_changes", "bulk_jobs", "lookalike_bands", "appeals"),
    ):
        op.drop_table(table)
    for name in ("second", *_GROUPS, *_QUEUE):
        op.drop_index(f"ix_review_items_{name}", "review_items")
    _create_partial("ix_review_items_site", "review_items", ["site_id", "priority", "opened_at", "id"], _OPEN)
    _create_partial("ix_review_items_all", "review_items", ["priority", "opened_at", "id"], _OPEN)
    op.drop_index("ix_audit_events_people", "audit_events")
    op.drop_index("ix_comments_by_people", "comments")
    op.drop_index("ix_comments_ip", "comments")
    op.drop_index("ix_user_sessions_id", "user_sessions")
    op.drop_index("ix_users_oidc_subject", "users")
    for table, columns in _added().items():
        for column in columns:
            op.drop_column(table, column.name)


def _create_partial(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)


def _fill_review_items() -> None:
    """Every item a day at most from its opening, by its priority, with its comment's author, thread and language."""
    if op.get_bind().dialect.name == "sqlite":
        opened = "CAST(strftime('%s', opened_at) AS INTEGER) * 1000"
    else:
        opened = "CAST(extract(epoch FROM opened_at) * 1000 AS BIGINT)"
    op.execute(f"UPDATE review_items SET due = {opened} + priority * 86400")
    for column in ("author_key", "thread", "language"):
        op.execute(
            f"UPDATE review_items SET {column} = "
            f"(SELECT c.{column} FROM comments c WHERE c.id = review_items.comment_id) WHERE closed_at IS NULL"
        )


def _fill_draw_keys() -> None:
    """A random key for each site that there is."""
    sites = op.get_bind().execute(sa.text("SELECT id FROM sites")).scalars().all()
    for site_id in sites:
        op.execute(
            sa.text("UPDATE sites SET draw_key = :key WHERE id = :id").bindparams(key=secrets.token_hex(16), id=site_id)
        )


def _create_appeals() -> None:
    op.create_table(
        "appeals",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("site_id", sa.String(40), nullable=False),
        sa.Column("comment_id", sa.String(40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("outcome", sa.String(12), nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_appeals_site_id_sites", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name="fk_appeals_comment_id_comments", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_appeals"),
    )
    op.create_index("uq_appeals_comment", "appeals", ["comment_id", "version"], unique=True)


def _create_lookalike_bands() -> None:
    op.create_table(
        "lookalike_bands",
        sa.Column("band", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("group_id", sa.String(40), nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("band", name="pk_lookalike_bands"),
    )
    op.create_index("ix_lookalike_bands_seen_at", "lookalike_bands", ["seen_at"])


def _create_bulk_jobs() -> None:
    op.create_table(
        "bulk_jobs",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("created_by", sa.String(80), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("action", sa.String(12), nullable=False),
        sa.Column("reason", DOCUMENT, nullable=True),
        sa.Column("criteria", DOCUMENT, nullable=False),
        sa.Column("undoes", sa.String(40), nullable=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("position", sa.String(80), nullable=True),
        sa.Column("error", sa.String(300), nullable=True),
        sa.Column("touched_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_bulk_jobs"),
    )
    _create_partial("ix_bulk_jobs_unfinished", "bulk_jobs", ["touched_at"], "finished_at IS NULL")
    op.create_index("ix_bulk_jobs_by", "bulk_jobs", ["created_by", "id"])
    op.create_table(
        "bulk_changes",
        sa.Column("job_id", sa.String(40), nullable=False),
        sa.Column("comment_id", sa.String(40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["bulk_jobs.id"], name="fk_bulk_changes_job_id_bulk_jobs", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", "comment_id", name="pk_bulk_changes"),
    )


def _create_tallies() -> None:
    op.create_table(
        "tallies",
        sa.Column("site_id", sa.String(40), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("what", sa.String(20), nullable=False),
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_tallies_site_id_sites", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("site_id", "day", "what", "key", name="pk_tallies"),
    )
    op.create_table(
        "watermarks",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("position", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_watermarks"),
    )


def _create_memberships() -> None:
    op.create_table(
        "memberships",
        sa.Column("user_id", sa.String(40), nullable=False),
        sa.Column("site_id", sa.String(40), nullable=False),
        sa.Column("role", sa.String(10), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_memberships_user_id_users", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_memberships_site_id_sites", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "site_id", name="pk_memberships"),
    )


def _create_recovery_codes() -> None:
    op.create_table(
        "recovery_codes",
        sa.Column("user_id", sa.String(40), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_recovery_codes_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "digest", name="pk_recovery_codes"),
    )
