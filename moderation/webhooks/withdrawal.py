"""Withdraws deliveries that must not leave any more: a later decision took their place, or the decision was undone.

A delivery that may have left cannot be withdrawn: one that was tried, or that a process is sending now.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from moderation import clock
from moderation.tables import WebhookAttempt, WebhookDelivery
from moderation.webhooks import catalogue
from moderation.webhooks.catalogue import EventType


def replace_waiting(session: Session, comment_id: str, at: datetime) -> None:
    """Withdraw the decisions that wait for the end of their grace: they would arrive after the decision of `at`.

    The outcome of an appeal is not withdrawn: it stays true, whatever is decided next.
    """
    session.execute(
        update(WebhookDelivery)
        .where(
            WebhookDelivery.comment_id == comment_id,
            WebhookDelivery.attempts == 0,
            WebhookDelivery.leased_until.is_(None),
            WebhookDelivery.next_attempt_at > clock.now(),
            WebhookDelivery.event.in_(catalogue.REPLACING),
        )
        .values(next_attempt_at=None, cancelled_at=at)
        .execution_options(synchronize_session=False)
    )


def replace_undelivered(session: Session, comment_id: str, endpoint_id: str, at: datetime) -> None:
    """Withdraw what one endpoint has not yet been told of a comment: the decision of `at` is all that it needs."""
    session.execute(
        update(WebhookDelivery)
        .where(
            WebhookDelivery.comment_id == comment_id,
            WebhookDelivery.endpoint_id == endpoint_id,
            WebhookDelivery.next_attempt_at.is_not(None),
        )
        .values(next_attempt_at=None, cancelled_at=at)
        .execution_options(synchronize_session=False)
    )


def take_back_answer(session: Session, comment_id: str, version: int) -> bool:
    """Cancel the deliveries that tell the outcome of the appeal against `version`, unless one may have left already.

    Returns whether nobody has heard of the outcome.
    """
    return _cancel(session, _messages(session, catalogue.APPEAL_DECIDED, comment_id, lock=True, version=version))


def take_back_warning(session: Session, comment_id: str, warning_id: str) -> bool:
    """Cancel the deliveries of a warning to the comment's author, unless one may have left already.

    Returns whether nobody has heard of the warning.
    """
    return _cancel(session, _messages(session, catalogue.AUTHOR_WARNED, comment_id, lock=True, warning=warning_id))


def answer_has_left(session: Session, comment_id: str, version: int) -> bool:
    """Whether a site may have been told already how the appeal against `version` ended."""
    return any(map(_may_have_left, _messages(session, catalogue.APPEAL_DECIDED, comment_id, version=version)))


def _messages(
    session: Session, event: EventType, comment_id: str, *, lock: bool = False, **data: Any
) -> list[WebhookDelivery]:
    """The deliveries of such an event about a comment that are not cancelled and have these `data`."""
    query = select(WebhookDelivery).where(
        WebhookDelivery.comment_id == comment_id,
        WebhookDelivery.event == event.name,
        WebhookDelivery.cancelled_at.is_(None),
    )
    query = query.order_by(WebhookDelivery.id)
    deliveries = session.scalars(query.with_for_update() if lock else query)
    return [delivery for delivery in deliveries if delivery.payload["data"].items() >= data.items()]


def _cancel(session: Session, deliveries: Collection[WebhookDelivery]) -> bool:
    """Cancel these deliveries, unless one may have left already. Returns whether none had."""
    if any(map(_may_have_left, deliveries)):
        return False
    for delivery in deliveries:
        delivery.next_attempt_at, delivery.cancelled_at = None, clock.now()
    session.flush()
    return True


def _may_have_left(delivery: WebhookDelivery) -> bool:
    return bool(delivery.attempts or delivery.leased_until or delivery.delivered_at)


def take_back(session: Session, comment_id: str, version: int, decided_at: datetime | None) -> set[str]:
    """Cancel the waiting deliveries of the decision that made `version`, in the caller's transaction.

    Returns the ids of the endpoints that may have heard of the decision. For the others it is as if it had never been:
    what it had withdrawn there waits again.
    """
    # `attempts` starts at 0 again when somebody sends a delivery once more, so the attempts themselves are asked.
    tried = exists().where(WebhookAttempt.delivery_id == WebhookDelivery.id)
    # This waits for a process that is claiming, and then sees its lease; `deliveries.claim` skips rows locked here.
    rows = session.execute(
        select(
            WebhookDelivery.id,
            WebhookDelivery.endpoint_id,
            WebhookDelivery.attempts,
            WebhookDelivery.leased_until,
            WebhookDelivery.delivered_at,
            tried.label("tried"),
        )
        .where(WebhookDelivery.comment_id == comment_id, WebhookDelivery.version == version)
        .order_by(WebhookDelivery.id)
        .with_for_update()
    ).all()
    untouched = [
        row.id for row in rows if not (row.tried or row.attempts or row.leased_until or row.delivered_at is not None)
    ]
    may_have_heard = {row.endpoint_id for row in rows if row.id not in untouched}
    if decided_at is not None:
        _restore(session, comment_id, decided_at, but=may_have_heard)
    session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.id.in_(untouched))
        .values(next_attempt_at=None, cancelled_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    return may_have_heard


def _restore(session: Session, comment_id: str, decided_at: datetime, *, but: Collection[str]) -> None:
    """Let the deliveries wait again that the decision of `decided_at` had withdrawn, but for these endpoints."""
    session.execute(
        update(WebhookDelivery)
        .where(
            WebhookDelivery.comment_id == comment_id,
            WebhookDelivery.cancelled_at == decided_at,
            WebhookDelivery.delivered_at.is_(None),
            WebhookDelivery.endpoint_id.not_in(but),
        )
        .values(next_attempt_at=clock.now(), cancelled_at=None)
        .execution_options(synchronize_session=False)
    )
