"""What `/metrics` says of the present: ages and open items, read from the database at each request.

The counters since the start are in Redis: `moderation/counters.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnExpressionArgument, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from moderation.decisions import scoring
from moderation.people import roles
from moderation.review import review_counts, review_items
from moderation.tables import ReviewItem, Site, WebhookDelivery

#: Counting stops here, so that a request costs the same however much waits.
MOST_COUNTED = 10_000
#: Sites whose items are counted in one query: it stops after those with which there are enough.
_SITES_AT_ONCE = 10


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
        review_items=_waiting(session),
        deliveries=count(
            session,
            WebhookDelivery.next_attempt_at.is_not(None),
            along=(WebhookDelivery.endpoint_id, WebhookDelivery.next_attempt_at),
        ),
    )


def _waiting(session: Session) -> int:
    """How many items are open on sites in use: by the index of all, or by each site's where some are archived."""
    if not roles.archived(session):
        return count(session, ReviewItem.is_open, along=(ReviewItem.due, ReviewItem.id))
    in_use, number = session.scalars(select(Site.id).where(Site.archived_at.is_(None))).all(), 0
    for begin in range(0, len(in_use), _SITES_AT_ONCE):
        by_site = review_counts.by_site(session, in_use[begin : begin + _SITES_AT_ONCE], most=MOST_COUNTED)
        number += sum(by_site.values())
        if number >= MOST_COUNTED:
            return MOST_COUNTED
    return number


def count(
    session: Session, *conditions: ColumnExpressionArgument[bool], along: Sequence[InstrumentedAttribute[Any]]
) -> int:
    """How many rows meet the conditions, counted up to `MOST_COUNTED`.

    `along` the columns of the index that has them: without an order, a database that takes many rows for such ones
    reads the table from its beginning, where all may be others.
    """
    bounded = select(literal(1)).where(*conditions).order_by(*along).limit(MOST_COUNTED).subquery()
    return session.scalar(select(func.count()).select_from(bounded)) or 0
