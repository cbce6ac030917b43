"""Claiming a batch and paging the review queue, with a thousand rows and with a million."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import select, text

from benchmarks.installation import Database, Installation, installed
from benchmarks.report import Report
from moderation import clock
from moderation.intake.queues import Waiting
from moderation.review import review_items
from moderation.review.review_items import Position
from moderation.tables import Comment

FEW, MANY, BATCH, PAGE, TIMES = 1000, 1_000_000, 64, 50, 200
#: "The same", on a machine that does other things as well: a tree of a million is one level deeper.
MOST_RATIO = 2.0
START = datetime(2026, 1, 1, tzinfo=UTC)
START_MS = clock.milliseconds(START)

#: SQL by database: so many numbers, an id's 26 characters, and a moment a second after the one before.
NUMBERS = {
    "sqlite": "WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < {last} - 1)",
    "postgresql": "WITH numbers(n) AS (SELECT generate_series(0, {last} - 1))",
}
ID = {"sqlite": "printf('%026d', n)", "postgresql": "lpad(n::text, 26, '0')"}
MOMENT = {
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
        with installed(database) as few, installed(database) as many:
            _fill(few, database, FEW)
            _fill(many, database, MANY)
            for what, act in ACTS.items():
                compare(report, f"{database}: {what}", partial(act, few, FEW), partial(act, many, MANY))
    return report


def compare(
    report: Report, what: str, with_few: Callable[[], None], with_many: Callable[[], None], *, times: int = TIMES
) -> None:
    """By turns, so that whatever else the machine does meets both."""
    seconds: dict[Callable[[], None], list[float]] = {with_few: [], with_many: []}
    for turn in range(-times // 10, times):  # the first tenth to warm up
        for act, taken in seconds.items():
            began = time.perf_counter()
            act()
            if turn >= 0:
                taken.append(time.perf_counter() - began)
    few, many = statistics.median(seconds[with_few]), statistics.median(seconds[with_many])
    figure = f"{many / few:.2f} times ({few * 1000:.2f} ms with {FEW:,}, {many * 1000:.2f} ms with {MANY:,})"
    report.add(what, figure, f"the same, within {MOST_RATIO:.0f} times", many / few <= MOST_RATIO)


def claim(installation: Installation, _rows: int) -> None:
    """Claim and read; then give back, so that as many wait the next time."""
    claims = installation.queues.claim(BATCH)
    with installation.store.read() as session:
        wanted = [claim.comment_id for claim in claims]
        read = session.scalars(select(Comment).where(Comment.id.in_(wanted), Comment.status == "pending")).all()
    assert len(read) == BATCH
    installation.queues.give_back(claims)


def _page_of_a_site(installation: Installation, rows: int) -> None:
    _page(installation, installation.site.id, rows)


def _page_of_all(installation: Installation, rows: int) -> None:
    _page(installation, None, rows)


def _page(installation: Installation, site_id: str | None, rows: int) -> None:
    after = Position(START_MS + rows // 2 * 1000, "q_")
    with installation.store.read() as session:
        page = review_items.page(session, None if site_id is None else [site_id], after=after, limit=PAGE)
        assert len(page.rows) == PAGE


ACTS = {
    "claiming a batch": claim,
    "paging a site's review queue": _page_of_a_site,
    "paging the whole review queue": _page_of_all,
}


def _fill(installation: Installation, database: Database, rows: int) -> None:
    """Comments that wait and items that are open, made inside the database."""
    site = installation.site.id
    numbers = NUMBERS[database].format(last=rows)
    identifier, moment = ID[database], MOMENT[database]
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
            **{"due": f"{START_MS} + n * 1000"},
        },
    }
    for table, columns in values.items():
        with installation.store.write() as session:
            row = ", ".join(columns.values())
            session.execute(text(f"INSERT INTO {table} ({', '.join(columns)}) {numbers} SELECT {row} FROM numbers"))
    with installation.store.engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()
    for begin in range(0, rows, 5000):
        moments = ((n, START + timedelta(seconds=n)) for n in range(begin, min(begin + 5000, rows)))
        installation.queues.put(Waiting(site, f"c_{n:026d}", at) for n, at in moments)
