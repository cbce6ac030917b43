"""Claims: who has a comment open now, so that two people do not read the same one. A claim warns and never blocks.

A claim ends by itself when it is not renewed, so that a closed browser holds nothing up.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from moderation import clock, news
from moderation.tables import ReviewItem

LIFETIME = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Claim:
    """The result of claiming a comment."""

    #: The other person who has claimed it (`user:<id>`) and keeps it.
    other: str | None = None
    #: Whether it is ours now. False also for a comment that has no open item any more.
    ours: bool = False


def take(session: Session, comment_id: str, *, by: str) -> Claim:
    """Claim a comment's open review items or renew a claim, in the caller's transaction."""
    moment = clock.now()
    items = session.execute(
        select(ReviewItem.id, ReviewItem.site_id, ReviewItem.claimed_by, ReviewItem.claimed_until)
        .where(ReviewItem.comment_id == comment_id, ReviewItem.is_open)
        .order_by(ReviewItem.id)
        .with_for_update()
    ).all()
    holders = {item.claimed_by for item in items if item.claimed_until is not None and item.claimed_until > moment}
    other = min(holders - {by}, default=None)
    if not items:
        return Claim()
    if other is not None:
        news.of(session).happened("joined", items[0].site_id, [comment_id])
        return Claim(other)
    session.execute(
        update(ReviewItem)
        .where(ReviewItem.id.in_([item.id for item in items]))
        .values(claimed_by=by, claimed_until=moment + LIFETIME)
        .execution_options(synchronize_session=False)
    )
    news.of(session).happened("claimed", items[0].site_id, [comment_id])
    return Claim(ours=True)


def release(session: Session, comment_id: str, *, by: str) -> bool:
    """Give up one's own claim, in the caller's transaction. Returns whether there was one."""
    released = session.execute(
        update(ReviewItem)
        .where(ReviewItem.comment_id == comment_id, ReviewItem.is_open, ReviewItem.claimed_by == by)
        .values(claimed_by=None, claimed_until=None)
        .returning(ReviewItem.site_id)
        .execution_options(synchronize_session=False)
    )
    sites = set(released.scalars())
    for site_id in sites:
        news.of(session).happened("released", site_id, [comment_id])
    if not sites and holders(session, [comment_id]):  # who has it open is told that it is theirs alone again
        open_items = select(ReviewItem.site_id).where(ReviewItem.comment_id == comment_id, ReviewItem.is_open)
        for site_id in set(session.scalars(open_items)):
            news.of(session).happened("left", site_id, [comment_id])
    return bool(sites)


def holders(session: Session, comment_ids: Collection[str]) -> dict[str, str]:
    """Comment id -> who has claimed it (`user:<id>`), for those of these comments that are claimed now."""
    query = select(ReviewItem.comment_id, ReviewItem.claimed_by).where(
        ReviewItem.comment_id.in_(comment_ids),
        ReviewItem.is_open,
        ReviewItem.claimed_by.is_not(None),
        ReviewItem.claimed_until > clock.now(),
    )
    return {comment_id: by for comment_id, by in session.execute(query) if by is not None}
