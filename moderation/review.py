"""Review items: why a comment waits for a person. The open ones are the review queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, insert, literal, select, tuple_, update
from sqlalchemy.orm import Session

from moderation import clock
from moderation.tables import Comment, ReviewItem

#: By when somebody should have looked at an item of the least priority.
LATEST = timedelta(days=1)
#: What nobody waits for comes after everything else, however old it is: in milliseconds.
_AFTER_ALL = {"second_look": 10 * 365 * 86_400_000}


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page of the queue ended: the next begins after it."""

    due: int
    item_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A comment to ask a person about: how urgently, and what the queue can be filtered by. See `ReviewItem`."""

    site_id: str
    comment_id: str
    priority: int
    label: str | None = None
    rule: str | None = None
    language: str | None = None
    author_key: str | None = None
    thread: str | None = None
    group_id: str | None = None
    not_for: str | None = None
    about: dict[str, Any] | None = None


def due(priority: int, opened_at: datetime) -> int:
    """When somebody should have looked, in milliseconds since 1970: at once for priority 0, a day later for 1000.

    It does not change with time, so that an index has the queue in order; and what is old comes up among what is worse.
    """
    return clock.milliseconds(opened_at) + round(LATEST / timedelta(milliseconds=1) * priority / 1000)


def open_items(session: Session, wanted: Sequence[Wanted], *, kind: str) -> None:
    """Ask a person about comments, in the caller's transaction.

    A comment that already has an open item of this kind keeps it.
    """
    if not wanted:
        return
    ids = [one.comment_id for one in wanted]
    already = set(
        session.scalars(
            select(ReviewItem.comment_id).where(
                ReviewItem.comment_id.in_(ids), ReviewItem.kind == kind, ReviewItem.closed_at.is_(None)
            )
        )
    )
    moment, later = clock.now(), _AFTER_ALL.get(kind, 0)
    rows = [
        asdict(one)
        | {"id": clock.new_id("q", moment), "kind": kind, "opened_at": moment, "due": due(one.priority, moment) + later}
        for one in wanted
        if one.comment_id not in already
    ]
    if rows:
        session.execute(insert(ReviewItem), rows)


def open_kinds(session: Session, comment_id: str) -> set[str]:
    """Why this comment waits for a person: the kinds of its open items."""
    query = select(ReviewItem.kind).where(ReviewItem.comment_id == comment_id, ReviewItem.closed_at.is_(None))
    return set(session.scalars(query))


def close(session: Session, comment_ids: Sequence[str], *, by: str, outcome: str) -> None:
    """Close every open item of these comments, in the caller's transaction."""
    session.execute(
        update(ReviewItem)
        .where(ReviewItem.comment_id.in_(comment_ids), ReviewItem.closed_at.is_(None))
        .values(closed_at=clock.now(), closed_by=by, outcome=outcome)
        .execution_options(synchronize_session=False)
    )


def page(
    session: Session, site_id: str | None, *, after: Position | None = None, limit: int = 50
) -> list[tuple[ReviewItem, Comment]]:
    """The open items with their comments, the longest due first; `site_id` None: every site's.

    Keyset pages over an index of the open items, so that a page costs the same however many wait or are closed.
    """
    query: Select[ReviewItem, Comment] = (
        select(ReviewItem, Comment)
        .join(Comment, Comment.id == ReviewItem.comment_id)
        .where(ReviewItem.closed_at.is_(None))
        .order_by(ReviewItem.due, ReviewItem.id)
        .limit(limit)
    )
    if site_id is not None:
        query = query.where(ReviewItem.site_id == site_id)
    if after is not None:
        query = query.where(tuple_(ReviewItem.due, ReviewItem.id) > tuple_(literal(after.due), literal(after.item_id)))
    return [(item, comment) for item, comment in session.execute(query)]


def oldest_open_seconds(session: Session) -> float:
    """How long the oldest open item has been open; 0.0 when none is."""
    query = select(ReviewItem.opened_at).where(ReviewItem.closed_at.is_(None)).order_by(ReviewItem.opened_at).limit(1)
    oldest = session.scalar(query)
    return 0.0 if oldest is None else max(0.0, (clock.now() - oldest).total_seconds())
