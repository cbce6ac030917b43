"""Fills a database with millions of comments: a seed that went the whole way, copied window by window into the past.

Everything is made inside the database, by its own tables, with their indexes made at the end. What Winnow deletes
after a time (deliveries, look-alikes) is copied only for as long as it is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import Connection, Engine, Index, String, Table, TypeDecorator, select, text

from benchmarks.installation import Installation
from moderation.history.retention import RETENTION
from moderation.history.tallies import WATERMARK
from moderation.review.lookalikes import REMEMBERED
from moderation.store import Store, insert_missing
from moderation.tables import (
    Article,
    AuditEvent,
    AuthorStanding,
    Comment,
    Feedback,
    LookalikeBand,
    LookalikeGroup,
    Moment,
    Report,
    Reporter,
    ReviewItem,
    Tally,
    Watermark,
    WebhookAttempt,
    WebhookDelivery,
)
from tools.capacity import seed
from tools.capacity.seed import WINDOW, Window

#: What is copied, and for how long it is kept.
TABLES: dict[type[Any], timedelta | None] = {
    Comment: None,
    AuditEvent: None,
    ReviewItem: None,
    Report: None,
    Feedback: None,
    Article: None,
    AuthorStanding: None,
    Reporter: None,
    WebhookDelivery: RETENTION,
    WebhookAttempt: RETENTION,
    LookalikeGroup: RETENTION,
    LookalikeBand: REMEMBERED,
}
#: Their indexes are made when all rows are there.
LARGE = (Comment, AuditEvent, ReviewItem, WebhookDelivery, WebhookAttempt, LookalikeBand)
#: How a column of a copy is made of the seed's: hashes, which are other ones, and numbers; documents that name
#: comments; and moments.
_ANOTHER = ":salt || substr({0}, 9)"
_MADE = {
    **dict.fromkeys(("content_hash", "request_hash", "text_hash"), _ANOTHER),
    **{"due": "{0} - :shift", "band": "{0} / 1024 * 1024 + :number"},
}
_NAMING = {"payload", "detail"}
_RENAMED = {
    "sqlite": "replace({0}, :old, :new)",
    "postgresql": "CAST(replace(CAST({0} AS text), :old, :new) AS jsonb)",
}
_EARLIER = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', {0}, :ago) || '000'",
    "postgresql": "{0} + CAST(:ago AS interval)",
}
#: Texts that are the same in a copy; and the shortest that may name something of the window.
_SAME = {"site_id", "endpoint_id", "decided_by", "actor", "closed_by", "model_version", "ip", "user_agent"}
_ID_LENGTH = 40


@dataclass(frozen=True, slots=True)
class _Copy:
    """The seed's window, and the one to make of it: so many windows earlier."""

    of: Window
    earlier: int

    @property
    def values(self) -> dict[str, Any]:
        other = Window(self.of.number - self.earlier)
        shift = self.earlier << 25
        return {
            **{"old": self.of.token, "new": other.token, "shift": shift, "number": self.earlier},
            **{"ago": f"-{shift / 1000:.3f} seconds", "salt": f"{self.earlier:08x}"},
        }


def fill(installation: Installation, number: int, *, seeds: int, say: Callable[[str], None]) -> None:
    """Fill an empty database with about so many comments, of which the latest `seeds` went the whole way."""
    store = installation.store
    say(f"{seeds:,} comments go the whole way")
    window = seed.sow(installation, seeds)
    copies = max(0, round(number / seeds) - 1)
    with _quickly(store.engine, say):
        _keep_seed(store.engine)
        for earlier in range(1, copies + 1):
            _copy(store.engine, _Copy(window, earlier))
            if earlier % 25 == 0 or earlier == copies:
                say(f"{(earlier + 1) * seeds:,} comments, back to {window.start - earlier * WINDOW:%Y-%m-%d}")
        _drop_seed(store.engine)
    _tally(store, window, copies)
    say("statistics of the database")
    _run(store.engine, "ANALYZE" if store.is_sqlite else "VACUUM ANALYZE")


