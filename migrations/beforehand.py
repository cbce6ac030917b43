"""What a migration of a large database does before its transaction, so that this one locks nothing for long.

A version may have `prepare(store)`. It runs while everything else does, commits as it goes, and may be broken off and
run again; what it has done must not disturb the version before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, inspect, text
from sqlalchemy.orm import Session

from moderation.store import AWAY, WRITE_TIMEOUT, Store

#: Comments that one transaction changes.
CHUNK = 1000
#: Seconds between two tries, and how often it is tried, where a chunk meets somebody else's lock.
PAUSE, TRIES = 1.0, 60


def build_index(store: Store, name: str, definition: str) -> None:
    """Build an index while its table is used: `build_index(store, "ix_a", "comments (status)")`.

    One that was broken off is built anew. SQLite lets nobody write meanwhile: each is a transaction of its own, between
    which all who wait have their turn.
    """
    if store.is_sqlite:
        statement = f"CREATE INDEX IF NOT EXISTS {name} ON {definition}"
        _write(store, lambda session: session.connection().exec_driver_sql(statement))
        return
    with _alone(store) as connection:
        broken = text(
            "SELECT 1 FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE relname = :name AND NOT indisvalid"
        )
        if connection.scalar(broken, {"name": name}):
            connection.exec_driver_sql(f"DROP INDEX CONCURRENTLY {name}")
        literal = definition.replace("%", "%%")  # psycopg would take it for a parameter
        connection.exec_driver_sql(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {literal}")


def add_column(store: Store, table: str, column: str) -> None:
    """Add an empty column by itself, so that an index on it can be built before the migration."""

    def add(session: Session) -> None:
        if not store.is_sqlite:
            session.execute(text("SET LOCAL lock_timeout = 800"))
        name = column.partition(" ")[0]
        if name not in {one["name"] for one in inspect(session.connection()).get_columns(table)}:
            session.execute(text(f"ALTER TABLE {table} ADD COLUMN {column}"))

    _write(store, add)


def in_chunks(store: Store, change: Callable[[Session, str, str], None]) -> None:
    """Call `change` for all comments, some at a time: with a transaction, and the ids after which and up to which."""
    after = ""
    page = text("SELECT max(id) FROM (SELECT id FROM comments WHERE id > :after ORDER BY id LIMIT :most) AS page")
    while True:
        with store.read() as session:
            last: str | None = session.scalar(page, {"after": after, "most": CHUNK})
        if last is None:
            return
        _write(store, change, after, last)
        after = last


def _write(store: Store, change: Callable[..., object], *arguments: str) -> None:
    """A transaction of its own, tried again while others hold a lock."""
    for number in range(1, TRIES + 1):
        began = time.monotonic()
        try:
            with store.write() as session:
                change(session, *arguments)
            if store.is_sqlite:  # those who waited come first: who asks again at once gets the turn before they wake up
                time.sleep(min(PAUSE, time.monotonic() - began))
            return
        except AWAY:
            if number == TRIES:
                raise
            time.sleep(PAUSE)


@contextmanager
def _alone(store: Store) -> Iterator[Connection]:
    """A connection without transactions, which may wait for others as long as they take. Not used again afterwards."""
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("SET lock_timeout = 0")
        try:
            yield connection
        finally:
            connection.exec_driver_sql(f"SET lock_timeout = {int(1000 * WRITE_TIMEOUT)}")
            connection.invalidate()
