"""The sweep queues again what Redis forgot: it reads pending rows, oldest first, and queues those not in Redis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Row, literal, or_, select, tuple_

from moderation import clock
from moderation.intake.queues import Queues, Waiting
from moderation.store import Store
from moderation.tables import Comment, Moment

PAGE = 1000
#: A younger comment is still being queued by the process that accepted it.
GRACE = timedelta(seconds=3)

Cursor = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class SweepResult:
    """The result of a tick: rows read, comments that were new to Redis, and where the next tick goes on."""

    read: int
    queued: int
    cursor: Cursor | None


def sweep(store: Store, queues: Queues, cursor: Cursor | None = None) -> SweepResult:
    """One tick: read a page of pending rows, queue them, and wake a worker. Goes on while pages hold new comments.

    While Redis has all of them, a tick reads one page, and the ticks together go through everything pending: cheap with
    a million pending, quick after Redis came back empty. Several sweepers at once are harmless.

    Raises:
        moderation.store.AWAY, redis.RedisError: the database or Redis is away; try again later.
    """
    read = queued = 0
    while True:
        page = _page(store, cursor)
        read += len(page)
        cursor = (page[-1].accepted_at, page[-1].id) if len(page) == PAGE else None
        # `updated_at` is the time of the last edit.
        added = queues.put([Waiting(row.site_id, row.id, row.updated_at) for row in page])
        queued += added
        queues.wake_if_waiting()
        if not added or cursor is None:
            break
    return SweepResult(read, queued, cursor)


def _page(store: Store, after: Cursor | None) -> Sequence[Row[str, str, datetime, datetime]]:
    moment = clock.now()
    query = (
        select(Comment.id, Comment.site_id, Comment.accepted_at, Comment.updated_at)
        .where(
            Comment.status == "pending",
            *(or_(at < moment - GRACE, at > moment + clock.SLACK) for at in (Comment.accepted_at, Comment.updated_at)),
        )
        .order_by(Comment.accepted_at, Comment.id)
        .limit(PAGE)
    )
    if after is not None:
        moment, comment_id = after
        query = query.where(
            tuple_(Comment.accepted_at, Comment.id) > tuple_(literal(moment, Moment), literal(comment_id))
        )
    with store.read() as session:
        return session.execute(query).all()
