"""Lists of comments, in keyset pages: each page costs the same, however much came before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, literal, select, tuple_, union_all
from sqlalchemy.orm import Session

from moderation import authors
from moderation.tables import Comment, Moment

#: The statuses that a site's list shows unless another is asked for.
_LISTED = ("pending", "published", "flagged", "rejected")


@dataclass(frozen=True, kw_only=True, slots=True)
class Filters:
    """Which comments of a site; None: any. `author` is a user id, else an e-mail, else a name."""

    thread: str | None = None
    status: str | None = None
    author: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The filters as conditions on a comment's row."""
        conditions = []
        if self.thread is not None:
            conditions.append(Comment.thread == self.thread)
        if self.status is not None:
            conditions.append(Comment.status == self.status)
        if self.author is not None:
            conditions.append(Comment.author_key.in_(authors.keys_meant(self.author)))
        return conditions


#: Where a page of comments ended: the moment by which they are ordered, and the id.
Place = tuple[datetime, str]


def newest(
    session: Session, site_id: str, filters: Filters, *, before: str | None = None, limit: int
) -> Sequence[Comment]:
    """A site's comments, latest accepted first, `before` an id. Erased ones only where the filter asks for them."""
    conditions = [Comment.site_id == site_id, *filters.conditions()]
    if before is not None:
        conditions.append(Comment.id < before)
    statuses = _LISTED if filters.status is None else (filters.status,)
    if filters.author is not None or filters.thread is not None:
        query = select(Comment).where(*conditions, Comment.status.in_(statuses))
    else:
        # An index has this order for each status, none for all together: take the head of each and merge.
        heads = [
            select(Comment.id)
            .where(*conditions, Comment.status == status)
            .order_by(Comment.id.desc())
            .limit(limit)
            .subquery()
            for status in statuses
        ]
        query = select(Comment).where(Comment.id.in_(union_all(*(select(head.c.id) for head in heads))))
    return session.scalars(query.order_by(Comment.id.desc()).limit(limit)).all()


def updated(
    session: Session, site_id: str, filters: Filters, *, since: datetime, after: Place | None = None, limit: int
) -> Sequence[Comment]:
    """A site's comments that changed later than `since`, erased ones too, the oldest change first."""
    place = tuple_(Comment.updated_at, Comment.id)
    query = select(Comment).where(Comment.site_id == site_id, Comment.updated_at > since, *filters.conditions())
    if after is not None:
        query = query.where(place > _place(after))
    return session.scalars(query.order_by(Comment.updated_at, Comment.id).limit(limit)).all()


def feed(session: Session, site_id: str, thread: str, *, after: Place | None = None, limit: int) -> Sequence[Comment]:
    """What readers of a thread see: its published comments, oldest first."""
    query = select(Comment).where(Comment.site_id == site_id, Comment.thread == thread, Comment.status == "published")
    if after is not None:
        query = query.where(tuple_(Comment.created_at, Comment.id) > _place(after))
    return session.scalars(query.order_by(Comment.created_at, Comment.id).limit(limit)).all()


def _place(place: Place) -> Any:
    return tuple_(literal(place[0], Moment), literal(place[1]))
