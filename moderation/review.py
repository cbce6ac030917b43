"""Review items: why a comment waits for a person. The open ones are the review queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, insert, literal, select, tuple_, update
from sqlalchemy.orm import Session

from moderation import clock
from moderation.tables import Comment, Moment, ReviewItem


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page of the queue ended: the next begins after it."""

    priority: int
    opened_at: datetime
    item_id: str


def open_items(session: Session, wanted: Sequence[tuple[str, str, int]], *, kind: str) -> None:
    """Ask a person about comments, each `(site id, comment id, priority)`, in the caller's transaction.

    A comment that already has an open item of this kind keeps it.
    """
    if not wanted:
        return
    ids = [comment_id for _, comment_id, _ in wanted]
    already = set(
        session.scalars(
            select(ReviewItem.comment_id).where(
                ReviewItem.comment_id.in_(ids), ReviewItem.kind == kind, ReviewItem.closed_at.is_(None)
            )
        )
    )
    moment = clock.now()
    rows: list[dict[str, Any]] = [
        {
            "id": clock.new_id("q", moment),
            "site_id": site_id,
            "comment_id": comment_id,
            "kind": kind,
            "priority": priority,
            "opened_at": moment,
        }
        for site_id, comment_id, priority in wanted
        if comment_id not in already
    ]
    if rows:
        session.execute(insert(ReviewItem), rows)


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
    """The open items with their comments, most urgent first, then the longest open; `site_id` None: every site's.

    Keyset pages over an index of the open items, so that a page costs the same however many wait or are closed.
    """
    query: Select[ReviewItem, Comment] = (
        select(ReviewItem, Comment)
        .join(Comment, Comment.id == ReviewItem.comment_id)
        .where(ReviewItem.closed_at.is_(None))
        .order_by(ReviewItem.priority, ReviewItem.opened_at, ReviewItem.id)
        .limit(limit)
    )
    if site_id is not None:
        query = query.where(ReviewItem.site_id == site_id)
    if after is not None:
        query = query.where(
            tuple_(ReviewItem.priority, ReviewItem.opened_at, ReviewItem.id)
            > tuple_(literal(after.priority), literal(after.opened_at, Moment), literal(after.item_id))
        )
    return [(item, comment) for item, comment in session.execute(query)]


def oldest_open_seconds(session: Session) -> float:
    """How long the oldest open item has been open; 0.0 when none is."""
    query = select(ReviewItem.opened_at).where(ReviewItem.closed_at.is_(None)).order_by(ReviewItem.opened_at).limit(1)
    oldest = session.scalar(query)
    return 0.0 if oldest is None else max(0.0, (clock.now() - oldest).total_seconds())
