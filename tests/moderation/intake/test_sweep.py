"""The sweep: whatever Redis forgot is queued again, at the price of a page while it has forgotten nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
import redis
from sqlalchemy import event, insert

from moderation import news
from moderation.decisions import comments
from moderation.decisions.scoring import Scorer
from moderation.intake import queues as queues_module
from moderation.intake import submissions, sweep
from moderation.intake.queues import Queues
from moderation.intake.sweep import GRACE, PAGE
from moderation.sites.sites import CreatedSite
from moderation.store import AWAY, Store
from moderation.tables import Comment
from moderation.webhooks import afterwards
from tests.support.clock import Clock
from tests.support.comments import accept, stored, submission
from tests.support.processes.redis_server import RedisServer


def accept_many(store: Store, queues: Queues, site: CreatedSite, count: int) -> None:
    for begin in range(0, count, 500):
        sent = [submission(f"Number {number}.") for number in range(begin, min(count, begin + 500))]
        submissions.submit(store, queues, site.id, sent)


def jobs(queues: Queues) -> int:
    return int(queues.redis.llen("rq:queue:scoring"))


def test_what_redis_forgot_is_queued_again_and_a_worker_woken(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, clock: Clock
) -> None:
    comment = accept(store, queues, site)
    queues.redis.flushall()
    clock.advance(seconds=10)
    swept = sweep.sweep(store, queues)
    assert (swept.read, swept.queued, swept.cursor) == (1, 1, None)
    assert jobs(queues) == 1
    scorer.run_batch()
    assert stored(store, comment.id).status == "published"


def test_a_comment_just_accepted_is_left_to_who_accepted_it(
    store: Store, queues: Queues, site: CreatedSite, clock: Clock
) -> None:
    accept(store, queues, site)
    queues.redis.flushall()
    clock.advance(seconds=GRACE.total_seconds() - 0.1)
    assert sweep.sweep(store, queues).read == 0
    clock.advance(seconds=0.2)
    assert sweep.sweep(store, queues).queued == 1


def test_one_that_was_accepted_before_the_clock_was_set_back_is_queued_again(
    store: Store, queues: Queues, site: CreatedSite, clock: Clock
) -> None:
    clock.advance(hours=1)
    accept(store, queues, site)
    queues.redis.flushall()
    clock.advance(hours=-1)
    assert sweep.sweep(store, queues).queued == 1


def test_what_waits_is_leased_or_was_decided_is_not_queued_twice(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, clock: Clock
) -> None:
    accept(store, queues, site, "decided")
    scorer.run_batch()
    accept(store, queues, site, "leased")
    queues.claim(1)
    accept(store, queues, site, "waiting")
    clock.advance(seconds=10)
    for _ in range(3):
        swept = sweep.sweep(store, queues)
        assert (swept.read, swept.queued) == (2, 0)
    assert queues.length() == {"waiting": 1, "leased": 1, "retry": 0}


def test_an_edited_comment_is_known_by_the_time_of_its_edit(
    store: Store, queues: Queues, site: CreatedSite, clock: Clock
) -> None:
    comment = accept(store, queues, site)
    queues.claim(1)
    clock.advance(seconds=5)
    with store.write() as session:
        comments.edit(session, site.id, comment.id, {"comment": "Another text."})
    afterwards.tell(queues, news.of(session))
    clock.advance(seconds=5)
    assert sweep.sweep(store, queues).queued == 0
    queues.redis.flushall()
    assert sweep.sweep(store, queues).queued == 1


def test_a_redis_that_came_back_empty_is_filled_in_one_tick(
    store: Store, queues: Queues, site: CreatedSite, clock: Clock
) -> None:
    accept_many(store, queues, site, 2 * PAGE + 5)
    queues.redis.flushall()
    clock.advance(seconds=10)
    swept = sweep.sweep(store, queues)
    assert (swept.queued, swept.cursor) == (2 * PAGE + 5, None)
    assert queues.length()["waiting"] == 2 * PAGE + 5


def test_while_redis_knows_all_a_tick_reads_one_page_and_ticks_go_round(
    store: Store, queues: Queues, site: CreatedSite, clock: Clock
) -> None:
    accept_many(store, queues, site, 2 * PAGE + 5)
    clock.advance(seconds=10)
    cursor, read = None, []
    for _ in range(6):
        swept = sweep.sweep(store, queues, cursor)
        cursor = swept.cursor
        read.append(swept.read)
    assert read == [PAGE, PAGE, 5, PAGE, PAGE, 5]


def test_a_page_read_later_still_finds_what_went_missing(
    store: Store, queues: Queues, site: CreatedSite, clock: Clock
) -> None:
    accept_many(store, queues, site, PAGE + 5)
    clock.advance(seconds=10)
    first = sweep.sweep(store, queues)
    queues.redis.flushall()
    assert sweep.sweep(store, queues, first.cursor).queued == 5
    assert sweep.sweep(store, queues).queued == PAGE


def test_a_page_costs_the_same_however_many_comments_were_decided(
    store: Store, queues: Queues, site: CreatedSite, clock: Clock
) -> None:
    """The plan reads the index of what is pending, and nothing else."""
    comment = accept(store, queues, site)
    with store.write() as session:
        columns = {column.name: getattr(comment, column.name) for column in Comment.__table__.columns}
        rows = [columns | {"id": f"c_{number:026}", "status": "published"} for number in range(3000)]
        session.execute(insert(Comment), rows)
    clock.advance(seconds=10)
    plans = plans_of(store, lambda: sweep.sweep(store, queues, (clock.now - timedelta(days=1), "c_")))
    assert any("ix_comments_pending" in plan for plan in plans), plans


def plans_of(store: Store, act: object) -> Sequence[str]:
    statements: list[tuple[str, object]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        statements.append((statement, parameters))

    event.listen(store.engine, "before_cursor_execute", note)
    assert callable(act)
    act()
    event.remove(store.engine, "before_cursor_execute", note)
    explain = "EXPLAIN QUERY PLAN " if store.is_sqlite else "EXPLAIN "
    with store.engine.connect() as connection:
        if not store.is_sqlite:
            connection.exec_driver_sql("ANALYZE comments")
        return [
            str(connection.exec_driver_sql(explain + statement, parameters).fetchall())  # type: ignore[arg-type]
            for statement, parameters in statements
            if statement.startswith("SELECT")
        ]


def test_an_absent_redis_or_database_is_said_and_not_hidden(
    store: Store, own_redis: RedisServer, site: CreatedSite, clock: Clock
) -> None:
    queues = Queues(queues_module.connect(own_redis.url))
    accept(store, queues, site)
    clock.advance(seconds=10)
    own_redis.kill()
    with pytest.raises(redis.RedisError):
        sweep.sweep(store, queues)
    own_redis.start()
    assert sweep.sweep(store, queues).queued == 1
    with pytest.raises(AWAY):
        sweep.sweep(Store("sqlite:////nowhere/at/all.db"), queues)
