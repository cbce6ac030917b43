"""Claiming a batch and paging the review queue, with a thousand rows and with a million."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, text

from benchmarks.installation import Database, Installation, installed
from benchmarks.report import Report
from moderation import review
from moderation.queues import Waiting
from moderation.review import Position
from moderation.store import Store
from moderation.tables import Comment

FEW, MANY, BATCH, PAGE, TIMES = 1000, 1_000_000, 64, 50, 200
#: "The same", on a machine that does other things as well: a tree of a million is one level deeper.
MOST_RATIO = 2.0
START = datetime(2026, 1, 1, tzinfo=UTC)

_NUMBERS = {
    "sqlite": "WITH RECURSIVE numbers(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last} - 1)",
    "postgresql": "WITH numbers(n) AS (SELECT generate_series({first}, {last} - 1))",
}
_ID = {"sqlite": "printf('%026d', n)", "postgresql": "lpad(n::text, 26, '0')"}
_MOMENT = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', '2026-01-01', '+' || n || ' seconds') || '000'",
    "postgresql": "TIMESTAMPTZ '2026-01-01 00:00:00+00' + n * INTERVAL '1 second'",
}


def run() -> Report:
    """Both databases."""
    report = Report(
        "sizes",
        "A thousand rows and a million",
        f"The median of {TIMES} times: claiming {BATCH} comments (Redis, and reading their rows) where so many are "
        f"`pending`; and reading a page of {PAGE} where so many review items are open, from the middle of the queue.",
    )
    databases: tuple[Database, ...] = ("sqlite", "postgresql")
    for database in databases:
        with installed(database) as installation:
            few = _measure(installation, database, 0, FEW)
            many = _measure(installation, database, FEW, MANY)
        for what, before in few.items():
            ratio = many[what] / before
            figure = (
                f"{ratio:.2f} times ({before * 1000:.2f} ms with {FEW:,}, {many[what] * 1000:.2f} ms with {MANY:,})"
            )
            report.add(f"{database}: {what}", figure, f"the same, within {MOST_RATIO:.0f} times", ratio <= MOST_RATIO)
    return report


def _measure(installation: Installation, database: Database, first: int, last: int) -> dict[str, float]:
    _fill(installation, database, first, last)
    middle = START + timedelta(seconds=last // 2)
    return {
        "claiming a batch": _median(lambda: _claim(installation)),
        "paging a site's review queue": _median(lambda: _page(installation.store, installation.site.id, middle)),
        "paging the whole review queue": _median(lambda: _page(installation.store, None, middle)),
    }


def _median(act: Callable[[], None]) -> float:
    act()
    seconds = []
    for _ in range(TIMES):
        began = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def _claim(installation: Installation) -> None:
    """Claim and read; then give back, so that as many wait the next time."""
    claims = installation.queues.claim(BATCH)
    with installation.store.read() as session:
        wanted = [claim.comment_id for claim in claims]
        read = session.scalars(select(Comment).where(Comment.id.in_(wanted), Comment.status == "pending")).all()
    assert len(read) == BATCH
    installation.queues.give_back(claims)


def _page(store: Store, site_id: str | None, middle: datetime) -> None:
    with store.read() as session:
        assert len(review.page(session, site_id, after=Position(500, middle, "q_"), limit=PAGE)) == PAGE


def _fill(installation: Installation, database: Database, first: int, last: int) -> None:
    """Comments that wait and items that are open, from number `first` to `last`, made inside the database."""
    site = installation.site.id
    numbers = _NUMBERS[database].format(first=first, last=last)
    identifier, moment = _ID[database], _MOMENT[database]
    values = {
        "comments": {
            **{"id": f"'c_' || {identifier}", "site_id": f"'{site}'", "name": "'Ada'", "author_key": "'ada'"},
            **{"comment": "'A thoughtful remark, number ' || n", "content_hash": identifier, "status": "'pending'"},
            **{"revision": "1", "version": "1"},
            **dict.fromkeys(("created_at", "accepted_at", "updated_at"), moment),
        },
        "review_items": {
            **{"id": f"'q_' || {identifier}", "site_id": f"'{site}'", "comment_id": f"'c_' || {identifier}"},
            **{"kind": "'flag'", "priority": "500", "opened_at": moment},
        },
    }
    for table, columns in values.items():
        with installation.store.write() as session:
            row = ", ".join(columns.values())
            session.execute(text(f"INSERT INTO {table} ({', '.join(columns)}) {numbers} SELECT {row} FROM numbers"))
    with installation.store.engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()
    for begin in range(first, last, 5000):
        moments = ((n, START + timedelta(seconds=n)) for n in range(begin, min(begin + 5000, last)))
        installation.queues.put(Waiting(site, f"c_{n:026d}", at) for n, at in moments)
