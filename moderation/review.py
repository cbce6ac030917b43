"""Review items: why a comment waits for a person. The open ones are the review queue."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, insert, literal, select, tuple_, update
from sqlalchemy.orm import Session

from moderation import clock, followers
from moderation.tables import Comment, ReviewItem

#: By when somebody should have looked at an item of the least priority.
LATEST = timedelta(days=1)


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
    moment = clock.now()
    rows = [
        asdict(one)
        | {"id": clock.new_id("q", moment), "kind": kind, "opened_at": moment, "due": due(one.priority, moment)}
        for one in wanted
        if one.comment_id not in already
    ]
    if rows:
        followers.line_up(session, rows)
        session.execute(insert(ReviewItem), rows)


def close(session: Session, comment_ids: Sequence[str], *, by: str, outcome: str, version: int | None = None) -> None:
    """Close every open item of these comments, in the caller's transaction.

    `version` is the comment's that closes them: `reopen` goes by it.
    """
    left = followers.without(session, comment_ids)
    session.execute(
        update(ReviewItem)
        .where(ReviewItem.comment_id.in_(comment_ids), ReviewItem.closed_at.is_(None))
        .values(closed_at=clock.now(), closed_by=by, outcome=outcome, closed_version=version, due=followers.own_due())
        .execution_options(synchronize_session=False)
    )
    followers.move_up(session, left)


def reopen(session: Session, comment_id: str, version: int) -> None:
    """Open the items again that the comment's `version` closed, in the caller's transaction.

    One stays closed where another of its kind has been opened since: one of a kind is enough.
    """
    open_kinds = select(ReviewItem.kind).where(ReviewItem.comment_id == comment_id, ReviewItem.closed_at.is_(None))
    already = set(session.scalars(open_kinds))
    session.execute(
        update(ReviewItem)
        .where(
            ReviewItem.comment_id == comment_id,
            ReviewItem.closed_version == version,
            ReviewItem.kind.not_in(already),
        )
        .values(closed_at=None, closed_by=None, outcome=None, closed_version=None, claimed_by=None, claimed_until=None)
        .execution_options(synchronize_session=False)
    )
    followers.fall_in(session, [comment_id])


def page(
    session: Session,
    site_id: str | None,
    *,
    after: Position | None = None,
    limit: int = 50,
    one_of_each: Collection[str] | None = None,
) -> list[tuple[ReviewItem, Comment]]:
    """The open items with their comments, the longest due first; `site_id` None: every site's.

    `one_of_each`, the sites that the asker may see, leaves out what says nearly the same as an earlier one there.
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
    if one_of_each is not None:
        query = query.where(*followers.none_before(one_of_each))
    return [(item, comment) for item, comment in session.execute(query)]


def oldest_open_seconds(session: Session) -> float:
    """How long the oldest open item has been open; 0.0 when none is."""
    query = select(ReviewItem.opened_at).where(ReviewItem.closed_at.is_(None)).order_by(ReviewItem.opened_at).limit(1)
    oldest = session.scalar(query)
    return 0.0 if oldest is None else max(0.0, (clock.now() - oldest).total_seconds())
