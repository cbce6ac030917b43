"""The standing of authors, warnings to them, and what became of readers' reports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0014"
down_revision = "0013"

MOMENT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")
_WAITING = "outcome = 'waiting' AND reporter IS NOT NULL"
_LAPSING = "lapses_at IS NOT NULL"


def upgrade() -> None:
    """Three tables, two columns without values, and an index that no row of before is in."""
    _create_standings()
    _create_warnings()
    op.create_table(
        "reporters",
        sa.Column("site_id", sa.String(40), nullable=False),
        sa.Column("reporter", sa.String(200), nullable=False),
        sa.Column("upheld", sa.Integer(), nullable=False),
        sa.Column("dismissed", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_reporters_site_id_sites", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("site_id", "reporter", name="pk_reporters"),
    )
    op.add_column("reports", sa.Column("outcome", sa.String(10), nullable=True))
    op.add_column("reports", sa.Column("settled_version", sa.Integer(), nullable=True))
    op.create_index(
        "ix_reports_waiting",
        "reports",
        ["site_id", "reporter", "id"],
        sqlite_where=sa.text(_WAITING),
        postgresql_where=sa.text(_WAITING),
    )


def downgrade() -> None:
    """In the reverse order."""
    op.drop_index("ix_reports_waiting", "reports")
    op.drop_column("reports", "settled_version")
    op.drop_column("reports", "outcome")
    for table in ("reporters", "author_warnings", "author_standings"):
        op.drop_table(table)


def _create_standings() -> None:
    op.create_table(
        "author_standings",
        sa.Column("site_id", sa.String(40), nullable=False),
        sa.Column("author_key", sa.String(400), nullable=False),
        sa.Column("identity", sa.String(400), nullable=True),
        sa.Column("approvals", sa.Integer(), nullable=False),
        sa.Column("strikes", DOCUMENT, nullable=False),
        sa.Column("told", sa.String(10), nullable=True),
        sa.Column("lapses_at", MOMENT, nullable=True),
        sa.Column("comment_id", sa.String(40), nullable=True),
        sa.ForeignKeyConstraint(
            ["site_id"], ["sites.id"], name="fk_author_standings_site_id_sites", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("site_id", "author_key", name="pk_author_standings"),
    )
    op.create_index(
        "ix_author_standings_lapses",
        "author_standings",
        ["lapses_at"],
        sqlite_where=sa.text(_LAPSING),
        postgresql_where=sa.text(_LAPSING),
    )


def _create_warnings() -> None:
    op.create_table(
        "author_warnings",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("site_id", sa.String(40), nullable=False),
        sa.Column("author_key", sa.String(400), nullable=False),
        sa.Column("comment_id", sa.String(40), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("created_by", sa.String(80), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_author_warnings_site_id_sites", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name="fk_author_warnings_comment_id_comments", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_author_warnings"),
    )
    op.create_index("ix_author_warnings_comment_id", "author_warnings", ["comment_id"])
    op.create_index("ix_author_warnings_author", "author_warnings", ["site_id", "author_key", "id"])
