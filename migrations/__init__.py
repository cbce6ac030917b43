"""The database's history, and where a database stands in it. `operations/migrate.py` applies it with Alembic.

What is asked here is asked by every process as it starts, and Alembic takes a third of a second to load.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.orm import Session

from moderation.store import Store


def current(store: Store) -> str | None:
    """The revision of the database; None where no migration was applied."""
    with store.read() as session:
        return current_within(session)


def current_within(session: Session) -> str | None:
    """The same, in a transaction."""
    if not inspect(session.connection()).has_table("alembic_version"):
        return None
    revision: str | None = session.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


@cache
def newest() -> str:
    """The newest revision, which this code needs: the file of each begins with `v` and its number."""
    return max(file.name[1:5] for file in Path(__file__).parent.glob("versions/v[0-9]*.py"))
