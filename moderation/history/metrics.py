"""What `/metrics` says of the present: ages and open items, read from the database at each request.

The counters since the start are in Redis: `moderation/counters.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnExpressionArgument, func, literal, select
from sqlalchemy.orm import Session

from moderation.decisions import scoring
from moderation.review import review_items
from moderation.tables import ReviewItem, WebhookDelivery

#: Counting stops here, so that a request costs the same however much waits.
MOST_COUNTED = 10_000


@dataclass(frozen=True)
class Present:
    """How things are now. Items and deliveries are counted up to `MOST_COUNTED`."""

    oldest_pending_seconds: float
    oldest_review_seconds: float
    review_items: int
    deliveries: int


def read_present(session: Session) -> Present:
    """The present, from the ends of indexes and bounded counts: as quick with ten million comments as with ten."""
    return Present(
        oldest_pending_seconds=scoring.oldest_pending_seconds(session),
        oldest_review_seconds=review_items.oldest_open_seconds(session),
        review_items=count(session, ReviewItem.is_open),
        deliveries=count(session, WebhookDelivery.next_attempt_at.is_not(None)),
    )


def count(session: Session, *conditions: ColumnExpressionArgument[bool]) -> int:
    """How many rows meet the conditions, counted up to `MOST_COUNTED`."""
    bounded = select(literal(1)).where(*conditions).limit(MOST_COUNTED).subquery()
    return session.scalar(select(func.count()).select_from(bounded)) or 0
