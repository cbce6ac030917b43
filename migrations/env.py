"""Run by Alembic: applies revisions on the connection, and in the transaction, that `operations.migrate` opened."""

from __future__ import annotations

from alembic import context

from moderation.tables import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_as_batch=True,  # SQLite alters a table by copying it
)
context.run_migrations()
