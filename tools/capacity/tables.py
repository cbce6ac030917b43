"""What a comment takes in the database: the bytes of each table and its indexes, for each comment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from moderation import actors, clock
from moderation.history import retention, site_retention, tallies
from moderation.sites import site_settings
from moderation.sites.site_settings import KINDS, Retention
from moderation.store import Store
from moderation.tables import Comment, Site, Table
from tools.newspaper import own_clock

_POSTGRESQL = """
SELECT relname, pg_table_size(oid), pg_indexes_size(oid), greatest(reltuples, 0)::bigint FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a table takes, in bytes."""

    rows: int
    table: int
    indexes: int


def take_away(store: Store) -> None:
    """What would be gone after 40 days on sites that keep everything for a day, and the room that it took."""
    with store.read() as session:
        chosen = {one: site_settings.of_sites(session, {one})[one] for one in session.scalars(select(Site.id))}
    with store.write() as session:
        for site_id, settings in chosen.items():
            kept = replace(settings, retention=Retention(**dict.fromkeys(KINDS, 1)))
            site_settings.save(session, site_id, kept, actor=actors.OPERATOR)
    with own_clock(clock.now() + timedelta(days=40)):
        while tallies.roll_up(store):
            pass
        while site_retention.run(store, seconds=30).total():
            pass
        retention.purge(store)
    with store.engine.connect() as connection:
        if not store.is_sqlite:
            connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.commit()
        connection.exec_driver_sql("VACUUM" if store.is_sqlite else "VACUUM FULL ANALYZE")


def report(store: Store) -> str:
    """A table in Markdown, the largest first."""
    with store.read() as session:
        number = session.scalar(select(func.count()).select_from(Comment)) or 1
        taken = _of_sqlite(session) if store.is_sqlite else _of_postgresql(session)
    lines = ["| table | rows for a comment | bytes of a comment: table | indexes | together |", "|---|---|---|---|---|"]
    for name, one in sorted(taken.items(), key=lambda pair: -pair[1].table - pair[1].indexes):
        if one.rows > number / 1000:
            parts = (one.table, one.indexes, one.table + one.indexes)
            bytes_each = " | ".join(f"{part / number:,.0f}" for part in parts)
            lines.append(f"| `{name}` | {one.rows / number:.3g} | {bytes_each} |")
    whole = sum(one.table + one.indexes for one in taken.values())
    lines.append(f"| all of {number:,} comments | | | | {whole / number:,.0f} ({whole / 2**30:.1f} GiB) |")
    return "\n".join(lines)


def _of_postgresql(session: Session) -> Mapping[str, Taken]:
    return {name: Taken(rows, table, indexes) for name, table, indexes, rows in session.execute(text(_POSTGRESQL))}


def _of_sqlite(session: Session) -> Mapping[str, Taken]:
    """By the statistics of every page, which takes a while."""
    pages = text("SELECT tbl_name, type, sum(pgsize) FROM dbstat JOIN sqlite_schema USING (name) GROUP BY 1, 2")
    sizes: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for table, kind, size in session.execute(pages):
        sizes[table][kind] += size
    known = Table.metadata.tables
    rows = {name: session.scalar(select(func.count()).select_from(known[name])) or 0 for name in sizes if name in known}
    return {name: Taken(rows[name], sizes[name]["table"], sizes[name]["index"]) for name in rows}
