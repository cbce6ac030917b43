"""Reads the hard cases for the console's tabs: how many are somebody's turn, and what is put off."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, literal, select, tuple_
from sqlalchemy.orm import Session

from moderation.review.cases import PUT_OFF, Turn
from moderation.review.review_pages import COUNT_UP_TO, Filters, passing
from moderation.tables import Case, Comment, Moment, ReviewItem
from texts.folding import fold

#: Where a page of what is put off ended: until when the last is put off, and its comment.
Place = tuple[datetime, str]


def count_turn(session: Session, site_ids: Collection[str], turn: Turn, filters: Filters) -> int:
    """How many waiting comments are theirs and pass the filters, but for the text; counted up to a limit."""
    theirs = session.scalars(turn.matching(site_ids).limit(COUNT_UP_TO + 1)).all()
    if not theirs:
        return 0
    conditions = passing(ReviewItem, filters, of_any_kind=True)
    query = select(func.count(ReviewItem.comment_id.distinct())).where(
        ReviewItem.comment_id.in_(theirs), ReviewItem.is_open, *conditions
    )
    return session.scalar(query) or 0


def count_put_off(session: Session, site_ids: Collection[str], filters: Filters) -> int:
    """How many comments are put off and pass the filters, but for the text; counted up to a limit."""
    rows = _put_off(site_ids, filters, literal(1)).limit(COUNT_UP_TO + 1)
    return session.scalar(select(func.count()).select_from(rows.subquery())) or 0


def put_off(
    session: Session, site_ids: Collection[str], filters: Filters, *, after: Place | None, limit: int
) -> tuple[list[Comment], Place | None]:
    """A page of the comments that are put off, the first to come back first; and where the next page begins."""
    query = _put_off(site_ids, filters, Case, Comment).join(Comment, Comment.id == Case.comment_id)
    if after is not None:
        place = tuple_(literal(after[0], Moment), literal(after[1]))
        query = query.where(tuple_(Case.put_off_until, Case.comment_id) > place)
    query = query.order_by(Case.put_off_until, Case.comment_id).limit(COUNT_UP_TO if filters.text else limit + 1)
    words = fold(filters.text or "").split()
    rows = [
        (case, comment)
        for case, comment in session.execute(query)
        if all(word in fold(f"{comment.name} {comment.comment}") for word in words)
    ]
    shown = rows[:limit]
    ended = shown[-1][0] if len(rows) > limit else None
    place_ended = None if ended is None or ended.put_off_until is None else (ended.put_off_until, ended.comment_id)
    return [comment for _, comment in shown], place_ended


def _put_off(site_ids: Collection[str], filters: Filters, *columns: Any) -> Select[Any]:
    items = select(literal(1)).where(
        ReviewItem.comment_id == Case.comment_id,
        ReviewItem.outcome == PUT_OFF,
        *passing(ReviewItem, filters, of_any_kind=True),
    )
    return select(*columns).where(Case.put_off_until.is_not(None), Case.site_id.in_(site_ids), items.exists())