@contextmanager
def _quickly(engine: Engine, say: Callable[[str], None]) -> Iterator[None]:
    """Without indexes and foreign keys, and without waiting for the disk; the indexes are made at the end."""
    indexes = [index for entity in LARGE for index in _table(entity).indexes]
    _run(engine, *(f"DROP INDEX {index.name}" for index in indexes))
    if engine.dialect.name == "postgresql":
        _run(engine, "ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET synchronous_commit = off")
        _run(engine, "ALTER SYSTEM SET maintenance_work_mem = '1GB'", "SELECT pg_reload_conf()")
    yield
    for index in indexes:
        say(f"index {index.name}")
        _create(engine, index)
    if engine.dialect.name == "postgresql":
        _run(engine, "ALTER SYSTEM RESET fsync", "ALTER SYSTEM RESET synchronous_commit")
        _run(engine, "CHECKPOINT", "SELECT pg_reload_conf()")


def _create(engine: Engine, index: Index) -> None:
    with _unbound(engine) as connection:
        index.create(connection)


@contextmanager
def _unbound(engine: Engine) -> Iterator[Connection]:
    """A connection on which nothing is checked and, on SQLite, nothing waits for the disk."""
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        if engine.dialect.name == "sqlite":
            for pragma in ("synchronous=OFF", "foreign_keys=OFF", "cache_size=-800000", "temp_store=FILE"):
                cast("Any", raw).execute(f"PRAGMA {pragma}")
        else:
            connection.execute(text("SET session_replication_role = replica"))
        yield connection
        connection.commit()
        connection.invalidate()


def _run(engine: Engine, *statements: str) -> None:
    """Statements, each for itself: PostgreSQL does not take some of them in a transaction."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="AUTOCOMMIT")
        for statement in statements:
            connection.execute(text(statement))
            connection.commit()


def _table(entity: type[Any]) -> Table:
    return cast("Table", entity.__table__)


def _keep_seed(engine: Engine) -> None:
    for entity in TABLES:
        name = entity.__tablename__
        of_comments = " WHERE comment_id IS NOT NULL" if entity is AuditEvent else ""
        _run(engine, f"CREATE TABLE seed_{name} AS SELECT * FROM {name}{of_comments}")


def _drop_seed(engine: Engine) -> None:
    for entity in TABLES:
        _run(engine, f"DROP TABLE seed_{entity.__tablename__}")


def _copy(engine: Engine, copy: _Copy) -> None:
    with _unbound(engine) as connection:
        for entity, kept in TABLES.items():
            if kept is None or copy.earlier * WINDOW < kept:
                connection.execute(text(_statement(entity, engine.dialect.name)), copy.values)


def _statement(entity: type[Any], dialect: str) -> str:
    table = _table(entity)
    names = [column.name for column in table.columns]
    values = ", ".join(_made_of(column, dialect) for column in table.columns)
    missing = "OR IGNORE " if dialect == "sqlite" else ""
    there = "" if dialect == "sqlite" else " ON CONFLICT DO NOTHING"
    return f"INSERT {missing}INTO {table.name} ({', '.join(names)}) SELECT {values} FROM seed_{table.name}{there}"


def _made_of(column: Any, dialect: str) -> str:
    """A column of a copy, made of the seed's."""
    name, kind = column.name, column.type
    if isinstance(kind, Moment):
        made = _EARLIER[dialect]
    elif name in _NAMING:
        made = _RENAMED[dialect]
    elif name in _MADE:
        made = _MADE[name]
    else:
        made = "replace({0}, :old, :new)" if _is_text(kind) and name not in _SAME else "{0}"
    return made.format(name)


def _is_text(kind: Any) -> bool:
    """Whether a column is long enough to hold the token."""
    kind = kind.impl if isinstance(kind, TypeDecorator) else kind
    return isinstance(kind, String) and (kind.length is None or kind.length >= _ID_LENGTH)


def _tally(store: Store, window: Window, copies: int) -> None:
    """The seed's tallies for all days, and where adding up goes on: behind everything that was copied."""
    with store.read() as session:
        of_seed = session.scalars(select(Tally).where(Tally.what != "queue")).all()
        newest = session.scalar(select(AuditEvent.id).order_by(AuditEvent.id.desc()).limit(1)) or ""
    sums: Counter[tuple[str, str, str, str]] = Counter()
    for earlier in range(1, copies + 1):
        day = (window.start - earlier * WINDOW).date().isoformat()
        for one in of_seed:
            sums[one.site_id, day, one.what, one.key] += one.number
    rows = [dict(zip(("site_id", "day", "what", "key"), key, strict=True)) | {"number": n} for key, n in sums.items()]
    with store.write() as session:
        if rows:
            insert_missing(session, Tally, rows)
        session.merge(Watermark(name=WATERMARK, position=newest))
