"""Alerts to people: how each wants to hear of them; and what helps a person to keep well at this work."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

MOMENT = sa.DateTime(timezone=True)
_OPEN, _DUE = "ended_at IS NULL", "next_attempt_at IS NOT NULL"
_OF_USERS = (
    ("zone", sa.String(64)),
    ("hides", sa.String(10)),
    ("break_minutes", sa.Integer()),
    ("break_decisions", sa.Integer()),
    ("no_break_at", MOMENT),
    ("day_cap", sa.Integer()),
    ("cap_lifted_at", MOMENT),
)


def upgrade() -> None:
    """Three tables, and columns without values on `users`."""
    for name, type_ in _OF_USERS:
        op.add_column("users", sa.Column(name, type_, nullable=True))
    _create_channels()
    _create_alerts()
    _create_messages()


def downgrade() -> None:
    """In the reverse order."""
    for table in ("alert_messages", "alerts", "alert_channels"):
        op.drop_table(table)
    for name, _ in reversed(_OF_USERS):
        op.drop_column("users", name)


def _create_channels() -> None:
    op.create_table(
        "alert_channels",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("user_id", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("shown", sa.String(300), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("kinds", sa.String(100), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=True),
        sa.Column("next_digest_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("tested_at", MOMENT, nullable=True),
        sa.Column("arrived_at", MOMENT, nullable=True),
        sa.Column("failing_since", MOMENT, nullable=True),
        sa.Column("error", sa.String(300), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_alert_channels_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_alert_channels"),
    )
    op.create_index("ix_alert_channels_user_id", "alert_channels", ["user_id"])


def _create_alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("site_id", sa.String(40), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("first_seen_at", MOMENT, nullable=False),
        sa.Column("last_seen_at", MOMENT, nullable=False),
        sa.Column("began_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_alerts_site_id_sites", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
    )
    op.create_index(
        "uq_alerts_open",
        "alerts",
        ["key"],
        unique=True,
        sqlite_where=sa.text(_OPEN),
        postgresql_where=sa.text(_OPEN),
    )
    op.create_index("ix_alerts_ended", "alerts", ["ended_at"])


def _create_messages() -> None:
    op.create_table(
        "alert_messages",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("channel_id", sa.String(40), nullable=False),
        sa.Column("alert_id", sa.String(40), nullable=True),
        sa.Column("about", sa.String(10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", MOMENT, nullable=True),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["channel_id"],
            ["alert_channels.id"],
            name="fk_alert_messages_channel_id_alert_channels",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name="fk_alert_messages_alert_id_alerts", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_alert_messages"),
    )
    op.create_index(
        "ix_alert_messages_due",
        "alert_messages",
        ["next_attempt_at"],
        sqlite_where=sa.text(_DUE),
        postgresql_where=sa.text(_DUE),
    )
    op.create_index("uq_alert_messages_told", "alert_messages", ["channel_id", "alert_id", "about"], unique=True)
    op.create_index("ix_alert_messages_alert_id", "alert_messages", ["alert_id"])
